"""Tables row by row: numbered as a spreadsheet numbers them, bounded, and never raising for one bad row."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass, field

from django.core.exceptions import ValidationError
from django.utils.translation import gettext, ngettext

MAX_COLUMNS = 500
#: characters in one cell; more is an unclosed quote that swallowed the rest of the file
MAX_CELL = 4_000_000
#: A formula that was saved without its result. A noncharacter, which no text holds (Unicode §23.7).
UNCOMPUTED = "\ufdd0"
MAX_NAME = 200


@dataclass
class Row:
    """One row of a table. ``problem``: why it cannot be read as one."""

    number: int
    cells: list[str]
    problem: str = field(default="")


def open_rows(stream: io.BufferedIOBase, format_: dict) -> Iterator[Row]:
    """All rows of the stream, header included. Raises ValidationError when the whole file is at fault."""
    stream.seek(0)
    if format_["kind"] == "xlsx":
        from . import workbooks

        return workbooks.rows(stream, format_)
    return text_rows(stream, format_)


def text_rows(stream: io.BufferedIOBase, format_: dict) -> Iterator[Row]:
    """Rows of CSV text. Malformed ones are yielded with their problem and what could be read of them."""
    encoding = format_["encoding"]
    # utf-8-sig also reads text without the mark
    text = io.TextIOWrapper(stream, "utf-8-sig" if encoding == "utf-8" else encoding, newline="")
    if csv.field_size_limit() < MAX_CELL:
        csv.field_size_limit(MAX_CELL)
    lines = _Lines(text)
    reader = csv.reader(lines, delimiter=format_["separator"], strict=True)
    number = format_.get("skip", 0)
    try:
        for _skipped in range(format_.get("skip", 0)):
            next(lines, None)
        while True:
            lines.taken, lines.last = 0, ""
            number += 1
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                yield Row(number, [lines.last[:1000]], _explain(error, lines.taken))
                continue
            if len(cells) > MAX_COLUMNS:
                raise ValidationError(too_many_columns(len(cells)))
            if "\x00" in "".join(cells):
                cells = [cell.replace("\x00", "") for cell in cells]
            yield Row(number, cells)
    except UnicodeError as error:
        raise ValidationError(
            gettext("Row %(row)d cannot be read as %(encoding)s. Choose another encoding.")
            % {"row": number, "encoding": encoding}
        ) from error
    finally:
        text.detach()


class _Lines:
    """The lines of a text, counting how many the present row took."""

    def __init__(self, text):
        self.text, self.taken, self.last = iter(text), 0, ""

    def __iter__(self):
        return self

    def __next__(self):
        line = next(self.text)
        self.taken += 1
        if self.taken == 1:
            self.last = line
        return line


def _explain(error: csv.Error, lines: int) -> str:
    if "field larger" in str(error) or "unexpected end" in str(error):
        return ngettext(
            "A quotation mark is opened and never closed: %(count)d line could not be read.",
            "A quotation mark is opened and never closed: %(count)d lines could not be read.",
            lines,
        ) % {"count": lines}
    return gettext("A quotation mark stands where none may: the row cannot be read.")


def too_many_columns(count: int) -> str:
    return gettext("The file has %(count)d columns; at most %(limit)d can be imported.") % {
        "count": count,
        "limit": MAX_COLUMNS,
    }


def is_blank(row: Row) -> bool:
    return not row.problem and not any(cell and not cell.isspace() for cell in row.cells)


def named_columns(first: list[str] | None, width: int) -> list[str]:
    """Names of the columns, each once: doubled ones are numbered, missing ones called by their letter."""
    names: list[str] = []
    seen: dict[str, int] = {}
    for position in range(max(width, len(first or ()))):
        raw = first[position] if first and position < len(first) else ""
        name = " ".join(raw.split())[:MAX_NAME] or gettext("Column %(letter)s") % {
            "letter": column_letter(position)
        }
        seen[name] = seen.get(name, 0) + 1
        names.append(f"{name} ({seen[name]})" if seen[name] > 1 else name)
    return names


def column_letter(position: int) -> str:
    """0 -> A, 26 -> AA, as spreadsheets count."""
    letters, number = "", position + 1
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def preview(stream: io.BufferedIOBase, format_: dict, number: int) -> tuple[list[str], list[Row]]:
    """``(names of the columns, the first rows that are not blank)``. Raises ValidationError for no rows."""
    first, rows = None, []
    for row in open_rows(stream, format_):
        if is_blank(row):
            continue
        if first is None and format_["has_header"] and not row.problem:
            first = row.cells
            continue
        rows.append(row)
        if len(rows) >= number:
            break
    if not rows:
        raise ValidationError(gettext("The file holds no rows."))
    return named_columns(first, max(len(row.cells) for row in rows)), rows


def data_rows(stream: io.BufferedIOBase, format_: dict) -> Iterator[Row]:
    """The rows below the header, blank ones left out."""
    waiting = format_["has_header"]
    for row in open_rows(stream, format_):
        if is_blank(row):
            continue
        if waiting and not row.problem:
            waiting = False
            continue
        yield row
