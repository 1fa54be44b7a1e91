"""Lists in mass changes: many leads put on one, or taken off."""

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from wagtail_automation import clock
from wagtail_automation.leads.cohorts import LeadsCohort
from wagtail_automation.leads.mass.kinds import MassAction, ValueForm, mass_actions

from . import actions
from .models import LeadList

APP = "wagtail_automation_audiences"


class ListForm(ValueForm):
    """Which list."""

    list = forms.ModelChoiceField(LeadList.objects.none(), label=_("List"))

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["list"].queryset = LeadList.objects.stored().filter(archived=False)


class OnList(MassAction):
    """One list for everybody."""

    icon = "list-ul"

    def form(self, data, given):
        return ListForm(data)

    def sentence(self, value):
        found = LeadList.objects.filter(pk=value["list"]).first()
        return f"{self.label}: {found or '?'}"

    def apply(self, run, ids):
        lead_list = LeadList.objects.filter(pk=run.value["list"]).first()
        if lead_list is None:
            raise ValidationError(gettext("This list does not exist any more."))
        cohort = LeadsCohort(ids, key=f"user:{run.user_id}", now=clock.now(), user=run.user)
        return len(self.act(lead_list=lead_list, cohort=cohort))


@mass_actions.register
class AddToList(OnList):
    key = "list_add"
    label = _("Add to a list")
    description = _("Puts all of them on a list. Whoever is on it stays.")
    order = 20
    permissions = (f"{APP}.view_leadlist", f"{APP}.add_listmembership")
    act = staticmethod(actions.add_to_list)


@mass_actions.register
class RemoveFromList(OnList):
    key = "list_remove"
    label = _("Remove from a list")
    description = _("Takes all of them off a list.")
    order = 30
    permissions = (f"{APP}.view_leadlist", f"{APP}.delete_listmembership")
    act = staticmethod(actions.remove_from_list)
