"""Editors see the site as one of the leads they may see: chosen on the lead's page, kept in their session."""

from django.conf import settings

from wagtail_automation.leads.models import Lead

SESSION = "wa_as_lead"
#: tells the page's script that there is something to fetch; it names nobody
COOKIE = "wa_as_lead"


def choose(request, lead: Lead | None) -> None:
    """From now on this editor sees personal parts as ``lead`` does; None: as a visitor who is not known."""
    if lead is None:
        request.session.pop(SESSION, None)
    else:
        request.session[SESSION] = lead.pk


def apply(request, response, lead: Lead | None) -> None:
    """The cookie that goes with the choice; it ends with the browser."""
    if lead is None:
        response.delete_cookie(COOKIE, path="/", samesite="Lax")
    else:
        response.set_cookie(COOKIE, "1", path="/", samesite="Lax", secure=request.is_secure())


def chosen(request) -> Lead | None:
    """Whom this editor chose, if they may still see them. No query for anybody without a session."""
    if settings.SESSION_COOKIE_NAME not in request.COOKIES or not hasattr(request, "session"):
        return None
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated or not user.has_perm("wagtailadmin.access_admin"):
        return None
    if not user.has_perm("wagtail_automation_leads.view_lead"):
        return None
    pk = request.session.get(SESSION)
    return Lead.objects.visible_to(user).filter(pk=pk).first() if pk else None
