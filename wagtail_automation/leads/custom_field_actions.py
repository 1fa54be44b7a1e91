"""Every change to the set of custom fields: their order, and which are offered."""

from django.db import transaction
from wagtail.log_actions import log

from .models import CustomField


def move(*, field: CustomField, place: int) -> None:
    """Put the field at this place (0 is the first) and number all of them anew; the last place for one that
    does not exist. A repeat changes nothing."""
    with transaction.atomic():
        fields = list(CustomField.objects.select_for_update().order_by("position", "label", "pk"))
        order = [other for other in fields if other.pk != field.pk]
        moved = next(other for other in fields if other.pk == field.pk)
        order.insert(place if 0 <= place <= len(order) else len(order), moved)
        changed = []
        for position, other in enumerate(order):
            if other.position != position:
                other.position = position
                changed.append(other)
        CustomField.objects.bulk_update(changed, ["position"])


def set_archived(*, field: CustomField, archived: bool, user=None) -> bool:
    """Offer the field no longer, or again; returns whether it changed. Stored values stay what they are."""
    with transaction.atomic():
        changed = CustomField.objects.filter(pk=field.pk).exclude(is_archived=archived)
        if not changed.update(is_archived=archived):
            return False
        field.is_archived = archived
        if user is not None:
            log(field, f"wagtail_automation.field_{'archive' if archived else 'reactivate'}", user=user)
    return True
