"""The work of an import: read the file through, then chunk after chunk, one transaction each."""

from itertools import islice

from django.core.exceptions import ValidationError
from django.db import IntegrityError, OperationalError, transaction
from django.utils.translation import gettext

from wagtail_automation.background import work
from wagtail_automation.leads.files import reading, storage, workbooks
from wagtail_automation.leads.models import ImportRun

from .kinds import allowed, import_kinds, prepare

ATTEMPTS = 5
MAX_ROWS = 5_000_000


def run_import(pk: int, *, seconds: float | None = None, requeue: bool = True) -> str:
    """Task: go on with an import for a while; asks to be run again. May be called at any time."""
    return work(ImportRun, pk, Steps, seconds=seconds, requeue=requeue)


class Steps:
    """One step a call. The reader of the file is kept between the steps of one task."""

    def __init__(self, run: ImportRun):
        self.run = run
        if run.kind not in import_kinds:
            raise ValidationError(gettext("This sort of import is not installed any more."))
        if run.user is None or not allowed(import_kinds[run.kind], run.user):
            raise ValidationError(gettext("Whoever ordered this import may no longer make it."))
        self.kind = import_kinds[run.kind]()
        self.cleaner = self.kind.cleaner(run)
        self.rows = None

    def __call__(self) -> bool:
        if self.run.total is None:
            self._read_through()
            return True
        if self.rows is None:
            self.rows = open_data(self.run)
            for _row in islice(self.rows, self.run.position):
                pass
        chunk = list(islice(self.rows, self.kind.chunk))
        if not chunk:
            return self._finish()
        for attempt in range(ATTEMPTS):
            try:
                return self._write(chunk)
            except (IntegrityError, OperationalError):
                # somebody else made or merged one of these people between our look and our insert
                if attempt == ATTEMPTS - 1:
                    raise
        raise AssertionError("unreachable")

    def _read_through(self) -> None:
        """Count the rows, so that a fault of the whole file shows before anything is written. A workbook
        becomes text on the way, since its rows cannot be skipped cheaply."""
        run = self.run
        if run.upload is None:
            raise ValidationError(gettext("The file is no longer kept."))
        text = None
        if run.format["kind"] == "xlsx":
            with storage.open_stream(run.upload) as stream:
                text = storage.create(f"{run.name}.csv", workbooks.as_text(stream, run.format))
        run.text = text
        total = sum(1 for _row in islice(open_data(run), MAX_ROWS + 1))
        if total > MAX_ROWS:
            raise ValidationError(
                gettext("The file has more than %(limit)d rows. Import it in parts.") % {"limit": MAX_ROWS}
            )
        with transaction.atomic():
            if run.locked() is not None:
                ImportRun.objects.filter(pk=run.pk).update(text=text, total=total, attempts=0)
        run.refresh_from_db()

    def _write(self, chunk: list) -> bool:
        with transaction.atomic():
            run = self.run.locked()
            if run is None or run.position != self.run.position:  # stopped, or another worker was here
                return False
            counts = self.kind.apply(run, prepare(run, self.kind, self.cleaner, chunk))
            added = {key: run.counts.get(key, 0) + number for key, number in counts.items()}
            position = run.position + len(chunk)
            ImportRun.objects.filter(pk=run.pk).update(
                position=position, counts=run.counts | added, attempts=0
            )
        self.run.position, self.run.counts = position, run.counts | added
        return True

    def _finish(self) -> bool:
        with transaction.atomic():
            run = self.run.locked()
            if run is not None:
                self.kind.finish(run)
                run.finish()
                storage.remove(run.text)
        return False


def open_data(run: ImportRun):
    """The rows below the header, of the text if there is one."""
    if run.text is not None:
        format_ = workbooks.TEXT_FORMAT | {"has_header": run.format["has_header"]}
        return reading.data_rows(storage.open_stream(run.text), format_)
    return reading.data_rows(storage.open_stream(run.upload), run.format)
