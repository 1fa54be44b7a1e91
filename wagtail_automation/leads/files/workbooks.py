"""Excel workbooks (.xlsx), read by openpyxl in its streaming mode after their size was bounded.

A workbook is a ZIP archive of XML: before anything is unpacked, the sizes that it declares are checked –
``zipfile`` never unpacks more than declared – and document types, the root of entity bombs, are refused
(OOXML has none, ECMA-376 part 2).
"""

import csv
import datetime as dt
import io
import zipfile
from collections.abc import Iterator

from django.core.exceptions import ValidationError
from django.utils.translation import gettext

from .reading import MAX_COLUMNS, UNCOMPUTED, Row, too_many_columns

MAX_PARTS = 2000
MAX_UNPACKED = 400 * 1024 * 1024
#: openpyxl holds this part in memory
MAX_STRINGS = 80 * 1024 * 1024
MAX_RATIO = 150
#: small parts may be as compressible as they like
RATIO_FROM = 4 * 1024 * 1024
MAX_ROWS = 200_000
#: rows without content that may stand between two with content
MAX_GAP = 100_000
SHEETS = 50
DAMAGED = (zipfile.BadZipFile, KeyError, ValueError, TypeError, IndexError, AttributeError, OSError, EOFError)


def _openpyxl():
    try:
        import openpyxl
    except ImportError as error:
        raise ValidationError(
            gettext(
                "Excel workbooks need the package “openpyxl” (pip install wagtail-automation[import]). "
                "Save the table as CSV, or ask whoever runs the site."
            )
        ) from error
    return openpyxl


def recognise(stream) -> dict:
    """The format of a workbook: its sheets, the first of which is read. Raises ValidationError."""
    _check_archive(stream)
    book = _open(stream)
    try:
        sheets = [sheet.title for sheet in book.worksheets][:SHEETS]
        epoch = 1904 if book.epoch.year == 1904 else 1900
    finally:
        book.close()
    if not sheets:
        raise ValidationError(gettext("The workbook has no sheet with cells."))
    found = {"kind": "xlsx", "sheets": sheets, "sheet": sheets[0], "epoch": epoch, "has_header": True}
    from .recognising import looks_like_header

    first = next((row.cells for row in rows(stream, found) if any(row.cells)), None)
    if first is None:
        raise ValidationError(gettext("The file is empty."))
    return found | {"has_header": looks_like_header([first])}


def _check_archive(stream) -> None:
    stream.seek(0)
    try:
        with zipfile.ZipFile(stream) as archive:
            parts = archive.infolist()
            names = {part.filename for part in parts}
            if "[Content_Types].xml" not in names or not any(name.startswith("xl/") for name in names):
                raise ValidationError(
                    gettext("This archive is no Excel workbook. Upload a .xlsx or .csv file.")
                )
            too_big = (
                len(parts) > MAX_PARTS
                or sum(part.file_size for part in parts) > MAX_UNPACKED
                or any(part.file_size > MAX_STRINGS for part in parts if "sharedStrings" in part.filename)
                or any(
                    part.file_size > RATIO_FROM and part.file_size > MAX_RATIO * max(part.compress_size, 1)
                    for part in parts
                )
            )
            if too_big:
                raise ValidationError(
                    gettext(
                        "The workbook unpacks to far more than its size. "
                        "Save the table as CSV and upload that."
                    )
                )
            for part in parts:
                if part.filename.endswith((".xml", ".rels")):
                    with archive.open(part) as content:
                        if b"<!DOCTYPE" in content.read(4096).replace(b"\x00", b""):
                            raise ValidationError(gettext("The workbook is damaged."))
    except DAMAGED as error:
        raise ValidationError(gettext("The workbook is damaged.")) from error
    stream.seek(0)


def _open(stream, *, results: bool = True):
    openpyxl = _openpyxl()
    stream.seek(0)
    try:
        return openpyxl.load_workbook(
            stream, read_only=True, data_only=results, keep_links=False, keep_vba=False
        )
    except Exception as error:  # whatever openpyxl meets in a made-up file
        raise ValidationError(gettext("The workbook is damaged.")) from error


