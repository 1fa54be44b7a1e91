"""What starts a campaign without an event of the person: lists, dates, the calendar, pages, the API."""

import calendar as months
import datetime as dt

from django.db.models import Exists, F, OuterRef, Q, QuerySet, TextField
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast
from django.utils.formats import time_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail import blocks

from wagtail_automation.audiences.blocks import LeadListChooserBlock, SegmentChooserBlock
from wagtail_automation.audiences.models import ListMembership, SegmentMembership
from wagtail_automation.leads.blocks import LeadFieldChoiceBlock, chosen_field
from wagtail_automation.leads.models import Lead
from wagtail_automation.tracking import events
from wagtail_automation.triggers import Trigger, register

from .flow_steps.fields import NINE, TimeOfDayBlock
from .flow_steps.waits import WEEKDAYS
from .starting.occasions import Occasion, zone_names
from .tree.decisions import duration_words

GROUP = gettext_lazy("Start")


class SelfStarting(Trigger):
    """Finds its people itself, when the beat or the API asks."""

    starts_itself = True

    def people(self, value, start) -> QuerySet:
        """The leads of one start (``starting.models.Start``)."""
        return Lead.objects.none()


def in_segment(segment) -> Exists:
    """Stored members of a live segment."""
    members = SegmentMembership.objects.filter(segment_id=segment.pk, segment__live=True)
    return Exists(members.filter(lead_id=OuterRef("pk")))


@register
class ListStart(SelfStarting):
    """Members of the lists enter when the campaign starts; each list is started once."""

    key = "list_start"
    keywords = (
        gettext_lazy("members"),
        gettext_lazy("everybody"),
        gettext_lazy("audience"),
    )

    can_circle = True
    lists = blocks.ListBlock(
        LeadListChooserBlock(label=gettext_lazy("List")), label=gettext_lazy("Lists"), min_num=1
    )
    keep = blocks.BooleanBlock(
        label=gettext_lazy("Keep enrolling"),
        help_text=gettext_lazy("Those who are added to a list later enter too."),
        required=False,
        default=False,
    )

    class Meta:
        label = gettext_lazy("Start on lists")
        icon = "list-ul"
        group = GROUP
        description = gettext_lazy("Everybody on these lists enters when the campaign is published.")

    def subscriptions(self, value):
        later = [(events.LIST_JOINED, ref) for ref in value["lists"] if ref] if value["keep"] else []
        return [("", None), *later]

    def starts(self, value) -> list[str]:
        """Keys of what is to be started when the campaign is published."""
        return [f"list:{ref.pk}" for ref in value["lists"] if ref]

    def people(self, value, start):
        pk = int(start.key.partition(":")[2])
        members = ListMembership.objects.filter(list_id=pk, lead_id=OuterRef("pk"))
        return Lead.objects.filter(Exists(members))

    def sentence(self, value):
        names = ", ".join(str(ref) for ref in value["lists"] if ref)
        if not names:
            return str(self.label)
        if value["keep"]:
            return _("Is on “%(lists)s”, now or later") % {"lists": names}
        return _("Is on “%(lists)s”") % {"lists": names}


class ByCalendar(SelfStarting):
    """Due on some days at a time of day where people live."""

    def time(self, value) -> dt.time:
        return value["time"] or NINE

    def is_day(self, value, day: dt.date) -> bool:
        """Whether somebody may enter on this day at all."""
        return True

    def on_day(self, value, day: dt.date) -> QuerySet:
        """Those who enter on this day, wherever they live."""
        raise NotImplementedError(f"{type(self).__qualname__} must define on_day()")

    def on_occasion(self, value, occasion: Occasion) -> QuerySet:
        """Those of them who live where it is that time."""
        here = Q(time_zone__in=occasion.zones)
        if occasion.everywhere_else:
            here |= ~Q(time_zone__in=zone_names())
        return self.on_day(value, occasion.day).filter(here)


