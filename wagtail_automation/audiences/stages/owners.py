"""Whoever begins to match a stage's rule is moved there."""

from wagtail_automation.audiences.watching.registry import Owner, register
from wagtail_automation.leads.cohorts import LeadsCohort

from . import actions
from .models import Stage


@register
class StageOwner(Owner):
    """Rules of stages."""

    key = "stage"

    def matched(self, pk, began, ended, now):
        stage = Stage.objects.filter(pk=pk).first()
        if stage is not None and began:
            cohort = LeadsCohort(began, key=f"stage:{pk}", origin="rule", now=now)
            actions.move_to_stage(stage=stage, cohort=cohort)
