"""Which leads a person of the site may see: the one place through which the views of the lead page ask."""

from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.utils.translation import gettext

from .models import Lead

APP = "wagtail_automation_leads"


def leads_for(user):
    """The leads that this user may see."""
    return Lead.objects.visible_to(user)


def may(user, action: str, model: str = "lead") -> bool:
    """Whether the user holds a permission of this app."""
    return user.has_perm(f"{APP}.{action}_{model}")


def may_see_leads(user) -> bool:
    """Whoever may view or change leads sees those that are visible to them."""
    return any(may(user, action) for action in ("view", "change", "add"))


def lead_or_404(user, reference, *permissions: tuple[str, str]) -> Lead:
    """The lead behind a primary key, also of one that was merged away.

    Raises PermissionDenied without the permissions ``(action, model)``, Http404 for a lead that does not
    exist or that this user may not see.
    """
    if not may_see_leads(user) or not all(may(user, *permission) for permission in permissions):
        raise PermissionDenied
    lead = Lead.objects.resolve(reference)
    if lead is None or not leads_for(user).filter(pk=lead.pk).exists():
        raise Http404(gettext("There is no such lead."))
    return lead
