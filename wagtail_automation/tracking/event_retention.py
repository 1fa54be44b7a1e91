"""How long events and visits are kept, by the groups of the vocabulary."""

from django.db import transaction
from django.utils.functional import lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from wagtail_automation import pruning

from . import events
from .models import Event, Visit

BATCH = 5000
#: Days by group. 760: the 25 months of the CNIL's audience measurement; 1095: its three years for prospects.
DEFAULTS = {"web": 760, "email": 1095}


def _pruner(group: str):
    def prune(before):
        """One walk over the table by primary key, whatever it keeps; reads outside a transaction."""
        names = [entry.name for entry in events.all_names() if entry.group == group]
        last = 0
        while True:
            old = Event.objects.filter(pk__gt=last, name__in=names, at__lt=before)
            pks = list(old.order_by("pk").values_list("pk", flat=True)[:BATCH])
            if not pks:
                return
            last = pks[-1]
            with transaction.atomic():
                rows = Event.objects.filter(pk__anyof=pks)
                rows._raw_delete(rows.db)
            yield len(pks)

    return prune


def prune_visits(before):
    """Visits that ended before; totals of leads keep counting them."""
    while True:
        pks = list(
            Visit.objects.filter(started_at__lt=before, last_at__lt=before).values_list("pk", flat=True)[
                :BATCH
            ]
        )
        if not pks:
            return
        with transaction.atomic():
            Visit.objects.filter(pk__anyof=pks).delete()
        yield len(pks)


def _label(group: str) -> str:
    return gettext("Events: %(group)s") % {"group": events.GROUPS[group]}


def register_groups() -> None:
    """A kind for each group of events, once all groups are known."""
    for group in events.GROUPS:
        pruning.register_kind(
            pruning.Kind(
                f"events_{group}",
                lazy(_label, str)(group),
                DEFAULTS.get(group),
                _pruner(group),
                _("after they happened"),
            )
        )


pruning.register_kind(
    pruning.Kind(
        "anonymous", _("Anonymous leads"), "ANONYMOUS_RETENTION_DAYS", None, _("after their last visit")
    )
)
pruning.register_kind(pruning.Kind("visits", _("Visits"), 760, prune_visits, _("after they ended")))
register_groups()
