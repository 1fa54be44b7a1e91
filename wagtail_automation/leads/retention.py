"""What leads keep for how long, and the log of what was deleted after its time."""

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from wagtail_automation import pruning, signals

from .models import ConsentConfirmation, PrivacyAct

BATCH = 2000


def prune_confirmations(before):
    """Consents that nobody confirmed; confirmed ones are the proof of a consent and stay with their lead."""
    while True:
        old = ConsentConfirmation.objects.filter(confirmed_at=None, expires_at__lt=before)
        pks = list(old.order_by("pk").values_list("pk", flat=True)[:BATCH])
        if not pks:
            return
        with transaction.atomic():
            ConsentConfirmation.objects.filter(pk__anyof=pks).delete()
        yield len(pks)


def note(sender, counts, now, **kwargs) -> None:
    """Receiver of ``pruned``: the log of privacy acts says what went."""
    if counts:
        PrivacyAct.objects.create(
            kind=PrivacyAct.Kind.RETENTION, origin="prune", details={"rows": counts}, at=now, completed_at=now
        )


signals.pruned.connect(note, dispatch_uid="wagtail_automation_leads_pruned")
for _kind in (
    pruning.Kind("consents", _("Consents and their history"), None, None, _("kept as long as the lead")),
    pruning.Kind(
        "confirmations", _("Consents never confirmed"), 30, prune_confirmations, _("after their link expired")
    ),
    pruning.Kind(
        "imports", _("Imported files"), "IMPORT_RETENTION_DAYS", None, _("after they were uploaded")
    ),
    pruning.Kind("exports", _("Exported files"), "EXPORT_RETENTION_DAYS", None, _("after they were written")),
):
    pruning.register_kind(_kind)
