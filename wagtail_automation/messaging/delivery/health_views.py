"""The deliverability page, and the button that lets a stopped campaign go on."""

import re

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods
from wagtail.admin.auth import require_admin_access
from wagtail.admin.menu import MenuItem
from wagtail.log_actions import log
from wagtail.models import Site

from wagtail_automation import clock, conf
from wagtail_automation.messaging.actions import settings_of
from wagtail_automation.messaging.models import Message, OriginPause, Suppression
from wagtail_automation.outbox import State

from . import health

APP = "wagtail_automation_messaging"
PAGE, RESUME = "wa_deliverability", "wa_origin_resume"
RESUME_LOG_ACTION = "wagtail_automation.sending.resume"


class AskForm(forms.Form):
    """Which records to look up."""

    selector = forms.RegexField(
        re.compile(r"\A[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?\Z"),
        label=gettext_lazy("Selector of DKIM"),
        required=False,
        max_length=63,
        help_text=gettext_lazy("Your provider names it, such as s1 or mail. Empty: DKIM is not looked up."),
    )


def may_see(user) -> bool:
    return user.has_perm(f"{APP}.change_emailsettings")


class DeliverabilityItem(MenuItem):
    def is_shown(self, request):
        return may_see(request.user)


@require_admin_access
@require_http_methods(["GET", "POST"])
def page(request):
    """What to paste where, and rates; a POST looks the records up."""
    if not may_see(request.user):
        raise PermissionDenied
    form, now, ask, failure = AskForm(request.POST or None), clock.now(), None, ""
    selector = ""
    if request.method == "POST" and form.is_valid():
        ask, selector = health.lookup, form.cleaned_data["selector"]
    senders = []
    for site in Site.objects.order_by("-is_default_site", "pk")[:20]:
        settings = settings_of(site)
        try:
            found = health.checks(settings, selector=selector, ask=ask)
        except health.NoLookupError as error:
            failure, found = str(error), health.checks(settings, selector=selector)
        senders.append((site, health.domain_of(settings), found))
    least, bounces, complaints = conf.get("STOP_RATES")
    context = {
        "page_title": _("Deliverability"),
        "header_icon": "mail",
        "form": form,
        "failure": failure,
        "senders": senders,
        "rates": [(rate, health.STATES[rate.state]) for rate in health.rates(request.user, now)],
        "busiest": health.busiest_day(request.user, now),
        "bulk": health.BULK,
        "days": health.DAYS,
        "paused": OriginPause.objects.filter(resumed_at=None).order_by("-at"),
        "may_resume": request.user.has_perm(f"{APP}.change_originpause"),
        "stop": {"least": least, "bounces": bounces * 100, "complaints": complaints * 100},
        "suppressed": Suppression.objects.count(),
        "breadcrumbs_items": [
            {"url": reverse("wagtailadmin_home"), "label": _("Home")},
            {"url": "", "label": _("Deliverability")},
        ],
    }
    return TemplateResponse(request, "wagtail_automation/messaging/deliverability.html", context)


@require_admin_access
@require_http_methods(["GET", "POST"])
def resume(request, origin):
    """Asks whether a stopped campaign's emails shall go on; a POST lets them, counted anew from now."""
    if not request.user.has_perm(f"{APP}.change_originpause"):
        raise PermissionDenied
    row = get_object_or_404(OriginPause, origin=origin, resumed_at=None)
    if request.method == "GET":
        waiting = Message.objects.filter(origin=origin, state=State.QUEUED).count()
        words = ngettext(
            "%(bad)d of %(sent)d emails of %(origin)s came back or were reported. %(count)d more waits and "
            "will be sent. Go on only when you know why: mailbox providers remember.",
            "%(bad)d of %(sent)d emails of %(origin)s came back or were reported. %(count)d more wait and "
            "will be sent. Go on only when you know why: mailbox providers remember.",
            waiting,
        )
        context = {
            "page_title": _("Let the emails go on?"),
            "header_icon": "mail",
            "text": words % {"bad": row.bad, "sent": row.sent, "origin": row.origin, "count": waiting},
            "submit": _("Let them go on"),
            "is_danger": True,
            "back": reverse(PAGE),
            "breadcrumbs_items": [
                {"url": reverse("wagtailadmin_home"), "label": _("Home")},
                {"url": reverse(PAGE), "label": _("Deliverability")},
                {"url": "", "label": _("Let the emails go on?")},
            ],
        }
        return TemplateResponse(request, "wagtail_automation/messaging/act.html", context)
    OriginPause.objects.filter(pk=row.pk, resumed_at=None).update(resumed_at=clock.now())
    log(instance=row, action=RESUME_LOG_ACTION, user=request.user, title=row.origin)
    messages.success(request, _("The emails go on."))
    return redirect(PAGE)


urlpatterns = [
    path("automation/deliverability/", page, name=PAGE),
    path("automation/deliverability/resume/<str:origin>/", resume, name=RESUME),
]
