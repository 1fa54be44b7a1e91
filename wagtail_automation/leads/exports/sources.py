"""Whom exports and mass changes are about: selections of leads that a page names and a job repeats."""

from types import SimpleNamespace

from django.http import QueryDict
from django.utils.translation import gettext

from wagtail_automation.leads.filters import LeadFilterSet
from wagtail_automation.leads.imports.kinds import allowed
from wagtail_automation.leads.models import Lead
from wagtail_automation.registry import Registry

VIEW_LEADS = "wagtail_automation_leads.view_lead"


class LeadSource:
    """One way to say which leads. A query is JSON, so that a job can ask again for the same people."""

    key: str | None = None
    permissions: tuple[str, ...] = (VIEW_LEADS,)

    def query(self, data: QueryDict) -> dict | None:
        """What the address of a page asks for; None if it makes no sense."""
        raise NotImplementedError

    def leads(self, query: dict, user):
        """The leads now, whatever this person may see; in no order."""
        raise NotImplementedError

    def name(self, query: dict) -> str:
        """Whom, for people."""
        raise NotImplementedError


lead_sources = Registry("lead_sources", LeadSource)


@lead_sources.register
class FilteredLeads(LeadSource):
    """The list of leads as it is filtered and searched."""

    key = "leads"
    NOT_FILTERS = {"p", "source_of_leads", "ordering", "export", "next", "id", "csrfmiddlewaretoken"}

    def query(self, data):
        return {
            key: data.getlist(key) for key in data if key not in self.NOT_FILTERS and any(data.getlist(key))
        }

    def leads(self, query, user):
        data = QueryDict(mutable=True)
        for key, values in query.items():
            data.setlist(key, values)
        filters = LeadFilterSet(data, queryset=Lead.objects.all(), request=SimpleNamespace(user=user))
        found = filters.filter_queryset(Lead.objects.all()) if filters.is_valid() else Lead.objects.none()
        return found.search(data["q"]) if data.get("q") else found

    def name(self, query):
        labels = {key: f"{found.label} " for key, found in LeadFilterSet.base_filters.items() if found.label}
        words = [f"{labels.get(key, '')}{' '.join(values)}" for key, values in query.items()]
        return gettext("Leads: %(filters)s") % {"filters": ", ".join(words)} if words else gettext("Leads")


@lead_sources.register
class ChosenLeads(LeadSource):
    """Leads ticked one by one."""

    key = "chosen"
    LIMIT = 5000

    def query(self, data):
        ids = sorted({int(pk) for pk in data.getlist("id") if pk.isdecimal() and len(pk) < 19})
        return {"ids": ids[: self.LIMIT]} if ids else None

    def leads(self, query, user):
        return Lead.objects.filter(pk__anyof=query["ids"])

    def name(self, query):
        return gettext("Chosen leads")


def source_for(key: str, user) -> LeadSource | None:
    """The source of that key if this person may use it."""
    if key not in lead_sources or user is None:
        return None
    cls = lead_sources[key]
    return cls() if allowed(cls, user) else None


def leads_of(run):
    """The leads of a run now, only those its person may see; nobody once the person lost the right."""
    source = source_for(run.source, run.user)
    if source is None:
        return Lead.objects.none()
    return source.leads(run.query, run.user).visible_to(run.user)
