"""What happens to lists and segments when two leads become one."""

from django.db.models import F
from django.db.models.functions import Greatest

from .models import DirtyLead, ListMembership, SegmentMembership, SegmentState
from .refreshing import mark_wholly_dirty


def merge_audiences(source, target) -> None:
    """The survivor is in every list and segment either was in, once, since the earlier day, without a second
    event. Whether it still belongs to the segments is computed soon. Runs in the merge's transaction."""
    _merge(ListMembership, "list_id", "added_at", source.pk, target.pk)
    shared = _merge(SegmentMembership, "segment_id", "joined_at", source.pk, target.pk)
    SegmentState.objects.filter(pk__in=shared).update(member_count=Greatest(F("member_count") - 1, 0))
    DirtyLead.objects.filter(lead_id=source.pk).erase()
    mark_wholly_dirty([target.pk])


def _merge(model, owner: str, moment: str, source_pk: int, target_pk: int) -> list[int]:
    """Re-point the rows of one kind of membership; returns the owners that both were in."""
    theirs = dict(model.objects.filter(lead_id=source_pk).values_list(owner, moment))
    if not theirs:
        return []
    shared = list(model.objects.filter(lead_id=target_pk, **{f"{owner}__in": list(theirs)}))
    for row in shared:
        setattr(row, moment, min(getattr(row, moment), theirs[getattr(row, owner)]))
    model.objects.bulk_update(shared, [moment])
    both = [getattr(row, owner) for row in shared]
    model.objects.filter(lead_id=source_pk, **{f"{owner}__in": both}).erase()
    model.objects.filter(lead_id=source_pk).update(lead_id=target_pk)
    return both
