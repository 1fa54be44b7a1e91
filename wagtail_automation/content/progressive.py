"""Progressive profiling: of the questions marked so, a form asks only what is not known, some at a time."""

from dataclasses import dataclass

from wagtail_automation.content.form_fields import is_progressive, typed_fields
from wagtail_automation.leads import fields as lead_fields


@dataclass(frozen=True)
class Plan:
    """Keys of progressive fields. ``ask`` and ``leave``: now and not now. Never a stored value."""

    ask: tuple[str, ...] = ()
    leave: tuple[str, ...] = ()


def plan(form, lead=None) -> Plan:
    """What a form asks this lead; for None as if nothing were known. One query at most, for custom fields."""
    wanted = [
        (key, value["lead_field"]) for key, _block, value in typed_fields(form) if is_progressive(value)
    ]
    if not wanted:
        return Plan()
    known = set()
    if lead is not None:
        found = lead_fields.lead_fields([name for _key, name in wanted])
        known = {name for name, described in found.items() if described.read(lead) not in (None, "", [])}
    unknown = [key for key, name in wanted if name not in known]
    asked = unknown[: form.ask_at_once] if form.ask_at_once else unknown
    return Plan(tuple(asked), tuple(key for key, _name in wanted if key not in asked))