@register
class DateReached(ByCalendar):
    """A date of the person is so many days away or ago, once or every year."""

    key = "date_reached"
    keywords = (gettext_lazy("birthday"), gettext_lazy("anniversary"), gettext_lazy("renewal"))

    field = LeadFieldChoiceBlock(types=("date",), label=gettext_lazy("Date"))
    days = blocks.IntegerBlock(label=gettext_lazy("Days"), min_value=0, max_value=3650, default=0)
    side = blocks.ChoiceBlock(
        label=gettext_lazy("Before or after it"),
        choices=[("before", gettext_lazy("before the date")), ("after", gettext_lazy("after the date"))],
        default="before",
    )
    yearly = blocks.BooleanBlock(
        label=gettext_lazy("Every year"),
        help_text=gettext_lazy(
            "For birthdays and anniversaries; 29 February counts as 28 February in other years. Set “may "
            "enter again” to “each time”."
        ),
        required=False,
        default=True,
    )
    time = TimeOfDayBlock(label=gettext_lazy("At"), default=NINE)

    class Meta:
        label = gettext_lazy("A date is reached")
        icon = "calendar-alt"
        group = GROUP
        description = gettext_lazy(
            "Starts on, before or after a date of the person, at a time of day where they live."
        )

    def on_day(self, value, day):
        field = chosen_field(value)
        if field is None or field.type != "date":
            return Lead.objects.none()
        away = dt.timedelta(days=value["days"] or 0)
        target = day + away if value["side"] == "before" else day - away
        wanted = [target]
        if value["yearly"] and (target.month, target.day) == (2, 28) and not months.isleap(target.year):
            wanted.append(dt.date(2000, 2, 29))
        if field.is_custom:
            if not value["yearly"]:
                return Lead.objects.filter(attributes__pair=(field.key, target.isoformat()))
            text = Cast(KeyTextTransform(field.key, F("attributes")), TextField())
            people = Lead.objects.filter(attributes__has_key=field.key).annotate(_day=text)
            ends = Q(*[Q(_day__endswith=one.isoformat()[4:]) for one in wanted], _connector=Q.OR)
            return people.filter(ends, _day__lte=target.isoformat())
        if not value["yearly"]:
            return Lead.objects.filter(**{field.key: target})
        same = [Q(**{f"{field.key}__month": one.month, f"{field.key}__day": one.day}) for one in wanted]
        return Lead.objects.filter(Q(*same, _connector=Q.OR), **{f"{field.key}__lte": target})

    def comes_again_after(self, value):
        return 365 if value["yearly"] else 0

    def sentence(self, value):
        if not value["field"]:
            return str(self.label)
        label = value["field"].label
        if not value["days"]:
            return _("Every year on %(field)s") % {"field": label} if value["yearly"] else str(label)
        words = (
            _("%(duration)s before %(field)s")
            if value["side"] == "before"
            else _("%(duration)s after %(field)s")
        )
        said = words % {"duration": duration_words(value["days"], "days"), "field": label}
        return _("%(date)s, every year") % {"date": said} if value["yearly"] else said


@register
class Recurring(ByCalendar):
    """Every day, week or month, for the members of a segment."""

    key = "recurring"
    keywords = (gettext_lazy("newsletter"), gettext_lazy("schedule"))

    segment = SegmentChooserBlock(label=gettext_lazy("Segment"))
    every = blocks.ChoiceBlock(
        label=gettext_lazy("Every"),
        choices=[
            ("day", gettext_lazy("day")),
            ("week", gettext_lazy("week")),
            ("month", gettext_lazy("month")),
        ],
        default="week",
    )
    weekday = blocks.ChoiceBlock(
        label=gettext_lazy("Day of the week"),
        help_text=gettext_lazy("For every week."),
        choices=WEEKDAYS,
        default="0",
    )
    day = blocks.IntegerBlock(
        label=gettext_lazy("Day of the month"),
        help_text=gettext_lazy("For every month; 31 means the last day of each."),
        min_value=1,
        max_value=31,
        default=1,
    )
    time = TimeOfDayBlock(label=gettext_lazy("At"), default=NINE)

    class Meta:
        label = gettext_lazy("Again and again")
        icon = "rotate"
        group = GROUP
        description = gettext_lazy(
            "Everybody in a segment enters every day, week or month at a time of day where they live. Set "
            "“may enter again” to “each time”."
        )

    def comes_again_after(self, value):
        return {"day": 1, "week": 7, "month": 28}.get(value["every"], 1)

    def is_day(self, value, day):
        if value["every"] == "day":
            return True
        if value["every"] == "week":
            return str(day.weekday()) == value["weekday"]
        last = months.monthrange(day.year, day.month)[1]
        return day.day == min(value["day"] or 1, last)

    def on_day(self, value, day):
        return Lead.objects.filter(in_segment(value["segment"])) if value["segment"] else Lead.objects.none()

    def sentence(self, value):
        if not value["segment"]:
            return str(self.label)
        words = {
            "segment": value["segment"],
            "time": time_format(value["time"] or NINE, "TIME_FORMAT"),
            "weekday": dict(WEEKDAYS).get(value["weekday"], ""),
            "day": value["day"] or 1,
        }
        if value["every"] == "day":
            return _("“%(segment)s”, every day at %(time)s") % words
        if value["every"] == "week":
            return _("“%(segment)s”, every %(weekday)s at %(time)s") % words
        return _("“%(segment)s”, every month on day %(day)d at %(time)s") % words


@register
class ContentPublished(SelfStarting):
    """A page is published for the first time under a section; translations of a page start once."""

    key = "content_published"
    keywords = (gettext_lazy("news"), gettext_lazy("blog"), gettext_lazy("page"))

    section = blocks.PageChooserBlock(label=gettext_lazy("Under this page"))
    segment = SegmentChooserBlock(label=gettext_lazy("Segment"))

    class Meta:
        label = gettext_lazy("A page is published")
        icon = "doc-full"
        group = GROUP
        description = gettext_lazy(
            "Everybody in a segment enters when a new page is published under a section of the site. Set "
            "“may enter again” to “each time”."
        )

    def people(self, value, start):
        return Lead.objects.filter(in_segment(value["segment"])) if value["segment"] else Lead.objects.none()

    def sentence(self, value):
        if not value["section"] or not value["segment"]:
            return str(self.label)
        return _("“%(segment)s”, for a new page under “%(section)s”") % {
            "segment": value["segment"],
            "section": value["section"],
        }


@register
class ApiCalled(SelfStarting):
    """The site's own code lets people in: ``campaigns.api.enrol``."""

    key = "api_called"
    keywords = (gettext_lazy("API"), gettext_lazy("developer"))

    class Meta:
        label = gettext_lazy("The site's own code says so")
        icon = "code"
        group = GROUP
        description = gettext_lazy("People enter when the site's own program asks for it.")

    def sentence(self, value):
        return str(self.label)
