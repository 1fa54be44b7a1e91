"""What starts a campaign from lists and segments. Their events come as cohorts and enrol as cohorts."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from wagtail_automation.tracking import events
from wagtail_automation.triggers import Trigger, register

from .blocks import SegmentChooserBlock, StoredListChooserBlock
from .goals.triggers import GoalReached  # noqa: F401
from .scoring.triggers import ScoreChanged  # noqa: F401
from .stages.triggers import StageChanged  # noqa: F401

GROUP = gettext_lazy("Lists and segments")


class AboutSegment(Trigger):
    """Base: the membership of one segment changes."""

    can_circle = True
    segment = SegmentChooserBlock(label=gettext_lazy("Segment"))

    def subject(self, value):
        return value.get("segment")


class AboutList(Trigger):
    """Base: the membership of one list changes."""

    can_circle = True
    list = StoredListChooserBlock(label=gettext_lazy("List"))

    def subject(self, value):
        return value.get("list")


@register
class SegmentEntered(AboutSegment):
    """Begins to match a live segment. Those who match when it is published are not told apart from the
    founding members and do not start it."""

    key = "segment_entered"
    event = events.SEGMENT_ENTERED
    keywords = (gettext_lazy("audience"), gettext_lazy("joins"))

    class Meta:
        label = gettext_lazy("Enters a segment")
        icon = "group"
        group = GROUP
        description = gettext_lazy(
            "Starts when a lead begins to match the segment. Those who match already when the segment is "
            "published do not start it."
        )

    def sentence(self, value):
        segment = value.get("segment")
        return _("Enters the segment “%(segment)s”") % {"segment": segment} if segment else str(self.label)


@register
class SegmentLeft(AboutSegment):
    """Stops matching a live segment."""

    key = "segment_left"
    event = events.SEGMENT_LEFT
    keywords = (gettext_lazy("audience"), gettext_lazy("leaves"))

    class Meta:
        label = gettext_lazy("Leaves a segment")
        icon = "group"
        group = GROUP
        description = gettext_lazy(
            "Starts when a lead no longer matches the segment. Unpublishing the segment starts nothing."
        )

    def sentence(self, value):
        segment = value.get("segment")
        return _("Leaves the segment “%(segment)s”") % {"segment": segment} if segment else str(self.label)


@register
class ListJoined(AboutList):
    """Is added to a list, by whomever."""

    key = "list_joined"
    event = events.LIST_JOINED
    keywords = (gettext_lazy("subscribes"), gettext_lazy("joins"))

    class Meta:
        label = gettext_lazy("Is added to a list")
        icon = "list-ul"
        group = GROUP
        description = gettext_lazy(
            "Starts when a lead is added to the list: by hand, a form, an import or another campaign."
        )

    def sentence(self, value):
        chosen = value.get("list")
        return _("Is added to the list “%(list)s”") % {"list": chosen} if chosen else str(self.label)


@register
class ListLeft(AboutList):
    """Is removed from a list, by whomever."""

    key = "list_left"
    event = events.LIST_LEFT
    keywords = (gettext_lazy("unsubscribes"), gettext_lazy("leaves"))

    class Meta:
        label = gettext_lazy("Is removed from a list")
        icon = "list-ul"
        group = GROUP
        description = gettext_lazy("Starts when a lead is removed from the list.")

    def sentence(self, value):
        chosen = value.get("list")
        return _("Is removed from the list “%(list)s”") % {"list": chosen} if chosen else str(self.label)
