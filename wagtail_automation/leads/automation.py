"""Where leads plug into the rest: what templates may say of them, and who may do what."""

import datetime as dt
import zoneinfo

from wagtail_automation import jobs, liquid, objects
from wagtail_automation.admin import roles

from . import (  # noqa: F401  (panels, activities and personal data register themselves)
    age,
    bench,
    erasure,
    item_panels,
    note_activities,
    own_data,
    owner_panel,
    owner_roles,
    panels,
    tasks,
    transfer_data,
    transfer_retention,
    update_triggers,
)
from .exports import columns  # noqa: F401  (columns of exports register themselves)
from .fields import COLUMNS, EXTRA, columns_read, custom_fields
from .imports import extras  # noqa: F401  (columns of imports register themselves)
from .mass import kinds  # noqa: F401  (mass changes register themselves)
from .models import Lead
from .opt_in import send_waiting
from .privacy_steps import HasConsent  # noqa: F401  (the steps register themselves)


@liquid.register_object("lead", told=True)
def lead_data(leads: list[Lead], paths: set[str] | None = None) -> dict[int, dict]:
    """``{{ lead.first_name }}``, ``{{ lead.<custom key> }}``: all fields, or those that ``paths`` read; empty
    ones as empty text; moments in the lead's own zone where it is known. One query for any number of leads,
    none where only own fields are read."""
    if paths is not None and columns_read(paths) is not None:
        read = {path.split(".")[1] for path in paths if path.startswith("lead.")}
        fields, extra = [COLUMNS[key] for key in read if key in COLUMNS], read & set(EXTRA)
    else:
        fields, extra = [*COLUMNS.values(), *custom_fields(archived=True)], EXTRA
    found = {}
    for lead in leads:
        data = {name: str(getattr(lead, name)) for name in extra}
        for field in fields:
            value = field.python(lead)
            data[field.key] = "" if value is None else _local(value, lead)
        found[lead.pk] = data
    return found


def _local(value, lead: Lead):
    if isinstance(value, dt.datetime) and lead.time_zone:
        try:
            return value.astimezone(zoneinfo.ZoneInfo(lead.time_zone))
        except (zoneinfo.ZoneInfoNotFoundError, ValueError, OverflowError):
            return value
    return value


def liquid_names() -> set[str]:
    """The names that a template may use about a lead: ``lead.first_name`` and so on; one query."""
    return {
        f"lead.{key}" for key in (*EXTRA, *COLUMNS, *(field.key for field in custom_fields(archived=True)))
    }


jobs.register_beat(tasks.beat)
objects.register_kind(12, "wagtail_automation_leads.ImportRun")
age.connect()
jobs.register_beat(erasure.JOB)
jobs.register_beat(send_waiting)

_APP = "wagtail_automation_leads"
roles.grant(
    "marketer",
    *(f"{_APP}.{action}_lead" for action in ("view", "add", "change", "delete")),
    *(f"{_APP}.{action}_customfield" for action in ("view", "add", "change", "delete")),
    *(f"{_APP}.{action}_topic" for action in ("view", "add", "change", "delete")),
    f"{_APP}.erase_lead",
    f"{_APP}.download_lead",
    f"{_APP}.view_privacyact",
    f"{_APP}.change_privacysettings",
)
roles.grant("salesperson", *(f"{_APP}.{action}_lead" for action in ("view", "add", "change")))
for _model in ("leadnote", "leadfile"):
    roles.grant("marketer", *(f"{_APP}.{action}_{_model}" for action in ("view", "add", "change", "delete")))
    # of others' notes and files they may change none; their own they may
    roles.grant("salesperson", *(f"{_APP}.{action}_{_model}" for action in ("view", "add")))
roles.grant("analyst", f"{_APP}.view_lead")
roles.grant("marketer", f"{_APP}.add_importrun", f"{_APP}.view_importrun", f"{_APP}.add_exportrun")
roles.grant("marketer", f"{_APP}.add_massrun")
roles.grant("salesperson", f"{_APP}.add_exportrun")  # of the leads that they see
