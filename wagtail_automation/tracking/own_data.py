"""What tracking holds about people, for export and erasure."""

from django.utils.translation import gettext_lazy as _

from wagtail_automation.leads.personal_data import PersonalRows, register

from . import event_retention  # noqa: F401  (registers how long they are kept)
from .models import Event, Visitor

APP = "wagtail_automation_tracking"


class EventRows(PersonalRows):
    """A lead may have fifty thousand: one DELETE, by lead and by browser, since either may be the older
    truth. An anonymisation keeps what happened when, without address, values and browser."""

    def __init__(self):
        super().__init__(
            f"{APP}.Event", heading=_("Events"), exclude=("visitor",), loose=True, is_traced=False
        )

    def rows(self, ids):
        return Event.objects.filter(lead__in=list(ids))

    def erase(self, ids):
        browsers = Event.objects.filter(visitor__in=Visitor.objects.filter(lead__in=ids).values("pk"))
        return sum(rows._raw_delete(rows.db) or 0 for rows in (browsers, self.rows(ids)))

    def anonymise(self, ids):
        kept = self.rows(ids).exclude(url="", data={}, visitor=None)
        return kept.update(url="", data={}, visitor=None)


register(PersonalRows(f"{APP}.Visitor", heading=_("Browsers"), exclude=("uuid", "lead"), is_traced=False))
register(PersonalRows(f"{APP}.Visit", heading=_("Visits"), lead="visitor__lead", is_traced=False))
register(PersonalRows(f"{APP}.LeadTotals", heading=_("Totals of visits"), blank={}, is_traced=False))
register(EventRows())
register(PersonalRows(f"{APP}.Arrival", heading=_("Visits"), is_traced=False))
