"""What a rule may ask about lists and segments; about scores, tags and the rest: their own packages."""

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from wagtail_automation.rules.conditions import (
    Condition,
    Events,
    Facts,
    Lists,
    Segments,
    conditions,
)
from wagtail_automation.tracking import events

from .blocks import LeadListChooserBlock, SegmentChooserBlock, StoredListChooserBlock
from .goals.conditions import GoalWasReached  # noqa: F401
from .interests.conditions import InterestAbove, InterestBelow, InterestBetween  # noqa: F401
from .lists import builtin
from .models import ListMembership, SegmentMembership
from .scoring.conditions import ScoreAbove, ScoreBelow, ScoreBetween  # noqa: F401
from .stages.conditions import StageIs  # noqa: F401
from .tags.conditions import HasTag  # noqa: F401

GROUP = _("Lead")


@conditions.register
class InList(Condition):
    """Is on a list now."""

    key = "in_list"
    keywords = (_("member"), _("subscribed"))
    list = LeadListChooserBlock(label=_("List"))
    waitable = True
    depends_on = Lists()

    class Meta:
        label = _("Is on the list")
        icon = "list-ul"
        group = GROUP
        tone = "violet"
        description = _("The lead is on this list now.")

    def get_depends_on(self, value):
        if not value.get("list"):
            return Facts()
        computed = builtin.computed(value["list"])
        return computed.facts if computed else Facts(frozenset({f"list:{value['list'].pk}"}))

    def q(self, value, scope):
        if not value.get("list"):
            return scope.nobody()
        if computed := builtin.computed(value["list"]):
            return computed.q(scope)
        return scope.where(ListMembership.objects.filter(list_id=value["list"].pk))

    def sentence(self, value):
        return (
            gettext("Is on the list “%(list)s”") % {"list": value["list"]}
            if value.get("list")
            else str(self.label)
        )


class ListChange(Condition):
    """Base: was added to a list, or removed from it – since entry, or ever; later changes undo nothing."""

    list = StoredListChooserBlock(label=_("List"))
    waitable = True
    counted_from = "entry"
    event = ""

    def q(self, value, scope):
        if not value.get("list"):
            return scope.nobody()
        return scope.happened(self.event, about=value["list"])


@conditions.register
class AddedToList(ListChange):
    key = "added_to_list"
    keywords = (_("subscribed"), _("joins"))
    event = events.LIST_JOINED
    depends_on = Events(events.LIST_JOINED)

    class Meta:
        label = _("Was added to the list")
        icon = "list-ul"
        group = GROUP
        tone = "violet"
        description = _("The lead was added to this list, whether or not it is still on it.")

    def sentence(self, value):
        if not value.get("list"):
            return str(self.label)
        return gettext("Was added to the list “%(list)s”") % {"list": value["list"]}


@conditions.register
class RemovedFromList(ListChange):
    key = "removed_from_list"
    keywords = (_("unsubscribed"), _("leaves"))
    event = events.LIST_LEFT
    depends_on = Events(events.LIST_LEFT)

    class Meta:
        label = _("Was removed from the list")
        icon = "list-ul"
        group = GROUP
        tone = "violet"
        description = _("The lead was removed from this list, whether or not it is on it again.")

    def sentence(self, value):
        if not value.get("list"):
            return str(self.label)
        return gettext("Was removed from the list “%(list)s”") % {"list": value["list"]}


@conditions.register
class InSegment(Condition):
    """Is in a segment, by stored membership: pages answer it without SQL (``personal.decide``)."""

    key = "in_segment"
    keywords = (_("member"), _("audience"))
    segment = SegmentChooserBlock(label=_("Segment"))
    waitable = True
    depends_on = Segments()

    class Meta:
        label = _("Is in the segment")
        icon = "group"
        group = GROUP
        tone = "violet"
        description = _("The lead matches the rule of this segment, as of its last refresh.")

    def get_depends_on(self, value):
        return Facts(frozenset({f"segment:{value['segment'].pk}"})) if value.get("segment") else Facts()

    def q(self, value, scope):
        if not value.get("segment"):
            return scope.nobody()
        # "live" too: between unpublishing and the refresh that empties it, a segment has nobody
        return scope.where(
            SegmentMembership.objects.filter(segment_id=value["segment"].pk, segment__live=True)
        )

    def sentence(self, value):
        if not value.get("segment"):
            return str(self.label)
        return gettext("Is in the segment “%(segment)s”") % {"segment": value["segment"]}
