"""The lead page's own panels: profile, what identifies the person, consents, merges."""

from itertools import groupby

from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy as _

from wagtail_automation import clock
from wagtail_automation.admin.panels import LeadPanel, lead_panels

from . import consent, sources
from .access import may
from .fields import COLUMNS, custom_fields
from .identifiers import identifier_kinds
from .models import ConsentRecord, Topic

HISTORY_SHOWN = 20
FOLDER = "wagtail_automation/leads/panels"

#: Shown in the page's header already.
_IN_HEADER = {"score", "source", "created_at", "identified_at"}


@lead_panels.register
class ProfilePanel(LeadPanel):
    """Own and custom fields that have a value, each with where it came from and when. Two queries."""

    key = "profile"
    heading = _("Profile")
    icon = "user"
    column = "main"
    order = 10
    template_name = f"{FOLDER}/profile.html"

    def get_context(self):
        fields = [field for field in COLUMNS.values() if field.key not in _IN_HEADER]
        custom = custom_fields()
        words = sources.labels(
            origin.get("source", "")
            for origin in self.lead.field_sources.values()
            if isinstance(origin, dict)
        )
        may_edit = may(self.request.user, "change")
        rows = [self._row(field, words) for field in (*fields, *custom)]
        return {
            "rows": [row for row in rows if row["text"]],
            "empty_rows": [row for row in rows if not row["text"] and row["may_edit"]] if may_edit else [],
            "may_edit": may_edit,
        }

    def _row(self, field, words) -> dict:
        text = field.display(self.lead)
        origin = self.lead.field_sources.get(field.key) or {}
        return {
            "key": field.key,
            "label": field.label,
            "text": text,
            "is_long": field.type == "long_text",
            "url": text if field.type == "url" else "",
            "source": words.get(origin.get("source", ""), ""),
            "at": moment(origin.get("at")),
            "may_edit": field.is_settable or field.key == "email",
        }


def moment(text):
    """A moment of ``field_sources``; None for what nobody of ours wrote."""
    try:
        return parse_datetime(text)
    except (ValueError, TypeError):
        return None


@lead_panels.register
class IdentifiersPanel(LeadPanel):
    """Addresses, numbers and keys by kind. Two queries."""

    key = "identifiers"
    heading = _("Identifiers")
    icon = "key"
    column = "side"
    order = 10
    template_name = f"{FOLDER}/identifiers.html"

    def get_context(self):
        rows = list(self.lead.identifiers.order_by("kind", "pk"))
        words = sources.labels(row.source for row in rows)
        kinds = []
        for kind, group in groupby(rows, key=lambda row: row.kind):
            known = identifier_kinds.get(kind)
            values = [(row, words.get(row.source, "")) for row in group]
            kinds.append((known.label if known else kind, values, known.strength if known else 0))
        return {"kinds": sorted(kinds, key=lambda item: -item[2])}


@lead_panels.register
class ConsentsPanel(LeadPanel):
    """Where the person stands on each subject, and the ledger behind it. Four queries."""

    key = "consents"
    heading = _("Consents")
    icon = "circle-check"
    column = "side"
    order = 20
    template_name = f"{FOLDER}/consents.html"

    def get_context(self):
        topics = {topic.subject: topic.name for topic in Topic.objects.all()}
        records = list(
            ConsentRecord.objects.filter(lead=self.lead).select_related("site")[: HISTORY_SHOWN + 1]
        )
        words = sources.labels(record.how for record in records)
        return {
            "states": [(name_of(state.subject, topics), state) for state in self.lead.consent_states.all()],
            "records": [
                (
                    name_of(record.subject, topics),
                    record,
                    consent.HOWS.get(record.how) or words.get(record.how) or record.how,
                )
                for record in records[:HISTORY_SHOWN]
            ],
            "has_more": len(records) > HISTORY_SHOWN,
            "waiting": [
                (name_of(row.subject, topics), row, row.state(clock.now()))
                for row in self.lead.consent_confirmations.filter(confirmed_at=None)[:10]
            ],
            "may_record": may(self.request.user, "change"),
        }


def name_of(subject: str, topics: dict[str, str]) -> str:
    """The subject in words."""
    return str(consent.SUBJECTS.get(subject) or topics.get(subject) or subject)


@lead_panels.register
class MergesPanel(LeadPanel):
    """Which records were merged into this one, and what was not kept of them."""

    key = "merges"
    heading = _("Merges")
    icon = "resubmit"
    column = "side"
    order = 900
    template_name = f"{FOLDER}/merges.html"

    def is_shown(self):
        return bool(self._merges())

    def get_context(self):
        merges = self._merges()
        words = sources.labels(merge.reason for merge in merges)
        return {"merges": [(merge, words.get(merge.reason) or merge.reason) for merge in merges]}

    def _merges(self):
        if not hasattr(self, "_found"):
            self._found = list(self.lead.merges.select_related("user")[:10])
        return self._found
