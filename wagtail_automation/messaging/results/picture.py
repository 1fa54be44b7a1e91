"""The email as it was sent, with the number of clicks on each link."""

import re

from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from wagtail.coreutils import get_content_languages

from wagtail_automation import clock, liquid
from wagtail_automation.messaging import choosing, personal, rendering, senders
from wagtail_automation.messaging.actions import default_site, settings_of
from wagtail_automation.messaging.models import EmailVersion

MARK = "#wa-link-"
_LINK = re.compile(rf'(<a\b[^>]*href="{MARK}(\d+)"[^>]*>)(.*?)</a>', re.DOTALL | re.IGNORECASE)
#: a badge that reads on any background: dark on yellow, with a rim
_BADGE = (
    "display:inline-block;margin:0 0 0 6px;padding:1px 7px;border-radius:10px;background:#ffd84d;"
    "border:1px solid #6b5600;color:#241d00;font:700 12px/1.5 Arial,sans-serif;text-decoration:none;"
    "vertical-align:middle"
)


def draw(version: EmailVersion, counts: dict[str, int] | None = None) -> str:
    """The HTML of a version for nobody in particular; links lead nowhere and carry their numbers, if given
    (``numbers.places``).

    Raises liquid.TemplateError for a version that cannot be written.
    """
    site = version.site or default_site()
    urls = {
        **dict.fromkeys(("unsubscribe_url", "preferences_url", "view_url", "open_url", "hidden_url"), "#"),
        **{name: f"{MARK}{name.removeprefix('link_')}" for name in version.links},
    }
    lead = personal.sample_lead()
    data = {**liquid.contexts([lead])[lead.pk], "site": rendering.site_data(site)}
    data |= choosing.data(version, None, clock.now())
    # of an email sent by each lead's owner this is the site: nobody in particular
    settings, person = settings_of(site), senders.user_of(version, lead)
    data[senders.NAME] = (
        senders.People([person]).get(person, site) or senders.of_site(settings, site)
    ).data()
    parts = rendering.render(version, data=data, urls=urls, now=clock.now(), with_pixel=False)

    def badge(match):
        people = counts.get(f"link_{match[2]}", 0)
        words = ngettext("%(count)d person", "%(count)d people", people) % {"count": people}
        mark = format_html('<span style="{}" title="{}">{}</span>', _BADGE, words, people)
        return f"{match[1]}{match[3]}{mark}</a>"

    return parts.html if counts is None else _LINK.sub(badge, parts.html)


def links(version: EmailVersion, counts: dict[str, tuple[int, int]]) -> list[dict]:
    """The links of a version in their order, each address once."""
    found: dict[str, dict] = {}
    for name in sorted(version.links, key=lambda name: int(name.removeprefix("link_"))):
        link = version.links[name]
        people, machines = counts.get(str(link["id"]), (0, 0))
        row = found.setdefault(
            link["id"], {"url": link["url"], "label": "", "people": people, "machines": machines}
        )
        row["label"] = row["label"] or link.get("label", "")
    return [{**row, "label": row["label"] or _("(no words)")} for row in found.values()]


def links_elsewhere(version: EmailVersion, counts: dict[str, tuple[int, int]]) -> list[dict]:
    """The links that somebody followed and that do not stand in this version: those of the other languages,
    and of before it was changed. Most people first; one query, none where there are none."""
    wanted = set(counts) - {str(link["id"]) for link in version.links.values()}
    if not wanted:
        return []
    names = get_content_languages()
    found: dict[str, dict] = {}
    others = EmailVersion.objects.filter(translation_key=version.translation_key).exclude(pk=version.pk)
    for language, held in others.order_by("-pk").values_list("language", "links"):
        for link in held.values():
            key = str(link["id"])
            if key in wanted and key not in found:
                people, machines = counts[key]
                found[key] = {
                    "url": link["url"],
                    "label": link.get("label") or _("(no words)"),
                    "language": names.get(language, language),
                    "people": people,
                    "machines": machines,
                }
    return sorted(found.values(), key=lambda row: (-row["people"], -row["machines"], row["url"]))
