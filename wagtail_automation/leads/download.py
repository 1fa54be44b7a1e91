"""All data of one lead, as the law gives it to them: a zip with one JSON document and the files."""

import re
import shutil
import zipfile

from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from wagtail.log_actions import log

from wagtail_automation import clock

from .models import Lead, MergedLead, PrivacyAct
from .personal_data import personal_data

ACTION = "wagtail_automation.download"
_UNSAFE = re.compile(r"[^\w.\- ()]+|\.{2,}")


def write(lead: Lead, stream) -> dict[str, int]:
    """Write the zip into a seekable binary stream; returns how many rows each section has.

    ``data.json``: ``{"lead", "made_at", "sections": [{"name", "model", "rows", "files"}]}``. Rows are read
    and written in pieces, so that memory does not grow with them.
    """
    former = list(MergedLead.objects.filter(lead=lead).values_list("old_pk", flat=True))
    encoder = DjangoJSONEncoder(ensure_ascii=False)
    counts: dict[str, int] = {}
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        files = {}
        for handler in _exported():
            for name, source in handler.attachments([lead.pk]):
                path = f"files/{_safe(handler.model._meta.model_name)}/{_safe(name)}"
                with source, archive.open(path, "w") as target:
                    shutil.copyfileobj(source, target)
                files.setdefault(handler.label, []).append(path)
        with archive.open("data.json", "w") as target:

            def put(text):
                target.write(text.encode())

            put(f'{{"lead": {lead.pk}, "made_at": {encoder.encode(clock.now())}, "sections": [')
            for number, handler in enumerate(_exported()):
                head = {"name": str(handler.heading or handler.model._meta.verbose_name_plural)}
                head |= {"model": handler.label, "files": files.get(handler.label, [])}
                put("," * bool(number) + "\n" + encoder.encode(head)[:-1] + ', "rows": [')
                count = 0
                ids = [lead.pk, *former] if handler.loose else [lead.pk]
                for row in handler.export(ids):
                    put("," * bool(count) + "\n  " + encoder.encode(row))
                    count += 1
                put("]}")
                counts[handler.label] = count
            put("\n]}\n")
    return counts


def _exported():
    return [handler for handler in personal_data.handlers() if handler.is_exported]


def _safe(name: str) -> str:
    """A name that stays in its folder on every system."""
    return _UNSAFE.sub("_", name).strip(". ")[:120] or "file"


def download(*, lead: Lead, stream, user=None, origin: str = "") -> dict[str, int]:
    """As ``write``, noted in the audit log and as a privacy act."""
    now = clock.now()
    counts = write(lead, stream)
    with transaction.atomic():
        PrivacyAct.objects.create(
            kind=PrivacyAct.Kind.DOWNLOAD,
            lead_pk=lead.pk,
            user=user,
            origin=origin[:100],
            details={"rows": {name: count for name, count in counts.items() if count}},
            at=now,
            completed_at=now,
        )
        log(lead, ACTION, user=user)
    return counts
