"""A fact of one's own, and the trigger that starts a campaign with it."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail import blocks

from wagtail_automation.tracking import events
from wagtail_automation.tracking.actions import record_event
from wagtail_automation.triggers import Trigger, triggers

CLUB_JOINED = events.register(
    "acme_club_joined",
    gettext_lazy("Joined the club"),
    gettext_lazy("The person joined the club; the data say at which level."),
    icon="group",
)
LEVELS = [("silver", gettext_lazy("Silver")), ("gold", gettext_lazy("Gold"))]


def joined(lead, level, number):
    """Call it wherever somebody joins. The key makes a repeat change nothing."""
    record_event(name=CLUB_JOINED, lead=lead, data={"level": level}, key=f"acme-club:{number}")


@triggers.register
class ClubJoined(Trigger):
    """Somebody joined the club, at any level or at a chosen one."""

    key = "acme_club_joined"
    event = CLUB_JOINED

    level = blocks.ChoiceBlock(choices=LEVELS, label=gettext_lazy("Level"), required=False)

    class Meta:
        label = gettext_lazy("Joins the club")
        description = gettext_lazy("Starts when somebody joins the club.")
        icon = "group"
        group = gettext_lazy("Acme")

    def matches(self, value, event):
        return not value["level"] or event.data.get("level") == value["level"]

    def sentence(self, value):
        level = dict(LEVELS).get(value["level"])
        return _("Joins the club at level %(level)s") % {"level": level} if level else _("Joins the club")
