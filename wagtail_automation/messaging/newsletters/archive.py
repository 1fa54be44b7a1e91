"""The public archive of newsletters whose senders wished it: what everybody got, with nobody's values in it.

Addresses lead where the links lead, past any count; unsubscription and preferences lead to the archive.
"""

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe
from wagtail.models import Site

from wagtail_automation import clock, liquid
from wagtail_automation.leads.models import Lead
from wagtail_automation.messaging import choosing, rendering, targets
from wagtail_automation.messaging.actions import settings_of
from wagtail_automation.messaging.views import VIEW_POLICY, gone

from . import testing
from .models import Newsletter

TEMPLATE = "wagtail_automation/messaging/newsletters/archive.html"
SHOWN = 100
SECONDS = 300


def version_of(newsletter: Newsletter):
    """What most people got: of two versions the one that was chosen. None once it is not published."""
    experiment = newsletter.experiment
    won = experiment is not None and experiment.winner is not None and experiment.winner.key == testing.SECOND
    if won and newsletter.version_b is not None:
        return newsletter.version_b if newsletter.email.live else None
    email = newsletter.email_b if won and newsletter.email_b is not None else newsletter.email
    return email.versions.filter(is_current=True).first()


def shown_on(site: Site | None):
    """Those that began to be sent and are in the archive of this site."""
    if site is None:
        return Newsletter.objects.none()
    return Newsletter.objects.archived(site).select_related(
        "email", "email_b", "version_b", "experiment__winner"
    )


def _values(version, site: Site, now) -> dict:
    """As for somebody of whom nothing is known."""
    sender = dict.fromkeys(("name", "email", "role", "signature", "photo"), "")
    return {
        **liquid.contexts([Lead(pk=0)])[0],
        "site": rendering.site_data(site),
        "sender": sender | {"name": settings_of(site).sender_name},
        **choosing.data(version, None, now),
    }


def _subject(version, site: Site, now) -> str:
    try:
        return rendering.one_line(liquid.parse(version.subject).render(_values(version, site, now), now=now))
    except liquid.TemplateError:
        return version.name


@require_safe
@cache_control(public=True, max_age=SECONDS)
def index(request):
    """The subjects, newest first."""
    site = Site.find_for_request(request)
    now = clock.now()
    found = []
    for newsletter in shown_on(site)[:SHOWN]:
        version = version_of(newsletter)
        if version is not None:
            address = reverse("wagtail_automation_messaging:archived", args=[newsletter.uuid])
            found.append((_subject(version, site, now), newsletter.started_at, address))
    return render(request, TEMPLATE, {"site": site, "newsletters": found})


@require_safe
@cache_control(public=True, max_age=SECONDS)
def show(request, uuid):
    """One newsletter as a page of its own."""
    site = Site.find_for_request(request)
    newsletter = shown_on(site).filter(uuid=uuid).first()
    version = version_of(newsletter) if newsletter else None
    if version is None:
        return gone(request)
    now = clock.now()
    back = request.build_absolute_uri(reverse("wagtail_automation_messaging:archive"))
    urls = dict.fromkeys(("open_url", "unsubscribe_url", "view_url", "preferences_url", "hidden_url"), back)
    urls |= {name: targets.without_values(link["url"]) for name, link in version.links.items()}
    try:
        parts = rendering.render(
            version, data=_values(version, site, now), urls=urls, now=now, with_pixel=False
        )
    except liquid.TemplateError:
        return gone(request)
    response = HttpResponse(parts.html)
    response["Content-Security-Policy"] = VIEW_POLICY
    return response
