"""What a file is: CSV or workbook, in which encoding, with which separator, with a header or without.

Nothing here trusts the name of the file. What cannot be a table is refused with the reason.
"""

import codecs
import csv
import io
import re

from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

SAMPLE = 64 * 1024
SEPARATORS = (",", ";", "\t", "|")
SEPARATOR_NAMES = {",": _("Comma"), ";": _("Semicolon"), "\t": _("Tab"), "|": _("Vertical bar")}
ENCODINGS = {
    "utf-8": "UTF-8",
    "cp1252": _("Western European (Windows-1252)"),
    "iso-8859-1": _("Western European (ISO-8859-1)"),
    "iso-8859-15": _("Western European with € (ISO-8859-15)"),
    "utf-16": "UTF-16",
    "utf-16-le": "UTF-16 LE",
    "utf-16-be": "UTF-16 BE",
    "mac_roman": _("Western European (old Macintosh)"),
    "cp850": _("Western European (MS-DOS)"),
}
#: bytes that Windows-1252 does not define
UNDEFINED = bytes((0x81, 0x8D, 0x8F, 0x90, 0x9D))
OLE = b"\xd0\xcf\x11\xe0"
MAGIC = (b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"\x1f\x8b", b"Rar!", b"7z\xbc\xaf", b"\x7fELF")
ZIP = b"PK\x03\x04"


def recognise(stream: io.BufferedIOBase) -> dict:
    """The format of a seekable stream, which is rewound. Raises ValidationError for what is no table."""
    stream.seek(0)
    head = stream.read(SAMPLE)
    if not head.strip(b"\xef\xbb\xbf\xff\xfe \t\r\n\x00"):
        raise ValidationError(gettext("The file is empty."))
    if head.startswith(ZIP):
        from . import workbooks

        found = workbooks.recognise(stream)
    else:
        found = _recognise_text(stream, head)
    stream.seek(0)
    return found


def _recognise_text(stream, head: bytes) -> dict:
    if head.startswith(OLE):
        raise ValidationError(
            gettext("This is a workbook of an old Excel version. Save it as .xlsx or as CSV.")
        )
    if head.startswith(MAGIC):
        raise ValidationError(gettext("This file is no table: it is neither CSV text nor an Excel workbook."))
    encoding = _encoding(stream, head)
    try:
        text = codecs.getincrementaldecoder(encoding)("replace").decode(head).removeprefix("\ufeff")
    except UnicodeError as error:
        raise ValidationError(gettext("The file cannot be read as text.")) from error
    controls = sum(1 for char in text[:20_000] if char < " " and char not in "\t\r\n\x0b\x0c\x1b")
    if controls > max(1, len(text[:20_000]) // 100):
        raise ValidationError(gettext("This file is no table: it is neither CSV text nor an Excel workbook."))
    told = re.match(r"\Asep=(.)\r?\n", text)
    separator = told[1] if told else best_separator(text)
    rows = sample_rows(text[told.end() :] if told else text, separator)
    return {
        "kind": "csv",
        "encoding": encoding,
        "separator": separator,
        "skip": 1 if told else 0,
        "has_header": looks_like_header(rows),
    }


def _encoding(stream, head: bytes) -> str:
    if head.startswith(codecs.BOM_UTF8):
        return "utf-8"
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    even, odd = head[0:4000:2].count(0), head[1:4000:2].count(0)
    half = max(1, len(head[:4000]) // 2)
    if odd > half * 0.4 and even < half * 0.05:
        return "utf-16-le"
    if even > half * 0.4 and odd < half * 0.05:
        return "utf-16-be"
    if even + odd > 0.01 * half:
        raise ValidationError(gettext("This file is no table: it is neither CSV text nor an Excel workbook."))
    decoder = codecs.getincrementaldecoder("utf-8")("strict")
    is_utf8, is_windows = True, True
    stream.seek(0)
    while chunk := stream.read(SAMPLE):
        if is_utf8:
            try:
                decoder.decode(chunk)
            except UnicodeDecodeError:
                is_utf8 = False
        is_windows = is_windows and not any(byte in chunk for byte in UNDEFINED)
    if is_utf8:
        return "utf-8"
    return "cp1252" if is_windows else "iso-8859-1"


def best_separator(text: str) -> str:
    """The separator with which the first lines fall into the most columns, as evenly as possible."""
    best, score = ",", 0.0
    for separator in SEPARATORS:
        widths = [len(row) for row in sample_rows(text, separator) if any(row)]
        if not widths or widths[0] < 2:
            continue
        even = sum(1 for width in widths if width == widths[0]) / len(widths)
        found = even * min(widths[0], 100) + even * 10
        if found > score:
            best, score = separator, found
    return best


def sample_rows(text: str, separator: str, number: int = 20) -> list[list[str]]:
    """The first rows of a text, as far as they can be read."""
    rows: list[list[str]] = []
    lines = text.splitlines(keepends=True)
    if len(lines) > 1:
        lines.pop()  # it may be cut off
    try:
        for row in csv.reader(lines, delimiter=separator):
            rows.append(row)
            if len(rows) >= number:
                break
    except csv.Error:
        pass
    return rows


def looks_like_header(rows: list[list[str]]) -> bool:
    """Whether the first row names the columns: it holds no address, number or date."""
    if not rows:
        return True
    first = [cell.strip() for cell in rows[0] if cell.strip()]
    return bool(first) and not any("@" in cell or re.search(r"\A[\d\s.,:/+\-]{3,}\Z", cell) for cell in first)
