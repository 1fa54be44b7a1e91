"""What an export may hold: registered groups of columns, each read for a whole chunk of leads at once."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from django.contrib.auth import get_user_model
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from wagtail_automation.leads.consent import EMAIL
from wagtail_automation.leads.fields import all_fields
from wagtail_automation.leads.identifiers import identifier_kinds
from wagtail_automation.leads.imports.kinds import allowed
from wagtail_automation.leads.models import ConsentState, Identifier, Lead, Topic
from wagtail_automation.registry import Registry

SEPARATOR = "; "


@dataclass(frozen=True)
class ExportColumn:
    """One column. ``is_usual``: ticked unless somebody says otherwise."""

    key: str
    label: object
    is_usual: bool = False

    def __str__(self):
        return capfirst(str(self.label))


class ExportColumns:
    """Columns that an app adds. Their keys begin with ``<key>.``."""

    key: str | None = None
    label = ""
    order = 100
    permissions: tuple[str, ...] = ()

    def columns(self) -> list[ExportColumn]:
        raise NotImplementedError

    def values(self, keys: set[str], leads: list[Lead]) -> dict[int, dict]:
        """``{lead: {column: number, text, date…}}`` in a constant number of queries; empty ones left out."""
        raise NotImplementedError


export_columns = Registry("export_columns", ExportColumns, is_public=True, needs=("columns", "values"))


def groups_for(user) -> list[ExportColumns]:
    """The groups that this person may export, in order."""
    classes = sorted(export_columns, key=lambda cls: (cls.order, cls.key))
    return [cls() for cls in classes if user is not None and allowed(cls, user)]


def cell(value):
    """A value as a file holds it: numbers stay numbers, lists are joined, moments are ISO 8601 in UTC."""
    if isinstance(value, list | tuple | set):
        return SEPARATOR.join(map(str, value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC).strftime("%Y-%m-%d %H:%M:%SZ")
    if isinstance(value, dt.date):
        return value.isoformat()
    return value


@export_columns.register
class FieldColumns(ExportColumns):
    key = "field"
    label = _("Profile")
    order = 10
    UNUSUAL = {"identified_at", "time_zone", "postal_code", "street", "region", "birth_date"}

    def columns(self):
        return [
            ExportColumn(f"field.{field.key}", field.label, field.is_custom or field.key not in self.UNUSUAL)
            for field in all_fields(archived=True)
        ]

    def values(self, keys, leads):
        fields = [field for field in all_fields(archived=True) if f"field.{field.key}" in keys]
        return {
            lead.pk: {
                f"field.{field.key}": value for field in fields if (value := field.python(lead)) is not None
            }
            for lead in leads
        }


@export_columns.register
class IdentifierColumns(ExportColumns):
    key = "id"
    label = _("Identifiers")
    order = 20

    def columns(self):
        own = [ExportColumn("id.lead", _("Key of the lead"))]
        return own + [ExportColumn(f"id.{kind.key}", kind.label) for kind in identifier_kinds]

    def values(self, keys, leads):
        found = {lead.pk: {"id.lead": str(lead.uuid)} for lead in leads}
        rows = Identifier.objects.filter(lead__anyof=list(found)).order_by("pk")
        for pk, kind, value in rows.values_list("lead_id", "kind", "value"):
            if f"id.{kind}" in keys:
                found[pk].setdefault(f"id.{kind}", []).append(value)
        return found


@export_columns.register
class OwnerColumns(ExportColumns):
    key = "owner"
    label = _("Owner")
    order = 30

    def columns(self):
        return [ExportColumn("owner.user", _("Owner"), is_usual=True)]

    def values(self, keys, leads):
        users = get_user_model()
        owned = {lead.pk: lead.owner_id for lead in leads if lead.owner_id}
        rows = users._default_manager.filter(pk__in=set(owned.values()))
        names = dict(rows.values_list("pk", users.USERNAME_FIELD))
        return {pk: {"owner.user": names[owner]} for pk, owner in owned.items() if owner in names}


@export_columns.register
class ConsentColumns(ExportColumns):
    key = "consents"
    label = _("Consents")
    order = 40

    def columns(self):
        topics = Topic.objects.all()
        return [
            ExportColumn(f"consents.{EMAIL}", _("Emails (yes or no)"), is_usual=True),
            *(ExportColumn(f"consents.{topic.subject}", topic.name) for topic in topics),
        ]

    def values(self, keys, leads):
        subjects = {key.removeprefix("consents.") for key in keys}
        rows = ConsentState.objects.filter(lead__anyof=[lead.pk for lead in leads], subject__in=subjects)
        found: dict[int, dict] = {}
        for pk, subject, granted in rows.values_list("lead_id", "subject", "granted"):
            found.setdefault(pk, {})[f"consents.{subject}"] = granted
        return found


def read(user, keys: Iterable[str], leads: list[Lead]) -> dict[int, dict]:
    """``{lead: {column: cell}}`` of these columns."""
    found: dict[int, dict] = {lead.pk: {} for lead in leads}
    for group in groups_for(user):
        wanted = {key for key in keys if key.startswith(f"{group.key}.")}
        if not wanted:
            continue
        for pk, values in group.values(wanted, leads).items():
            found[pk] |= {key: cell(value) for key, value in values.items() if key in wanted}
    return found
