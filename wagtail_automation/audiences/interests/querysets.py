"""Every question to the database about interests."""

import datetime as dt
import json
import math

from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.db import connections, router
from django.db.models import ExpressionWrapper, F, FloatField, Value

from .fading import LEAST, days


def bound(points: float, now: dt.datetime, *, half_life="interest__half_life_days"):
    """The strength that so many points (more than 0) have at this moment, over rows of ``LeadInterest``."""
    return ExpressionWrapper(
        Value(math.log2(points)) + Value(days(now)) / F(half_life), output_field=FloatField()
    )


def write(rows: list[tuple[int, int, float]]) -> None:
    """``(interest, lead, strength)`` in one statement, over what is there. Call with the leads locked."""
    from .models import LeadInterest

    using = router.db_for_write(LeadInterest)
    connection = connections[using]
    table = connection.ops.quote_name(LeadInterest._meta.db_table)
    data = json.dumps([{"i": interest, "l": lead, "s": strength} for interest, lead, strength in rows])
    if connection.vendor == "postgresql":
        source = (
            "SELECT i, l, s FROM json_to_recordset(%s::json) "
            "AS given(i bigint, l bigint, s double precision) WHERE true"
        )
    else:
        source = (
            "SELECT json_extract(value, '$.i'), json_extract(value, '$.l'), json_extract(value, '$.s') "
            "FROM json_each(%s) WHERE true"
        )
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} (interest_id, lead_id, strength) {source} "
            "ON CONFLICT (interest_id, lead_id) DO UPDATE SET strength = excluded.strength",
            [data],
        )


def change_half_life(interest_pk: int, old: int, new: int, now: dt.datetime) -> None:
    """Keep what everybody's interest is worth now, and let it fade at the new pace. One statement."""
    from .models import LeadInterest

    moved = F("strength") + Value(days(now) / new - days(now) / old)
    LeadInterest.objects.filter(interest_id=interest_pk).update(strength=moved)


def prune(now: dt.datetime) -> int:
    """Delete what has faded away; returns how many."""
    from .models import LeadInterest

    faded = LeadInterest.objects.filter(strength__lt=bound(LEAST, now)).order_by().values("pk")
    return LeadInterest.objects.filter(pk__in=faded).erase()


def pages_of(keys) -> list[tuple]:
    """``(pk, tree path, translation key)`` of the pages with these translation keys, in every language."""
    from wagtail.models import Page

    rows = Page.objects.filter(translation_key__in=list(keys)).order_by()
    return list(rows.values_list("pk", "path", "translation_key"))


def tags_of(page_pks) -> list[tuple[int, str]]:
    """``(page, tag name)``: one query for each model through which the site tags its pages."""
    from taggit.models import GenericTaggedItemBase, ItemBase
    from wagtail.models import Page

    found: list[tuple[int, str]] = []
    if not page_pks:
        return found
    page_types = None
    for model in apps.get_models():
        if not issubclass(model, ItemBase):
            continue
        if issubclass(model, GenericTaggedItemBase):
            if page_types is None:
                page_types = [
                    content_type.pk
                    for content_type in ContentType.objects.get_for_models(
                        *(cls for cls in apps.get_models() if issubclass(cls, Page))
                    ).values()
                ]
            rows = model.objects.filter(content_type__in=page_types, object_id__in=page_pks)
            found += rows.order_by().values_list("object_id", "tag__name")
            continue
        target = model._meta.get_field("content_object").related_model
        if issubclass(target, Page):
            rows = model.objects.filter(content_object__in=page_pks)
            found += rows.order_by().values_list("content_object_id", "tag__name")
    return found
