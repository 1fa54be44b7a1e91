"""What people have written and not yet published, and what is scheduled: it will count one day, so it is
asked too where something is used.

Wagtail's reference index knows rows; a draft of something live stands in its revisions alone.
"""

from collections.abc import Iterator

from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.db.models import Q, TextField
from django.db.models.functions import Cast
from django.utils.translation import gettext
from modelcluster.models import get_all_child_relations
from wagtail.models import DraftStateMixin, ReferenceIndex, Revision
from wagtail.models.reference_index import ReferenceGroups


def models_with_drafts() -> list[type[models.Model]]:
    """Each once; pages by their common model."""
    return [
        model
        for model in apps.get_models()
        if issubclass(model, DraftStateMixin)
        and not model._meta.proxy
        and not any(issubclass(parent, DraftStateMixin) for parent in model._meta.parents)
    ]


def drafts(*, naming: str) -> Iterator[models.Model]:
    """What the latest unpublished and the scheduled revisions say, as unsaved objects; those whose content
    holds the text ``naming`` somewhere. Two queries for each model that has drafts."""
    for model in models_with_drafts():
        latest = model._default_manager.filter(has_unpublished_changes=True, latest_revision__isnull=False)
        scheduled = Q(
            base_content_type=ContentType.objects.get_for_model(model, for_concrete_model=False),
            approved_go_live_at__isnull=False,
        )
        revisions = (
            Revision.objects.filter(Q(pk__in=latest.order_by().values("latest_revision_id")) | scheduled)
            .annotate(_text=Cast("content", TextField()))
            .filter(_text__contains=naming)
            .order_by("pk")
        )
        for revision in revisions.iterator(chunk_size=200):
            yield revision.as_object()


def references_to(target: models.Model) -> list[ReferenceIndex]:
    """Unsaved references of drafts to this object, as the index would hold them."""
    base = target._meta.get_parent_list()[-1] if target._meta.parents else type(target)
    found = []
    for draft in drafts(naming=str(target.pk)):
        kinds = [type(draft), *draft._meta.get_parent_list()]
        first, last = (
            ContentType.objects.get_for_model(kind, for_concrete_model=False)
            for kind in (kinds[0], kinds[-1])
        )
        for model, pk, model_path, content_path in _references(draft):
            if str(pk) == str(target.pk) and (issubclass(model, base) or issubclass(base, model)):
                reference = ReferenceIndex(
                    content_type=first,
                    base_content_type=last,
                    object_id=str(draft.pk),
                    to_content_type=ContentType.objects.get_for_model(target),
                    to_object_id=str(target.pk),
                    model_path=model_path,
                    content_path=content_path,
                )
                reference.describe_source_field = _drafted(reference)
                found.append(reference)
    return found


def _drafted(reference: ReferenceIndex):
    described = ReferenceIndex.describe_source_field
    return lambda: gettext("%(field)s (in a draft)") % {"field": described(reference)}


def _references(thing: models.Model, path: str = "", content: str = ""):
    """``(model, pk, model path, content path)`` of everything that an object and its children refer to."""
    for field in thing._meta.concrete_fields:
        if getattr(field, "wagtail_reference_index_ignore", False):
            continue
        if field.many_to_one:
            if (pk := getattr(thing, field.attname)) is not None and not field.primary_key:
                yield field.remote_field.model, pk, f"{path}{field.name}", f"{content}{field.name}"
        elif hasattr(field, "extract_references"):
            for model, pk, inside, where in field.extract_references(field.value_from_object(thing)):
                yield model, pk, f"{path}{field.name}.{inside}", f"{content}{field.name}.{where}"
    for relation in get_all_child_relations(type(thing)):
        name = relation.get_accessor_name()
        for child in getattr(thing, name).all():
            yield from _references(child, f"{path}{name}.item.", f"{content}{name}.{child.pk}.")


def uses_of(target: models.Model) -> ReferenceGroups:
    """Who refers to this object, in what is live or in a draft; each once, the live reference first."""
    live = list(ReferenceIndex.get_references_to(target))
    known = {(one.base_content_type_id, one.object_id, one.content_path) for one in live}
    more = []
    for one in references_to(target):
        place = (one.base_content_type_id, one.object_id, one.content_path)
        if place not in known:
            known.add(place)
            more.append(one)
    return ReferenceGroups([*live, *more])
