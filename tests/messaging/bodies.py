"""Bodies of emails and rules as stored, for the tests of what editors write."""

import itertools
import uuid

from wagtail_automation.messaging import compiler
from wagtail_automation.messaging.models import Email, EmailSettings

_ids = itertools.count()


def block(kind, value) -> dict:
    return {"type": kind, "value": value, "id": str(next(_ids))}


def body_of(*rows):
    """A body from ``(block key, stored value)``."""
    return Email._meta.get_field("body").stream_block.to_python([block(*row) for row in rows])


def compiled(site, locale, *rows, settings=None, **kwargs):
    """An email of these blocks, compiled."""
    email = Email(name="x", subject=kwargs.pop("subject", "S"), locale=locale, body=body_of(*rows))
    return compiler.compile_email(email, site=site, settings=settings or EmailSettings(site=site), **kwargs)


def rule(kind, value, match="all") -> dict:
    return {"match": match, "items": [{"id": str(uuid.uuid4()), "type": kind, "value": value}]}


def item(value) -> dict:
    """One member of a list, as stored."""
    return {"type": "item", "id": str(uuid.uuid4()), "value": value}


def dynamic(*alternatives, fallback=()) -> tuple:
    """A block of dynamic content; each alternative ``(rule, rows)``."""
    return "dynamic", {
        "alternatives": [
            item({"name": f"A{n}", "rule": condition, "content": [block(*row) for row in rows]})
            for n, (condition, rows) in enumerate(alternatives, 1)
        ],
        "fallback": [block(*row) for row in fallback],
    }
