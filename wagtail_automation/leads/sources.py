"""Where a lead or a value came from, in words: ``form:<uuid>`` becomes the form's name."""

import uuid
from collections.abc import Iterable

from django.core.exceptions import FieldDoesNotExist
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from wagtail_automation import objects

#: prefix of a source -> the number of the kind of object it names (``objects.register_kind``)
KINDS = {"form": 3, "import": 12, "link": 4, "list": 5, "segment": 6, "campaign": 7, "team": 60}
WORDS = {
    "admin": _("Admin"),
    "api": _("API"),
    "browser": _("Browser"),
    "campaign": _("Campaign"),
    "form": _("Form"),
    "import": _("Import"),
    "link": _("Link"),
    "list": _("List"),
    "segment": _("Segment"),
    "team": _("Team"),
}


def labels(sources: Iterable[str]) -> dict[str, str]:
    """``{source: words}``; one query per kind of object named."""
    sources = {source for source in sources if source}
    found = {source: str(WORDS.get(source.partition(":")[0], source)) for source in sources}
    for prefix, kind in KINDS.items():
        named = {source: source.partition(":")[2] for source in sources if source.startswith(f"{prefix}:")}
        model = objects.model_of(kind) if named else None
        if model is None:
            continue
        names = _names(model, set(named.values()))
        for source, key in named.items():
            if key in names:
                found[source] = gettext("%(kind)s “%(name)s”") % {"kind": WORDS[prefix], "name": names[key]}
    return found


def _names(model, keys: set[str]) -> dict[str, str]:
    """``{key: name}`` of the objects whose UUID or primary key is among the keys."""
    by_uuid, by_pk = set(), set()
    for key in keys:
        try:
            by_uuid.add(uuid.UUID(key))
        except ValueError:
            if key.isdecimal() and len(key) < 18:
                by_pk.add(int(key))
    names = {}
    try:
        model._meta.get_field("uuid")
    except FieldDoesNotExist:
        by_uuid = set()
    if by_uuid:
        names |= {str(row.uuid): str(row) for row in model._default_manager.filter(uuid__in=by_uuid)}
    if by_pk:
        names |= {str(row.pk): str(row) for row in model._default_manager.filter(pk__in=by_pk)}
    return names
