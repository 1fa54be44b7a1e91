"""Who may see which leads, for the admin: the policy of the model and the filter for everything about leads.

The rule itself stands in one place, ``Lead.objects.visible_to(user)``.
"""

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404
from django.utils.translation import gettext
from wagtail.permission_policies import ModelPermissionPolicy

from .models import Lead
from .querysets import visible_owners

LOOK = frozenset({"add", "change", "view"})


def sees_everybody(user) -> bool:
    """Only they may leave a lead without owner: for others it would be out of sight."""
    return visible_owners(user) is None


def is_visible(user, lead: Lead) -> bool:
    """May this person see this lead, given that they may see leads? No query after the first lead."""
    owners = visible_owners(user)
    return owners is None or lead.owner_id in owners


def about_visible(queryset: QuerySet, user, lead: str = "lead") -> QuerySet:
    """Of rows that belong to leads, those whose lead this person may see; ``lead``: the path to it.

    For people who see everybody the queryset is untouched and costs nothing more.
    """
    owners = visible_owners(user)
    return queryset if owners is None else queryset.filter(**{f"{lead}__owner__in": owners})


def visible_lead(user, reference, action: str = "view") -> Lead:
    """The lead behind a primary key or UUID, merged ones resolved, for a user who may do ``action``.

    Raises PermissionDenied for people without the right, Http404 where there is no such lead *for them*: a
    stranger cannot tell from the answer whether it exists.
    """
    allowed = LOOK if action == "view" else {action}
    if not LEAD_POLICY.user_has_any_permission(user, allowed):
        raise PermissionDenied
    lead = Lead.objects.visible_to(user).select_related("owner").resolve(reference)
    if lead is None:
        raise Http404(gettext("There is no such lead."))
    return lead


class LeadPermissionPolicy(ModelPermissionPolicy):
    """The model's permissions, and of single leads only visible ones. A person is removed by an erasure,
    which leaves nothing behind anywhere; never by a plain delete."""

    def user_has_permission(self, user, action):
        return action != "delete" and super().user_has_permission(user, action)

    def user_has_any_permission(self, user, actions):
        return super().user_has_any_permission(user, set(actions) - {"delete"})

    def user_has_permission_for_instance(self, user, action, instance):
        return self.user_has_permission(user, action) and is_visible(user, instance)

    def user_has_any_permission_for_instance(self, user, actions, instance):
        return self.user_has_any_permission(user, actions) and is_visible(user, instance)

    def instances_user_has_any_permission_for(self, user, actions):
        if not self.user_has_any_permission(user, actions):
            return Lead.objects.none()
        return Lead.objects.visible_to(user)

    def instances_user_has_permission_for(self, user, action):
        return self.instances_user_has_any_permission_for(user, [action])


LEAD_POLICY = LeadPermissionPolicy(Lead)
try:  # Wagtail 8 looks policies up by model
    from wagtail.permissions import register_permission_policy
except ImportError:  # Wagtail 7.4 asks the viewset
    pass
else:
    register_permission_policy(Lead, LEAD_POLICY, exact_class=True)
