"""How the events of tracking and leads look in the timeline."""

from django.contrib.auth import get_user_model
from django.urls import reverse
from django.utils.text import Truncator
from django.utils.translation import gettext as _

from wagtail_automation.leads import sources
from wagtail_automation.leads.fields import lead_fields
from wagtail_automation.leads.history import OWNER
from wagtail_automation.leads.models import LeadFile, LeadNote, Topic

from . import events
from .timeline import TimelineRenderer, register


@register
class PageViewedRenderer(TimelineRenderer):
    key = events.PAGE_VIEWED

    def detail(self, event):
        return event.url


@register
class LinkClickedRenderer(TimelineRenderer):
    key = events.LINK_CLICKED

    def detail(self, event):
        on = event.data.get("on", "")
        return _("on %(page)s") % {"page": on} if on else ""


@register
class SiteSearchedRenderer(TimelineRenderer):
    key = events.SITE_SEARCHED

    def detail(self, event):
        return str(event.data.get("term", ""))


@register
class SiteEventRenderer(TimelineRenderer):
    key = events.SITE_EVENT

    def title(self, event):
        return str(event.data.get("event", "")) or super().title(event)

    def detail(self, event):
        data = event.data.get("data") or {}
        return ", ".join(f"{name}: {value}" for name, value in data.items())


@register
class LeadUpdatedRenderer(TimelineRenderer):
    """Which fields became what, and where the change came from. Three queries for a page, one more per
    kind of source."""

    key = events.LEAD_UPDATED

    def prepare(self, recorded):
        keys = {key for event in recorded for key in event.data.get("changes", ())}
        self._fields = lead_fields(keys)
        people = {event.data.get("user") for event in recorded}
        people |= {pk for event in recorded for pk in event.data.get("changes", {}).get(OWNER, ())}
        users = get_user_model()._default_manager.filter(pk__in=people - {None})
        self._people = {str(user.pk): user.get_full_name() or user.get_username() for user in users}
        self._words = sources.labels(event.data.get("source", "") for event in recorded)

    def subject(self, event, label):
        return ", ".join(self._label(key) for key in event.data.get("changes", ()))

    def detail(self, event):
        said = [
            _("%(field)s: %(former)s → %(new)s")
            % {"field": self._label(key), "former": self._show(key, pair[0]), "new": self._show(key, pair[1])}
            for key, pair in event.data.get("changes", {}).items()
        ]
        return "; ".join(said)

    def by(self, event):
        who = self._people.get(str(event.data.get("user")), "")
        where = self._words.get(event.data.get("source", ""), "")
        return " · ".join(filter(None, (who, where)))

    def _label(self, key) -> str:
        if key == OWNER:
            return _("owner")
        field = self._fields.get(key)
        return str(field.label) if field is not None else key

    def _show(self, key, value) -> str:
        if value is None:
            return "–"
        if key == OWNER:
            return self._people.get(str(value), f"#{value}")
        field = self._fields.get(key)
        text = field.kind.display(value, field) if field is not None else str(value)
        return Truncator(text).chars(80)


class ItemRenderer(TimelineRenderer):
    """A note or file that may have been deleted since; one query for the page."""

    model = None

    def prepare(self, recorded):
        rows = self.model.objects.filter(uuid__in={event.object_key for event in recorded})
        self._items = {row.uuid: row for row in rows.select_related("author")}
        self._words = sources.labels(getattr(row, "source", "") for row in self._items.values())

    def subject(self, event, label):
        return "" if event.object_key in self._items else _("deleted since")

    def by(self, event):
        item = self._items.get(event.object_key)
        if item is None:
            return ""
        if item.author is not None:
            return item.author.get_full_name() or item.author.get_username()
        return self._words.get(getattr(item, "source", ""), "")


@register
class NoteRenderer(ItemRenderer):
    key = events.NOTE_ADDED
    permission = "wagtail_automation_leads.view_leadnote"
    model = LeadNote

    def detail(self, event):
        note = self._items.get(event.object_key)
        return note.text if note is not None else ""


@register
class FileRenderer(ItemRenderer):
    key = events.FILE_ADDED
    permission = "wagtail_automation_leads.view_leadfile"
    model = LeadFile

    def subject(self, event, label):
        item = self._items.get(event.object_key)
        return item.name if item is not None else super().subject(event, label)

    def url(self, event):
        item = self._items.get(event.object_key)
        return reverse("wagtail_automation_file", args=[item.lead_id, item.pk]) if item is not None else ""


@register
class ScoreChangedRenderer(TimelineRenderer):
    key = events.SCORE_CHANGED

    def subject(self, event, label):
        return label if event.value is None else f"{event.value:+d}"

    def detail(self, event):
        return str(event.data.get("reason", ""))


class ConsentRenderer(TimelineRenderer):
    """Consent to what: a channel by its name, a topic by the name people see."""

    def prepare(self, recorded):
        keys = {str(event.data.get("subject", "")).removeprefix("topic:") for event in recorded}
        self._topics = dict(Topic.objects.filter(key__in=keys).values_list("key", "name"))

    def subject(self, event, label):
        subject = str(event.data.get("subject", ""))
        known = {"tracking": _("Remembering visits"), "email": _("Emails")}
        return known.get(subject) or self._topics.get(subject.removeprefix("topic:"), subject)


@register
class ConsentGrantedRenderer(ConsentRenderer):
    key = events.CONSENT_GRANTED


@register
class ConsentWithdrawnRenderer(ConsentRenderer):
    key = events.CONSENT_WITHDRAWN
