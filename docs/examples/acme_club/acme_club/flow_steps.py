"""A wait and a division of one's own."""

import datetime as dt

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail import blocks

from wagtail_automation.campaigns.calendar import at_wall
from wagtail_automation.campaigns.flow_steps.waits import Wait
from wagtail_automation.flow import FlowStep, flow_steps


@flow_steps.register
class WaitNextMonth(Wait):
    """People rest until nine o'clock on the first day of the next month, where they live."""

    key = "acme_wait_next_month"
    zoned = True  # `until` is asked once for each time zone

    class Meta:
        label = gettext_lazy("Wait for the next month")
        description = gettext_lazy("People go on at nine on the first of the next month.")
        icon = "date"
        group = gettext_lazy("Acme")
        tone = "amber"

    def until(self, value, now, tz):
        first = now.astimezone(tz).date().replace(day=1)
        return at_wall((first + dt.timedelta(days=32)).replace(day=1), dt.time(9), tz)

    def sentence(self, value):
        return _("Until the first of the next month")


@flow_steps.register
class HomeOrAbroad(FlowStep):
    """Divides people by their country; who has none is taken to live here."""

    key = "acme_home_or_abroad"
    branches = (
        ("home", gettext_lazy("At home"), "yes"),
        ("abroad", gettext_lazy("Abroad"), "no"),
    )

    country = blocks.CharBlock(label=gettext_lazy("Our country"), max_length=2, default="FR")

    class Meta:
        label = gettext_lazy("At home or abroad")
        description = gettext_lazy("Sends people who live in another country another way.")
        icon = "site"
        group = gettext_lazy("Acme")
        tone = "pink"

    def visit(self, visit):
        home, abroad = [], []
        for person, country in visit.book.leads(visit.ids, "country"):
            (home if country in ("", visit.value["country"]) else abroad).append(person)
        visit.go(home, branch="home")
        visit.go(abroad, branch="abroad")

    def sentence(self, value):
        return _("Lives in %(country)s or elsewhere") % {"country": value["country"]}
