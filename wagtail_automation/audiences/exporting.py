"""Lists and segments in exports: as columns, and as the people to export."""

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from wagtail_automation.leads.exports.columns import ExportColumn, ExportColumns, export_columns
from wagtail_automation.leads.exports.sources import VIEW_LEADS, LeadSource, lead_sources
from wagtail_automation.leads.models import Lead

from .lists import builtin
from .member_filters import filtered, filters_in
from .models import LeadList, ListMembership, Segment, SegmentMembership

APP = "wagtail_automation_audiences"


class MembershipColumns(ExportColumns):
    """The names of what a lead belongs to, in one cell."""

    model = None
    owner = ""

    def columns(self):
        return [ExportColumn(f"{self.key}.names", self.label)]

    def values(self, keys, leads):
        rows = self.model.objects.filter(lead__anyof=[lead.pk for lead in leads])
        found: dict[int, dict] = {}
        for pk, *said in rows.order_by(f"{self.owner}__name").values_list("lead_id", *self.said):
            found.setdefault(pk, {f"{self.key}.names": []})[f"{self.key}.names"].append(self.name(*said))
        return found

    @property
    def said(self) -> list[str]:
        """What ``name`` wants to know."""
        return [f"{self.owner}__name"]

    def name(self, name):
        return name


@export_columns.register
class ListColumns(MembershipColumns):
    key, label, order = "lists", _("Lists"), 50
    permissions = (f"{APP}.view_leadlist",)
    model, owner = ListMembership, "list"
    said = ("list__name", "list__builtin")

    def name(self, name, kind):
        return str(builtin.Builtin(kind).label) if kind else name


@export_columns.register
class SegmentColumns(MembershipColumns):
    key, label, order = "segments", _("Segments"), 60
    permissions = (f"{APP}.view_segment",)
    model, owner = SegmentMembership, "segment"


class MemberSource(LeadSource):
    """The members of one thing, named by ``of``."""

    model = memberships = None
    owner = ""

    def query(self, data):
        number = data.get("of", "")
        if not number.isdecimal() or len(number) > 18:
            return None
        if not self.model.objects.filter(pk=int(number)).exists():
            return None
        asked = filters_in(data)
        return {"of": int(number), **({"filters": asked} if asked else {})}

    def leads(self, query, user):
        return filtered(self.members(query), query.get("filters", {}))

    def members(self, query):
        members = self.memberships.objects.filter(**{self.owner: query["of"]})
        return Lead.objects.filter(pk__in=members.order_by().values("lead_id"))

    def name(self, query):
        found = self.model.objects.filter(pk=query["of"]).first()
        return gettext("Members of “%(name)s”") % {"name": found or "?"}


@lead_sources.register
class ListMembers(MemberSource):
    key = "list"
    permissions = (VIEW_LEADS, f"{APP}.view_leadlist")
    model, memberships, owner = LeadList, ListMembership, "list"

    def members(self, query):
        lead_list = LeadList.objects.filter(pk=query["of"]).first()
        if lead_list is not None and builtin.computed(lead_list):
            return builtin.people(lead_list)
        return super().members(query)


@lead_sources.register
class SegmentMembers(MemberSource):
    key = "segment"
    permissions = (VIEW_LEADS, f"{APP}.view_segment")
    model, memberships, owner = Segment, SegmentMembership, "segment"
