"""What Wagtail and the queue remember of rows that are gone: log entries, revisions, indexes, tasks."""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.db import models, transaction
from django.db.models import CharField, Q, TextField
from django.db.models.functions import Cast
from wagtail.models import ModelLogEntry, PageLogEntry, ReferenceIndex, Revision, RevisionMixin
from wagtail.search import index

from wagtail_automation import jobs

from .personal_data import ERASED, Matcher, PersonalRows, register_sweep

CHUNK = 500


def forget_rows(handler: PersonalRows, ids: list[int]) -> dict[str, int]:
    """Before the rows of these leads go: the audit log keeps that something was done with them, without the
    name; their revisions and entries of Wagtail's indexes go. A constant number of statements."""
    model = handler.model
    keys = handler.rows(ids).order_by().annotate(_key=Cast("pk", CharField())).values("_key")
    return forget_objects(model, keys)


def forget_objects(model: type[models.Model], keys) -> dict[str, int]:
    """The same for primary keys as text: a list, or a queryset that selects them."""
    types = {
        ContentType.objects.get_for_model(model),
        ContentType.objects.get_for_model(model, for_concrete_model=False),
    }
    either = Q(content_type__in=types) | Q(base_content_type__in=types)
    entries = ModelLogEntry.objects.filter(content_type__in=types, object_id__in=keys)
    counts = {"log entries": entries.exclude(label=ERASED).update(label=ERASED, data={})}
    if issubclass(model, RevisionMixin):
        counts["revisions"] = Revision.objects.filter(either, object_id__in=keys).delete()[0]
    if not getattr(model, "wagtail_reference_index_ignore", False):
        counts["references"] = ReferenceIndex.objects.filter(either, object_id__in=keys).delete()[0]
    if apps.is_installed("wagtail.search") and issubclass(model, index.Indexed):
        from wagtail.search.models import IndexEntry

        entries = IndexEntry.objects.filter(content_type__in=types, object_id__in=keys)
        counts["search index"] = entries.delete()[0]
    return counts


@register_sweep
def scrub_log(matcher: Matcher) -> dict[str, int]:
    """Addresses in the audit log's labels and data, whatever the entry is about."""
    count = 0
    for model in (ModelLogEntry, PageLogEntry):
        rows = model.objects.annotate(data_text=Cast("data", TextField()))
        count += rewrite(
            rows, ("label", "data_text"), lambda entry: _scrub_entry(entry, matcher), ("label", "data")
        )
    return {"log entries": count}


def _scrub_entry(entry, matcher: Matcher) -> bool:
    label, data = matcher.scrub(entry.label), matcher.scrub_json(entry.data)
    changed = (label, data) != (entry.label, entry.data)
    entry.label, entry.data = label, data
    return changed


@register_sweep
def scrub_revisions(matcher: Matcher) -> dict[str, int]:
    """Addresses in superseded revisions of anything. What is live or the latest draft was written by an
    editor and stays, and is told (``standing``): only a person can say what should stand there instead."""
    rows = Revision.objects.annotate(content_text=Cast("content", TextField()))

    def scrub(revision):
        if not matcher.finds_in_json([revision.content, revision.object_str]) or _is_current(revision):
            return False
        revision.content = matcher.scrub_json(revision.content)
        revision.object_str = matcher.scrub(revision.object_str)
        return True

    return {"revisions": rewrite(rows, ("content_text", "object_str"), scrub, ("content", "object_str"))}


@dataclass(frozen=True)
class Standing:
    """Something live, or its latest draft, that names somebody erased: only an editor can change it."""

    model: str
    pk: str
    texts: frozenset[str]


def standing(matcher: Matcher) -> list[Standing]:
    """What editors wrote, live or latest, that names one of them."""
    rows = _suspects(Revision.objects.annotate(content_text=Cast("content", TextField())), ("content_text",))
    found: dict[tuple[str, str], set[str]] = {}
    for revision in rows.select_related("content_type").order_by("pk").iterator(chunk_size=CHUNK):
        texts = matcher.found(json.dumps(revision.content, ensure_ascii=False))
        if texts and _is_current(revision):
            model = f"{revision.content_type.app_label}.{revision.content_type.model}"
            found.setdefault((model, revision.object_id), set()).update(texts)
    return [Standing(model, pk, frozenset(texts)) for (model, pk), texts in sorted(found.items())]


def _is_current(revision: Revision) -> bool:
    try:
        owner = revision.content_object
    except LookupError:
        return False
    if owner is None:
        return False
    current = {getattr(owner, "latest_revision_id", None), getattr(owner, "live_revision_id", None)}
    return revision.pk in current


def _suspects(rows: models.QuerySet, texts: Iterable[str]) -> models.QuerySet:
    """Those with an @ or a long number in one of their texts; the rest is not even read."""
    wanted = Q()
    for name in texts:
        wanted |= Q(**{f"{name}__contains": "@"}) | Q(**{f"{name}__regex": r"\d{7}"})
    return rows.filter(wanted)


def rewrite(rows: models.QuerySet, texts: tuple[str, ...], change: Callable, fields: tuple[str, ...]) -> int:
    """Walk all suspects in pieces by primary key and write back those that ``change`` changed."""
    count, last = 0, 0
    while True:
        part = list(_suspects(rows, texts).filter(pk__gt=last).order_by("pk")[:CHUNK])
        if not part:
            return count
        last = part[-1].pk
        changed = [row for row in part if change(row)]
        if changed:
            with transaction.atomic():
                rows.model._base_manager.bulk_update(changed, fields)
            count += len(changed)


@register_sweep
def scrub_queue(matcher: Matcher) -> dict[str, int]:
    """Jobs whose arguments or results name them, waiting and done."""
    return {"queue": jobs.forget_tasks(matcher.finds)}
