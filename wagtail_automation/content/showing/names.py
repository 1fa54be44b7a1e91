"""What the things shown are called."""

import uuid

from wagtail_automation.audiences.models import DynamicContent

from .models import Showing


def put_names(rows: list[Showing]) -> list[Showing]:
    """Gives each row a ``name``: of the shared content that its key names, else "". One query."""
    keys = {}
    for row in rows:
        try:
            keys[row.key] = uuid.UUID(row.key)
        except ValueError:
            continue
    found = DynamicContent.objects.filter(translation_key__in=keys.values()) if keys else ()
    named = {str(content.translation_key): content.name for content in found}
    for row in rows:
        row.name = named.get(row.key, "")
    return rows
