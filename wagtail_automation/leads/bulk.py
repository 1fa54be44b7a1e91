"""What can be done with many leads chosen in the list: the base of such actions, and assigning.

"Select all" means all leads of the list as it is filtered and searched, not all of the site. Other apps
register more actions with Wagtail's hook ``register_bulk_action`` and this base.
"""

from django import forms
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import QueryDict
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from wagtail.admin.views.bulk_action import BulkAction
from wagtail.admin.views.bulk_action.registry import bulk_action_registry
from wagtail.admin.widgets import Button, ListingButton
from wagtail.admin.widgets.button import ButtonWithDropdown

from wagtail_automation import clock

from . import actions
from .assigning import day_of
from .filters import LeadFilterSet
from .models import Lead, Team
from .people import AssignForm, name_of
from .permissions import LEAD_POLICY, sees_everybody

SHOWN = 20
#: so many actions stand in the footer itself
AT_HAND = 4


class LeadBulkAction(BulkAction):
    """Base: acts on a queryset of leads that the user may see and change; never loads them all.

    Define ``act(leads, cleaned) -> int`` (how many changed) and ``done(number) -> str``.
    """

    models = [Lead]
    permission = "change"
    template_name = "wagtail_automation/leads/bulk_confirm.html"
    header_icon = "user"
    question = ""
    yes = _("Yes")
    help_text = ""

    def dispatch(self, request, *args, **kwargs):
        if not self.is_for(request.user):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    @classmethod
    def is_for(cls, user) -> bool:
        """Whether this person may do it: others are neither offered it nor let through."""
        return LEAD_POLICY.user_has_permission(user, cls.permission)

    @cached_property
    def leads(self):
        """The chosen leads, by id or as the list's filters select them."""
        visible = Lead.objects.visible_to(self.request.user)
        chosen = self.request.GET.getlist("id")
        if "all" in chosen:
            found = filtered(visible, self.request.GET, self.request)
        else:
            found = visible.filter(pk__in=[int(pk) for pk in chosen if pk.isdecimal() and len(pk) < 19])
        return found.order_by("pk")

    def get_actionable_objects(self):
        return self.leads[:SHOWN], {"items_with_no_access": []}

    def get_form_kwargs(self):
        return super().get_form_kwargs() | self.form_options()

    def form_options(self) -> dict:
        return {}

    def get_context_data(self, **kwargs):
        count = self.leads.count()
        return super().get_context_data(**kwargs) | {
            "title": self.display_name,
            "header_icon": self.header_icon,
            "count": count,
            "more": max(0, count - SHOWN),
            "yes": self.yes,
            "help_text": self.help_text,
        }

    def get_execution_context(self):
        return {"view": self}

    @classmethod
    def execute_action(cls, objects, view=None, **kwargs):
        return view.act(view.leads, view.cleaned_form.cleaned_data), 0

    def get_success_message(self, num_parent_objects, num_child_objects):
        return self.done(num_parent_objects)

    def act(self, leads, cleaned: dict) -> int:
        raise NotImplementedError

    def done(self, number: int) -> str:
        raise NotImplementedError


def buttons(user) -> list:
    """The footer of the list: what this person may do with chosen leads; the first few, then a menu."""
    names = [Lead._meta.app_label, Lead._meta.model_name]
    classes = [
        cls
        for cls in bulk_action_registry.get_bulk_actions_for_model(*names)
        if getattr(cls, "is_for", lambda user: True)(user)
    ]
    classes.sort(key=lambda cls: cls.action_priority)

    def said(cls) -> dict:
        return {
            "label": cls.display_name,
            "url": reverse("wagtail_bulk_action", args=[*names, cls.action_type]),
            "attrs": {"aria-label": cls.aria_label, "data-bulk-action-button": ""},
            "priority": cls.action_priority,
        }

    found = [
        ListingButton(**said(cls), classname=" ".join(cls.classes | {"bulk-action-btn"}))
        for cls in classes[:AT_HAND]
    ]
    if more := [Button(**said(cls)) for cls in classes[AT_HAND:]]:
        found.append(
            ButtonWithDropdown(
                label=_("More"),
                attrs={"title": _("More bulk actions")},
                classname="button button-secondary button-small",
                buttons=more,
            )
        )
    return found


def filtered(leads, data: QueryDict, request):
    """Leads as the list with these parameters selects them: filters and search. Nobody for a filter that
    cannot be read: what is done to many may hit fewer by accident, never more."""
    filters = LeadFilterSet(data, queryset=leads, request=request)
    if not filters.is_valid():
        return leads.none()
    found = filters.qs
    words = data.get("q", "")
    return found.search(words) if words else found


class AssignBulkAction(LeadBulkAction):
    """Give the chosen leads to one person."""

    display_name = _("Assign")
    action_type = "assign"
    aria_label = _("Assign the selected leads to a person")
    action_priority = 10
    form_class = AssignForm
    yes = _("Assign")

    def form_options(self):
        return {"user": self.request.user}

    def act(self, leads, cleaned):
        return actions.assign(leads=leads, owner=cleaned["owner"], now=clock.now(), user=self.request.user)

    def done(self, number):
        owner = name_of(self.cleaned_form.cleaned_data["owner"]) or gettext("nobody")
        return ngettext(
            "%(count)d lead was assigned to %(owner)s.", "%(count)d leads were assigned to %(owner)s.", number
        ) % {"count": number, "owner": owner}


class AssignInTurnForm(forms.Form):
    """A team, and what becomes of leads that somebody looks after already."""

    team = forms.ModelChoiceField(label=_("Team"), queryset=Team.objects.all())
    everybody = forms.BooleanField(
        label=_("Also leads that have an owner"),
        required=False,
        help_text=_("Otherwise people keep the owner they have."),
    )

    def clean_team(self):
        team = self.cleaned_data["team"]
        if not Team.objects.receiving(team, day_of(clock.now())).exists():
            raise ValidationError(gettext("Nobody of this team is available today."))
        return team


class AssignInTurnBulkAction(LeadBulkAction):
    """Give the chosen leads to the members of a team in turn. For people who see everybody's leads."""

    display_name = _("Assign in turn")
    action_type = "assign_in_turn"
    aria_label = _("Assign the selected leads to the members of a team in turn")
    action_priority = 11
    form_class = AssignInTurnForm
    yes = _("Assign in turn")
    help_text = _("Each member receives leads by their share; nobody who is away today receives any.")

    @classmethod
    def is_for(cls, user):
        return sees_everybody(user) and super().is_for(user)

    def act(self, leads, cleaned):
        self.received = actions.assign_in_turn(
            leads=leads,
            team=cleaned["team"],
            keep_owners=not cleaned["everybody"],
            now=clock.now(),
            user=self.request.user,
        )
        return sum(self.received.values())

    def done(self, number):
        return ngettext(
            "%(count)d lead was assigned in turn to the team “%(team)s”.",
            "%(count)d leads were assigned in turn to the team “%(team)s”.",
            number,
        ) % {"count": number, "team": self.cleaned_form.cleaned_data["team"]}
