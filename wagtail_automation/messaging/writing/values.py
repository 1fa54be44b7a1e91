"""Every value that Liquid may name, with an example, for the list beside the editor."""

from dataclasses import dataclass

from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from wagtail_automation import liquid
from wagtail_automation.leads.fields import COLUMNS, custom_fields
from wagtail_automation.messaging import personal

MAX_DEPTH = 3
#: what the objects are called; those of other apps go by their names
OBJECTS = {
    "lead": gettext_lazy("Lead"),
    "sender": gettext_lazy("Sender"),
    "site": gettext_lazy("Site"),
    "order": gettext_lazy("Order"),
    "cart": gettext_lazy("Cart"),
    "customer": gettext_lazy("Customer"),
    "product": gettext_lazy("Product"),
}


@dataclass(frozen=True)
class Named:
    """``name``: as Liquid writes it; ``example``: what it is for somebody invented."""

    name: str
    label: str
    example: str


def values() -> list[tuple[str, list[Named]]]:
    """``(object, its values)`` in order of the alphabet; lists are left out: they need a loop."""
    known = liquid.contexts([personal.sample_lead()])[0]
    data = {
        **{name: value for name, value in known.items() if name not in liquid.by_path},
        "site": {"name": _("the site"), "url": "https://example.com"},
        "sender": dict.fromkeys(("name", "email", "role", "signature"), ""),
    }
    labels = {f"lead.{field.key}": str(field.label) for field in [*COLUMNS.values(), *custom_fields()]}
    found = []
    for name in sorted(data, key=lambda name: (name != "lead", name)):
        rows = [Named(path, labels.get(path, ""), str(value)) for path, value in _walk(name, data[name])]
        if rows:
            found.append((str(OBJECTS.get(name, capfirst(name))), sorted(rows, key=lambda row: row.name)))
    return found


def _walk(path: str, value, depth: int = 0):
    if isinstance(value, dict):
        if depth < MAX_DEPTH:
            for key, inner in value.items():
                yield from _walk(f"{path}.{key}", inner, depth + 1)
    elif not isinstance(value, list | tuple | bool):
        yield path, "" if value is None else value
