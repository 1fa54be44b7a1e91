"""What imports and exports hold about people: files of many people, refused rows, questions that name one."""

import zipfile
from collections.abc import Iterable

from django.db import transaction
from django.db.models import TextField
from django.db.models.functions import Cast
from django.utils.translation import gettext_lazy as _

from wagtail_automation.background import ACTIVE

from .files import storage
from .models import ExportRun, ImportProblem, ImportRun, MassRun, StoredFile
from .personal_data import Matcher, PersonalRows, personal_data, register, register_sweep
from .traces import rewrite

APP = "wagtail_automation_leads"
#: read together with the piece before, so that an address cut by a border is found
OVERLAP = 400


class ImportedRows(PersonalRows):
    """That an import made or met the lead. Its file goes with it: their row stands in there with others."""

    def __init__(self):
        super().__init__(f"{APP}.ImportedLead", heading=_("Imports"), is_traced=False)

    def erase(self, ids):
        runs = ImportRun.objects.filter(leads__lead__in=ids).exclude(state__in=ACTIVE)
        files = set(runs.values_list("upload", flat=True)) | set(runs.values_list("text", flat=True))
        storage.remove(*StoredFile.objects.filter(pk__in=files - {None}))
        return super().erase(ids)

    anonymise = erase


register(ImportedRows())
for _model in ("StoredFile", "StoredPiece", "ImportProblem", "ImportRun", "ExportRun", "MassRun"):
    personal_data.exempt(f"{APP}.{_model}", "Holds many people: the sweep looks into it.")


@register_sweep
def forget_files(matcher: Matcher) -> dict[str, int]:
    """Stored files that name the person go as a whole; one that is being imported just now has to be waited
    for (``waiting``), since its other rows are still wanted."""
    busy = ImportRun.objects.filter(state__in=ACTIVE)
    in_use = set(busy.values_list("upload", flat=True)) | set(busy.values_list("text", flat=True))
    count = waiting = 0
    for file in StoredFile.objects.order_by("pk"):
        if not _names(file, matcher):
            continue
        if file.pk in in_use:
            waiting += 1
            continue
        with transaction.atomic():
            storage.remove(file)
        count += 1
    return {"files": count, "waiting": waiting}


def _names(file: StoredFile, matcher: Matcher) -> bool:
    with storage.open_stream(file) as stream:
        if not zipfile.is_zipfile(stream):
            stream.seek(0)
            return _finds(iter(lambda: stream.read(storage.PIECE), b""), matcher)
        stream.seek(0)
        with zipfile.ZipFile(stream) as archive:  # a workbook: texts stand in its XML
            for name in archive.namelist():
                with archive.open(name) as member:
                    if _finds(iter(lambda part=member: part.read(storage.PIECE), b""), matcher):
                        return True
    return False


def _finds(pieces: Iterable[bytes], matcher: Matcher) -> bool:
    """Whether the text holds one of them. Addresses are ASCII, so every encoding that we read shows them
    once its zero bytes (UTF-16) are taken out."""
    tail = b""
    for piece in pieces:
        data = tail + piece.replace(b"\0", b"")
        if matcher.finds(data.decode("utf-8", "replace")):
            return True
        tail = data[-OVERLAP:]
    return False


@register_sweep
def scrub_runs(matcher: Matcher) -> dict[str, int]:
    """Refused rows lose their cells; what was searched for or set by a run is rewritten."""

    def problem(row):
        if not matcher.finds_in_json([row.reason, row.cells]):
            return False
        row.cells, row.reason = [], matcher.scrub(row.reason)
        return True

    rows = ImportProblem.objects.annotate(cells_text=Cast("cells", TextField()))
    count = rewrite(rows, ("reason", "cells_text"), problem, ("reason", "cells"))
    for model, names in (
        (ImportRun, ("name", "options", "problem")),
        (ExportRun, ("name", "query", "problem")),
        (MassRun, ("name", "query", "value", "problem")),
    ):
        texts = {f"{name}_text": Cast(name, TextField()) for name in names}

        def run(row, names=names):
            changed = False
            for name in names:
                value = matcher.scrub_json(getattr(row, name))
                changed |= value != getattr(row, name)
                setattr(row, name, value)
            return changed

        count += rewrite(model.objects.annotate(**texts), tuple(texts), run, names)
    return {"imports and exports": count}
