"""What is registered – triggers, conditions, activities, flow steps – as data and as a page."""

from collections.abc import Iterator

from django.apps import apps

from .activities import activities
from .flow import flow_steps
from .rules.conditions import conditions
from .triggers import triggers

KINDS = (("trigger", triggers), ("condition", conditions), ("activity", activities), ("flow", flow_steps))


def rows() -> Iterator[dict]:
    """One dictionary a registered class, in the active language, sorted by kind and key."""
    for kind, registry in KINDS:
        for key, cls in sorted(registry.items()):
            block = cls()
            row = {
                "kind": kind,
                "key": key,
                "app": _app_of(cls),
                "group": str(block.meta.group),
                "label": str(block.label),
                "description": str(block.meta.description),
                "parameters": list(block.child_blocks),
                "counted_from": "–",
                "waitable": False,
            }
            if kind == "condition":
                row |= {"counted_from": cls.counted_from, "waitable": cls.waitable}
            elif kind == "activity":
                row["immediate"] = cls.immediate
            elif kind == "trigger":
                row["event"] = cls.event
            yield row


def _app_of(cls) -> str:
    config = apps.get_containing_app_config(cls.__module__)
    name = config.name if config else cls.__module__.split(".")[0]
    return name.removeprefix("wagtail_automation.")


def markdown() -> str:
    """The catalogue as a page of the documentation."""
    lines = []
    heading = None
    for row in rows():
        if row["kind"] != heading:
            heading = row["kind"]
            lines += [
                "",
                f"## {heading}",
                "",
                "| key | label | description | parameters | app |",
                "|---|---|---|---|---|",
            ]
        cells = (
            f"`{row['key']}`",
            row["label"],
            row["description"],
            ", ".join(row["parameters"]) or "–",
            row["app"],
        )
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines).strip() + "\n"
