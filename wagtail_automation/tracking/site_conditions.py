"""Questions about what happened on the site: sections, sites, links, custom events."""

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from wagtail.blocks import CharBlock, ChoiceBlock, IntegerBlock, PageChooserBlock
from wagtail.blocks.struct_block import StructBlockValidationError
from wagtail.models import Site

from wagtail_automation.leads.folding import fold
from wagtail_automation.rules import Condition, Events, conditions

from . import addresses, events, querysets
from .collecting import link_ref, site_event_ref
from .matching import EventFilters, filter_words, filters_q, link_pattern
from .models import PageSection

GROUP = _("Web site")
MAX_TIMES = 10_000


def times_block() -> IntegerBlock:
    return IntegerBlock(label=_("At least so many times"), default=1, min_value=1, max_value=MAX_TIMES)


def times_of(value) -> int:
    times = value.get("times")
    return times if isinstance(times, int) and not isinstance(times, bool) and 0 < times <= MAX_TIMES else 1


@conditions.register
class SectionVisited(Condition):
    """A page below a section, as the tree stood when it was viewed; the section's translations count."""

    key = "section_visited"
    keywords = (_("below"), _("category"), _("page"))
    waitable = True
    counted_from = "entry"
    depends_on = Events(events.PAGE_VIEWED)

    section = PageChooserBlock(
        label=_("Section"), help_text=_("This page and all below it, in any language.")
    )
    times = times_block()

    class Meta:
        label = _("Visited section")
        icon = "folder-open-inverse"
        group = GROUP
        tone = "teal"
        description = _("The person viewed a page of this section, wherever the page stands today.")

    def q(self, value, scope):
        if value.get("section") is None:
            return scope.nobody()
        inside = PageSection.objects.filter(section=value["section"].key)
        # the pages by the index of events, then only views from when they stood there
        seen = Q(object_key__in=inside.values("page"), place__in=inside.values("place"))
        return scope.happened(events.PAGE_VIEWED, matching=seen, times=times_of(value))

    def sentence(self, value):
        if not value.get("section"):
            return str(self.label)
        times = times_of(value)
        return ngettext(
            "Visited the section “%(section)s”",
            "Visited the section “%(section)s” at least %(count)s times",
            times,
        ) % {"section": value["section"], "count": times}


def site_choices() -> list[tuple[str, str]]:
    """The sites of this installation, when they are asked for."""
    return [(str(site.pk), str(site)) for site in Site.objects.order_by("hostname", "port")]


@conditions.register
class SiteVisited(Condition):
    """Any page of the site, or of one of several."""

    key = "site_visited"
    keywords = (_("visit"), _("any page"))
    waitable = True
    counted_from = "entry"
    depends_on = Events(events.PAGE_VIEWED)

    site = ChoiceBlock(
        choices=site_choices, required=False, label=_("Site"), help_text=_("Leave it empty for any site.")
    )

    class Meta:
        label = _("Visited the site")
        icon = "site"
        group = GROUP
        tone = "teal"
        description = _("The person viewed any page of the site, or of one of several sites.")

    def q(self, value, scope):
        site = str(value.get("site") or "")
        if site and not (site.isdecimal() and len(site) < 10):
            return scope.nobody()
        return scope.happened(events.PAGE_VIEWED, **({"site_id": int(site)} if site else {}))

    def sentence(self, value):
        site = str(value.get("site") or "")
        if not site:
            return gettext("Visited the site")
        return gettext("Visited the site “%(site)s”") % {"site": dict(site_choices()).get(site, site)}


