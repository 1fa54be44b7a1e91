"""An email as its reader will see it, before anybody gets it: as somebody invented, or as a real lead."""

from dataclasses import replace

from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import render as render_template
from django.utils import translation
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from wagtail_automation import clock, liquid
from wagtail_automation.leads.models import Lead

from . import actions, choosing, personal, rendering
from .compiler import compile_email

SAMPLE, TEXT, NAMELESS, LONG = "", "text", "nameless", "long"
LEAD = "lead:"
RECENT = 5


def modes(user=None) -> list[tuple[str, str]]:
    """Preview modes: invented people, the text part, and the leads known last that ``user`` may see."""
    recent = Lead.objects.visible_to(user).known().exclude(email="").order_by("-pk")[:RECENT]
    return [
        (SAMPLE, gettext_lazy("As somebody")),
        (TEXT, gettext_lazy("Text part")),
        (NAMELESS, gettext_lazy("As somebody without a name")),
        (LONG, gettext_lazy("As somebody with a very long name")),
        *((f"{LEAD}{lead.pk}", format_lazy(gettext_lazy("As {lead}"), lead=str(lead))) for lead in recent),
    ]


def person(mode: str, user) -> Lead:
    """Whom a mode stands for; the invented person when there is no such lead for this user."""
    if mode.startswith(LEAD):
        found = Lead.objects.visible_to(user).resolve(mode.removeprefix(LEAD))
        if found is not None:
            return found
    sample = personal.sample_lead()
    if mode == NAMELESS:
        sample.first_name = sample.last_name = sample.company = ""
    elif mode == LONG:
        sample.first_name = "Anne-Françoise Gwendoline Marie-Antoinette"
        sample.last_name = "de la Rochefoucauld-Montbelliard von und zu Hohenstaufen"
    return sample


def parts_for(email, lead: Lead, *, chosen: dict[str, str] | None = None) -> rendering.Parts:
    """The email as it is now, for this person, with links that lead where they lead. Nothing is recorded.

    ``chosen``: alternatives of dynamic content to show instead of those that the person would get.
    Raises ValidationError for what would keep it from being published, TemplateError for Liquid.
    """
    site = actions.site_of(email)
    compiled = compile_email(
        email, site=site, settings=actions.settings_of(site), transactional=email.is_transactional
    )
    urls = {
        "unsubscribe_url": "#",
        "preferences_url": "#",
        "hidden_url": "#",
        "view_url": "#",
        "open_url": "",
        **{name: url for name, (url, _label) in compiled.links.items()},
    }
    data = {**liquid.contexts([lead])[lead.pk], "site": rendering.site_data(site)}
    if email.is_transactional:
        data = personal.examples(data, compiled.subject, compiled.html, compiled.text)
    data |= choosing.data(compiled, lead.pk or None, clock.now(), instead=chosen)
    language = email.locale.language_code if email.locale_id else translation.get_language()
    parts = rendering.render(
        compiled, data=data, urls=urls, now=clock.now(), with_pixel=False, language=language
    )
    return replace(parts, subject=parts.subject or _("(no subject)"))


def respond(request, email, mode: str | None) -> HttpResponse:
    """What Wagtail's preview panel shows; an error is told in words, at its place."""
    mode = mode or SAMPLE
    try:
        parts = parts_for(email, person(mode, email.previewed_by or request.user))
    except (ValidationError, liquid.TemplateError) as error:
        messages = error.messages if isinstance(error, ValidationError) else [str(error)]
        return render_template(
            request, "wagtail_automation/messaging/preview_error.html", {"messages": messages}
        )
    if mode == TEXT:
        return render_template(
            request, "wagtail_automation/messaging/preview_text.html", {"parts": parts, "email": email}
        )
    return HttpResponse(parts.html)
