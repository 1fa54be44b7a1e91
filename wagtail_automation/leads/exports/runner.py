"""The work of an export: chunk after chunk, newest lead first, one transaction each."""

import csv
import datetime as dt
import io
import json
import tempfile
from collections.abc import Iterator

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext

from wagtail_automation import clock, conf
from wagtail_automation.admin.export import neutral
from wagtail_automation.background import work
from wagtail_automation.leads.files import storage
from wagtail_automation.leads.models import ExportRun

from . import columns
from .sources import leads_of

CHUNK = 1000
#: what a workbook can be made of within one task
MAX_WORKBOOK_ROWS = 100_000


def run_export(pk: int, *, seconds: float | None = None, requeue: bool = True) -> str:
    """Task: go on with an export for a while; asks to be run again. May be called at any time."""
    return work(ExportRun, pk, Steps, seconds=seconds, requeue=requeue)


class Steps:
    """One step a call: count, then chunks, then the workbook if one is wanted."""

    def __init__(self, run: ExportRun):
        self.run = run
        offered = {column.key: column for group in columns.groups_for(run.user) for column in group.columns()}
        self.columns = [offered[key] for key in run.columns if key in offered]
        self.is_workbook = run.format == ExportRun.Format.XLSX

    def __call__(self) -> bool:
        if self.run.total is None:
            return self._begin()
        with transaction.atomic():
            run = self.run.locked()
            if run is None or run.last_pk != self.run.last_pk:  # stopped, or another worker was here
                return False
            leads = leads_of(run).order_by("-pk")
            if run.last_pk is not None:
                leads = leads.filter(pk__lt=run.last_pk)
            chunk = list(leads.select_related(None)[:CHUNK])
            if chunk:
                storage.append(run.file, self._written(chunk))
                ExportRun.objects.filter(pk=run.pk).update(
                    position=run.position + len(chunk), last_pk=chunk[-1].pk, attempts=0
                )
                self.run.last_pk = chunk[-1].pk
                return True
            self._finish(run)
        return False

    def _begin(self) -> bool:
        total = leads_of(self.run).count()
        if self.is_workbook and total > MAX_WORKBOOK_ROWS:
            raise ValidationError(
                gettext("A workbook takes at most %(limit)d people. Choose CSV.")
                % {"limit": MAX_WORKBOOK_ROWS}
            )
        if not self.columns:
            raise ValidationError(gettext("None of the columns exists any more."))
        with transaction.atomic():
            run = self.run.locked()
            if run is None or run.total is not None:
                return False
            file = storage.create(f"{run.name}.{run.format}", [self._head()])
            ExportRun.objects.filter(pk=run.pk).update(total=total, file=file, attempts=0)
        self.run.refresh_from_db()
        return True

    # -- what is written -----------------------------------------------------------------------------------

    def _head(self) -> bytes:
        titles = [neutral(str(column)) for column in self.columns]
        return self._lines([titles], mark=True)

    def _written(self, leads: list) -> bytes:
        keys = [column.key for column in self.columns]
        cells = columns.read(self.run.user, keys, leads)
        return self._lines([[neutral(cells[lead.pk].get(key, "")) for key in keys] for lead in leads])

    def _lines(self, rows: list[list], *, mark: bool = False) -> bytes:
        if self.is_workbook:
            return "".join(f"{json.dumps(row)}\n" for row in rows).encode()
        buffer = io.StringIO()
        csv.writer(buffer).writerows(rows)
        return (("\ufeff" if mark else "") + buffer.getvalue()).encode()

    def _finish(self, run: ExportRun) -> None:
        file = run.file
        if self.is_workbook:
            file = storage.create(file.name, _workbook(run.file))
            storage.remove(run.file)
        until = clock.now() + dt.timedelta(days=conf.get("EXPORT_RETENTION_DAYS"))
        run.finish(file=file, expires_at=until)


def _workbook(lines) -> Iterator[bytes]:
    """An Excel workbook of the rows that were collected as JSON; raises ValidationError without openpyxl."""
    try:
        from openpyxl import Workbook
        from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
    except ImportError as error:
        raise ValidationError(
            gettext("Excel workbooks need the package “openpyxl” (pip install wagtail-automation[import]).")
        ) from error
    workbook = Workbook(write_only=True)
    sheet = workbook.create_sheet(gettext("Leads"))
    with storage.open_stream(lines) as stream:
        for line in stream:
            sheet.append(
                [
                    ILLEGAL_CHARACTERS_RE.sub("", value)[:32_767] if isinstance(value, str) else value
                    for value in json.loads(line)
                ]
            )
    with tempfile.TemporaryFile() as out:
        workbook.save(out)
        out.seek(0)
        while chunk := out.read(storage.PIECE):
            yield chunk