@conditions.register
class LinkClicked(Condition):
    """A tracked link of the site, by its address or a pattern."""

    key = "link_clicked"
    keywords = (_("click"), _("URL"), _("outbound"))
    waitable = True
    counted_from = "entry"
    depends_on = Events(events.LINK_CLICKED)

    link = CharBlock(
        max_length=500,
        required=False,
        label=_("Address of the link"),
        help_text=_("A star stands for anything, as in https://shop.example/* or *.pdf. Empty: any link."),
    )
    times = times_block()

    class Meta:
        label = _("Clicked a link")
        icon = "link"
        group = GROUP
        tone = "teal"
        description = _("The person followed a link of the site that is tracked.")

    def q(self, value, scope):
        text = (value.get("link") or "").strip()
        times = times_of(value)
        if not text:
            return scope.happened(events.LINK_CLICKED, times=times)
        address = addresses.web_address(text) if "*" not in text else None
        if address is not None:
            return scope.happened(events.LINK_CLICKED, about=link_ref(address), times=times)
        pattern = link_pattern(text)
        if not pattern:
            return scope.nobody()
        return scope.happened(events.LINK_CLICKED, matching=querysets.url_matches(pattern), times=times)

    def sentence(self, value):
        times, link = times_of(value), value.get("link")
        if not link:
            return gettext("Clicked any link")
        return ngettext("Clicked “%(link)s”", "Clicked “%(link)s” at least %(count)s times", times) % {
            "link": link,
            "count": times,
        }


@conditions.register
class Searched(Condition):
    """The site's own search, for words or any."""

    key = "searched"
    keywords = (_("search"), _("query"), _("term"))
    waitable = True
    counted_from = "entry"
    depends_on = Events(events.SITE_SEARCHED)

    text = CharBlock(
        max_length=100,
        required=False,
        label=_("Words"),
        help_text=_(
            "Somewhere in what was searched for. Capitals and accents make no difference. Empty: any search."
        ),
    )
    times = times_block()

    class Meta:
        label = _("Searched the site")
        icon = "search"
        group = GROUP
        tone = "teal"
        description = _("The person searched the site for these words.")

    def q(self, value, scope):
        text = value.get("text") or ""
        words = fold(text).strip()
        times = times_of(value)
        if not words:
            # only white space or signs that fold to nothing: nothing was asked
            return scope.nobody() if text else scope.happened(events.SITE_SEARCHED, times=times)
        return scope.happened(events.SITE_SEARCHED, matching=Q(data__folded__icontains=words), times=times)

    def sentence(self, value):
        words, times = value.get("text"), times_of(value)
        if not words:
            return ngettext("Searched the site", "Searched the site at least %(count)s times", times) % {
                "count": times
            }
        return ngettext(
            "Searched for “%(words)s”", "Searched for “%(words)s” at least %(count)s times", times
        ) % {"words": words, "count": times}


@conditions.register
class EventHappened(Condition):
    """A custom event with these properties, so many times."""

    key = "event_happened"
    keywords = (_("custom"), _("track"), _("API"))
    waitable = True
    counted_from = "entry"
    depends_on = Events(events.SITE_EVENT)

    name = CharBlock(
        max_length=50, label=_("Name of the event"), help_text=_("As the site's script or the API calls it.")
    )
    filters = EventFilters(label=_("Only with these properties"))
    times = times_block()

    class Meta:
        label = _("Custom event")
        icon = "pick"
        group = GROUP
        tone = "teal"
        description = _("The site's script or the API reported an event of this name, with these properties.")

    def clean(self, value):
        result = super().clean(value)
        if filters_q(result.get("filters")) is None and not getattr(self, "is_deferred_validation", False):
            raise StructBlockValidationError(
                {"filters": ValidationError(gettext("One of these properties cannot be compared so."))}
            )
        return result

    def q(self, value, scope):
        name = (value.get("name") or "").strip()
        matching = filters_q(value.get("filters"))
        if not name or len(name) > 50 or matching is None:
            return scope.nobody()
        return scope.happened(
            events.SITE_EVENT, about=site_event_ref(name), matching=matching or None, times=times_of(value)
        )

    def sentence(self, value):
        name, times = value.get("name"), times_of(value)
        if not name:
            return str(self.label)
        said = ngettext("Event “%(name)s”", "Event “%(name)s” at least %(count)s times", times) % {
            "name": name,
            "count": times,
        }
        words = filter_words(value.get("filters"))
        return (
            gettext("%(event)s with %(properties)s") % {"event": said, "properties": words} if words else said
        )
