"""The work of a mass change: some thousand leads a step, each step with its place in one transaction."""

from collections import Counter

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext

from wagtail_automation.background import work
from wagtail_automation.leads.exports.sources import leads_of
from wagtail_automation.leads.imports.kinds import allowed
from wagtail_automation.leads.models import MassRun

from . import consents  # noqa: F401  (registers itself)
from .kinds import mass_actions

CHUNK = 2000


def run_mass(pk: int, *, seconds: float | None = None, requeue: bool = True) -> str:
    """Task: go on with a mass change for a while; asks to be run again. May be called at any time."""
    return work(MassRun, pk, Steps, seconds=seconds, requeue=requeue)


class Steps:
    """One step a call, from the newest lead down, so that what changes does not move the place."""

    def __init__(self, run: MassRun):
        if (
            run.action not in mass_actions
            or run.user is None
            or not allowed(mass_actions[run.action], run.user)
        ):
            raise ValidationError(gettext("This cannot be done any more."))
        self.run, self.action = run, mass_actions[run.action]()

    def __call__(self) -> bool:
        with transaction.atomic():
            run = self.run.locked()
            if run is None or run.last_pk != self.run.last_pk:  # stopped, or another worker was here
                return False
            leads = leads_of(run).order_by("-pk")
            if run.last_pk is not None:
                leads = leads.filter(pk__lt=run.last_pk)
            ids = list(leads.values_list("pk", flat=True)[:CHUNK])
            if not ids:
                run.finish()
                return False
            done = self.action.apply(run, ids)
            counts = Counter(run.counts)
            counts.update(done if isinstance(done, dict) else {"changed": done})
            MassRun.objects.filter(pk=run.pk).update(
                position=run.position + len(ids), last_pk=ids[-1], counts=counts, attempts=0
            )
            self.run.last_pk = ids[-1]
        return True
