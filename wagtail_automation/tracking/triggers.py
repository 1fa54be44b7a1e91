"""What starts a campaign on the site."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail.blocks import CharBlock, PageChooserBlock

from wagtail_automation.leads.folding import fold
from wagtail_automation.triggers import Trigger, register

from . import addresses, events
from .collecting import link_ref, site_event_ref
from .conditions import pattern_of
from .matching import EventFilters, filter_words, has_properties, link_pattern, matches_pattern

GROUP = _("Web site")


@register
class PageVisited(Trigger):
    """A page (in any of its languages), addresses of a pattern, or any page."""

    key = "page_visited"
    event = events.PAGE_VIEWED
    keywords = (_("visit"), _("view"), _("URL"))

    page = PageChooserBlock(label=_("Page"), required=False, help_text=_("Its translations count too."))
    url = CharBlock(
        label=_("Or an address"),
        required=False,
        max_length=500,
        help_text=_("The path after the host name; a star stands for anything, as in /shop/*"),
    )

    class Meta:
        label = _("Page visited")
        icon = "doc-empty"
        group = GROUP
        description = _("Starts when a person views this page, or a page at an address like this one.")

    def clean(self, value):
        result = super().clean(value)
        if not result.get("page") and not (result.get("url") or "").strip():
            raise ValidationError(gettext("Choose a page or write an address."))
        return result

    def subject(self, value):
        return value.get("page")

    def matches(self, value, event):
        if value.get("page") is not None:
            return True
        pattern = pattern_of(value.get("url"))
        return bool(pattern) and matches_pattern(pattern, event.url)

    def sentence(self, value):
        what = value.get("page") or value.get("url")
        return gettext("Opens the page “%(page)s”") % {"page": what} if what else str(self.label)


@register
class SectionVisited(Trigger):
    """A page below a section, as the tree stands at that moment; the section's translations count."""

    key = "section_visited"
    keywords = (
        _("page"),
        _("read"),
        _("view"),
    )
    event = events.PAGE_VIEWED

    section = PageChooserBlock(
        label=_("Section"), help_text=_("This page and all below it, in any language.")
    )

    class Meta:
        label = _("Section visited")
        icon = "folder-open-inverse"
        group = GROUP
        description = _("Starts when a person views a page of this section.")

    def matches(self, value, event):
        section = value.get("section")
        return section is not None and section.key in getattr(event, "sections", ())

    def sentence(self, value):
        section = value.get("section")
        return (
            gettext("Visits the section “%(section)s”") % {"section": section} if section else str(self.label)
        )


@register
class LinkClicked(Trigger):
    """A tracked link of the site."""

    key = "link_clicked"
    keywords = (
        _("click"),
        _("button"),
        _("outbound"),
    )
    event = events.LINK_CLICKED

    link = CharBlock(
        max_length=500,
        required=False,
        label=_("Address of the link"),
        help_text=_("A star stands for anything, as in https://shop.example/* or *.pdf. Empty: any link."),
    )

    class Meta:
        label = _("Link clicked")
        icon = "link"
        group = GROUP
        description = _("Starts when a person follows a link of the site that is tracked.")

    def subject(self, value):
        text = (value.get("link") or "").strip()
        address = addresses.web_address(text) if text and "*" not in text else None
        return link_ref(address) if address is not None else None

    def matches(self, value, event):
        pattern = link_pattern(value.get("link"))
        return not pattern or self.subject(value) is not None or matches_pattern(pattern, event.url)

    def sentence(self, value):
        link = value.get("link")
        return gettext("Clicks “%(link)s”") % {"link": link} if link else gettext("Clicks any link")


@register
class EventRecorded(Trigger):
    """A custom event with these properties. With ``once_per`` each value of that property lets a person enter
    once, however often the event comes, where the campaign lets people enter each time."""

    key = "event_recorded"
    event = events.SITE_EVENT
    keywords = (_("custom"), _("track"), _("API"))

    name = CharBlock(
        max_length=50, label=_("Name of the event"), help_text=_("As the site's script or the API calls it.")
    )
    filters = EventFilters(label=_("Only with these properties"))
    once_per = CharBlock(
        max_length=50,
        required=False,
        label=_("Once for each"),
        help_text=_(
            "A property, such as order_id: the same value lets the same person enter only once. The campaign "
            "must allow people to enter each time."
        ),
    )

    class Meta:
        label = _("Custom event")
        icon = "pick"
        group = GROUP
        description = _("Starts when the site's script or the API reports an event of this name.")

    def subject(self, value):
        return site_event_ref((value.get("name") or "").strip())

    def matches(self, value, event):
        return has_properties(value.get("filters"), _properties(event))

    def enrollment_key(self, value, event):
        name = (value.get("once_per") or "").strip()
        stored = _properties(event).get(name) if name else None
        return "" if stored in (None, "") else f"{event.name}:{value['name']}:{name}:{stored}"

    def sentence(self, value):
        if not value.get("name"):
            return str(self.label)
        said = gettext("Event “%(name)s”") % {"name": value["name"]}
        words = filter_words(value.get("filters"))
        return (
            gettext("%(event)s with %(properties)s") % {"event": said, "properties": words} if words else said
        )


def _properties(event) -> dict:
    data = event.data.get("data") if isinstance(event.data, dict) else None
    return data if isinstance(data, dict) else {}


@register
class LeadSourceChanged(Trigger):
    """A visit came from another source, medium or campaign than the one before."""

    key = "lead_source_changed"
    keywords = (
        _("origin"),
        _("channel"),
        _("referrer"),
    )
    event = events.LEAD_SOURCE_CHANGED

    source = CharBlock(
        max_length=100,
        required=False,
        label=_("New source"),
        help_text=_("Part of the new source or campaign. Empty: any change."),
    )

    class Meta:
        label = _("Source changed")
        icon = "redirect"
        group = GROUP
        description = _("Starts when a person comes back from another source or campaign than the last time.")

    def matches(self, value, event):
        wanted = fold(value.get("source") or "").strip()
        after = event.data.get("to") if isinstance(event.data, dict) else None
        return not wanted or any(wanted in str(text) for text in (after or {}).values())

    def sentence(self, value):
        source = value.get("source")
        return gettext("Comes from “%(source)s”") % {"source": source} if source else str(self.label)


class Chat(Trigger):
    """Base: what the site's chat reports by ``wa.track("chat_started")`` or the API."""


@register
class ChatStarted(Chat):
    key = "chat_started"
    keywords = (
        _("live chat"),
        _("conversation"),
    )
    event = events.CHAT_STARTED

    class Meta:
        label = _("Chat started")
        icon = "comment"
        group = GROUP
        description = _("Starts when a person begins a conversation in the site's chat.")

    def sentence(self, value):
        return str(self.label)


@register
class ChatMessage(Chat):
    key = "chat_message"
    keywords = (
        _("live chat"),
        _("writes"),
        _("question"),
    )
    event = events.CHAT_MESSAGE

    class Meta:
        label = _("Chat message")
        icon = "comment-add"
        group = GROUP
        description = _("Starts when a person leaves a message in the site's chat.")

    def sentence(self, value):
        return str(self.label)
