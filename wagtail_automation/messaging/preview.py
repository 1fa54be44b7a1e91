"""An email as its reader will see it, before anybody gets it: as somebody invented, or as a real lead."""

import re
from collections.abc import Iterable
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

from . import actions, choosing, personal, rendering, senders, targets
from .compiler import compile_email
from .email_blocks import shared
from .hyperlinks import LIQUID

SAMPLE, TEXT, DARK, NO_IMAGES = "", "text", "dark", "noimages"
NAMELESS, LONG, RTL, ERASED = "nameless", "long", "rtl", "erased"
LEAD, ALTERNATIVE = "lead:", "alternative:"
RECENT = 5
#: how mail programs ask for dark colours; shown as if they did
IN_THE_DARK = re.compile(r"@media\s*\(prefers-color-scheme:\s*dark\)")
#: as in "view in browser": values came from people; Wagtail's panel frames it
POLICY = (
    "default-src 'none'; img-src {images}; style-src 'unsafe-inline'; font-src *; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'self'"
)


def modes(user=None, email=None, asked: Iterable[int] = ()) -> list[tuple[str, str]]:
    """Preview modes: looks, awkward people, the alternatives of dynamic content, and leads that ``user``
    may see: those they asked for (``asked``), then those known last."""
    return [
        (SAMPLE, gettext_lazy("As somebody")),
        (TEXT, gettext_lazy("Text part")),
        (DARK, gettext_lazy("Dark")),
        (NO_IMAGES, gettext_lazy("Images off")),
        (NAMELESS, gettext_lazy("As somebody without a name")),
        (LONG, gettext_lazy("As somebody with a very long name")),
        (RTL, gettext_lazy("As somebody who writes from right to left")),
        (ERASED, gettext_lazy("As somebody of whom everything was erased")),
        *_alternatives(email),
        *(
            (f"{LEAD}{lead.pk}", format_lazy(gettext_lazy("As {lead}"), lead=str(lead)))
            for lead in _leads(user, asked)
        ),
    ]


def _leads(user, asked: Iterable[int]) -> list[Lead]:
    visible = Lead.objects.visible_to(user).known()
    chosen = {lead.pk: lead for lead in visible.filter(pk__in=list(asked))} if asked else {}
    recent = visible.exclude(email="").exclude(pk__in=list(chosen)).order_by("-pk")[:RECENT]
    return [*(chosen[pk] for pk in asked if pk in chosen), *recent]


def _alternatives(email):
    """``alternative:d2:1`` and so on: each alternative of each block, numbered as the compiler does."""
    language = email.locale.language_code if email is not None and email.locale_id else ""
    place = 0
    for child in email.body if email is not None else ():
        named = _names(child, language)
        if named is None:
            continue
        place += 1
        for number, one in enumerate(named, 1):
            name = one or f"{place}.{number}"
            yield (
                f"{ALTERNATIVE}d{place}:{number}",
                format_lazy(gettext_lazy("Alternative: {name}"), name=name),
            )


def _names(child, language: str) -> list[str] | None:
    """Names of the alternatives of a block; None for a block that chooses nothing."""
    if child.block_type == "dynamic":
        return [one["name"] for one in child.value["alternatives"]]
    if child.block_type == shared.KEY:
        content = shared.in_language(child.value["content"], language)
        if content is not None and len(content.alternatives):
            return [one.value["name"] for one in content.alternatives]
    return None


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
    elif mode == RTL:
        sample.first_name, sample.last_name, sample.city = "سلمى", "الفارسي", "القاهرة"
    elif mode == ERASED:
        sample = Lead(pk=0)
    return sample


def alternative_of(mode: str) -> dict[str, str] | None:
    """``{"d2": "1"}`` for the mode of an alternative."""
    if not mode.startswith(ALTERNATIVE):
        return None
    name, _colon, number = mode.removeprefix(ALTERNATIVE).partition(":")
    return {name: number}


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
    }
    data = {**liquid.contexts([lead])[lead.pk], "site": rendering.site_data(site)}
    if email.is_transactional:
        data = personal.examples(data, compiled.subject, compiled.html, compiled.text)
    settings, person_id = actions.settings_of(site), senders.user_of(email, lead)
    sent_by = senders.People([person_id]).get(person_id, site) or senders.of_site(settings, site)
    data[senders.NAME] = sent_by.data()
    data |= choosing.data(compiled, lead.pk or None, clock.now(), instead=chosen)
    urls |= {
        name: targets.fill(url, data) if LIQUID.search(url) else url
        for name, (url, _label) in compiled.links.items()
    }
    language = email.locale.language_code if email.locale_id else translation.get_language()
    parts = rendering.render(
        compiled, data=data, urls=urls, now=clock.now(), with_pixel=False, language=language
    )
    return replace(parts, subject=parts.subject or _("(no subject)"))


def respond(request, email, mode: str | None) -> HttpResponse:
    """What Wagtail's preview panel shows; an error is told in words, at its place."""
    mode = mode or SAMPLE
    try:
        who = person(mode, email.previewed_by or request.user)
        parts = parts_for(email, who, chosen=alternative_of(mode))
    except (ValidationError, liquid.TemplateError) as error:
        messages = error.messages if isinstance(error, ValidationError) else [str(error)]
        return render_template(
            request, "wagtail_automation/messaging/preview_error.html", {"messages": messages}
        )
    if mode == TEXT:
        return render_template(
            request, "wagtail_automation/messaging/preview_text.html", {"parts": parts, "email": email}
        )
    html = IN_THE_DARK.sub("@media all", parts.html) if mode == DARK else parts.html
    response = HttpResponse(html)
    response["Content-Security-Policy"] = POLICY.format(images="'none'" if mode == NO_IMAGES else "* data:")
    return response