def rows(stream, format_: dict) -> Iterator[Row]:
    """Rows of the chosen sheet as text. Formulas are never computed: their stored results are read.

    Empty cells at the end of a row do not count. Of merged cells the first holds the value.
    """
    formulas = _has_formulas(stream, format_["sheet"])
    book = _open(stream)
    other = _open(io.BufferedReader(_Second(stream)), results=False) if formulas else None
    try:
        values = _values(book, format_["sheet"])
        texts = _values(other, format_["sheet"]) if other else None
        gap = written = 0
        for number, cells in enumerate(values, 1):
            shown = [_text(cell) for cell in cells]
            if texts is not None:
                shown = [
                    UNCOMPUTED if cell == "" and isinstance(raw, str) and raw.startswith("=") else cell
                    for cell, raw in zip(shown, next(texts, ()), strict=False)
                ]
            while shown and shown[-1] == "":
                shown.pop()
            if len(shown) > MAX_COLUMNS:
                raise ValidationError(too_many_columns(len(shown)))
            gap, written = (0, written + 1) if shown else (gap + 1, written)
            if gap > MAX_GAP:
                return
            if written > MAX_ROWS + 1:
                raise ValidationError(
                    gettext("The sheet has more than %(limit)d rows. Save it as CSV and upload that.")
                    % {"limit": MAX_ROWS}
                )
            yield Row(number, shown)
    except ValidationError:
        raise
    except Exception as error:  # openpyxl reads lazily: damage shows up here
        raise ValidationError(gettext("The workbook is damaged.")) from error
    finally:
        book.close()
        if other:
            other.close()


class _Second(io.RawIOBase):
    """A second, independent position in the same stream."""

    def __init__(self, stream):
        self.stream, self.at = stream, 0

    def readable(self):
        return True

    def seekable(self):
        return True

    def tell(self):
        return self.at

    def seek(self, offset, whence=io.SEEK_SET):
        before = self.stream.tell()
        if whence == io.SEEK_CUR:
            offset, whence = self.at + offset, io.SEEK_SET
        self.at = self.stream.seek(offset, whence)
        self.stream.seek(before)
        return self.at

    def readinto(self, buffer):
        before = self.stream.tell()
        self.stream.seek(self.at)
        part = self.stream.read(len(buffer))
        self.stream.seek(before)
        buffer[: len(part)] = part
        self.at += len(part)
        return len(part)


def _values(book, name: str):
    found = [sheet for sheet in book.worksheets if sheet.title == name]
    if not found:
        raise ValidationError(gettext("The workbook has no sheet “%(name)s”.") % {"name": name[:100]})
    found[0].reset_dimensions()  # what a file says of itself is not what it holds
    return found[0].iter_rows(values_only=True)


def _has_formulas(stream, name: str) -> bool:
    """Whether the sheet's XML holds a formula; a search in the stream, nothing is parsed."""
    book = _open(stream)
    try:
        path = next((sheet._worksheet_path for sheet in book.worksheets if sheet.title == name), None)
    finally:
        book.close()
    if path is None:
        return False
    stream.seek(0)
    with zipfile.ZipFile(stream) as archive, archive.open(path.lstrip("/")) as content:
        tail = b""
        while chunk := content.read(1 << 18):
            if b"<f>" in tail + chunk or b"<f " in tail + chunk:
                return True
            tail = chunk[-3:]
    return False


def _text(value) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value.replace("\x00", "")
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        value = float(f"{value:.15g}")  # as spreadsheets show it: 3 × 19.9 is stored as 59.699999999999996
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, dt.datetime):
        if value.time() == dt.time.min:
            return value.date().isoformat()
        return value.isoformat(sep=" ", timespec="seconds")
    return value.isoformat() if isinstance(value, dt.date | dt.time) else str(value)


def as_text(stream, format_: dict) -> Iterator[bytes]:
    """The sheet as CSV in UTF-8, one row per line of the sheet, so that numbers of rows stay the same."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n", quoting=csv.QUOTE_ALL)
    for row in rows(stream, format_):
        writer.writerow(row.cells or [""])
        if buffer.tell() > 256 * 1024:
            yield buffer.getvalue().encode("utf-8", "replace")
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue().encode("utf-8", "replace")


TEXT_FORMAT = {"kind": "csv", "encoding": "utf-8", "separator": ",", "skip": 0}
