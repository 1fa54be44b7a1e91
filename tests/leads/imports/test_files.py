"""Files as the world makes them: encodings, separators, quotes, workbooks, bombs. Nothing is run."""

import datetime as dt
import io
import zipfile

import openpyxl
import pytest
from django.core.exceptions import ValidationError

from tests.leads.imports.conftest import reasons
from wagtail_automation.leads.files import reading, storage, workbooks
from wagtail_automation.leads.files.recognising import recognise
from wagtail_automation.leads.models import Identifier, Lead, StoredPiece

pytestmark = pytest.mark.django_db


def table(data: bytes) -> tuple[dict, list[list[str]]]:
    """Format and all rows, problems as ``["!", text]``."""
    format_ = recognise(io.BytesIO(data))
    rows = reading.open_rows(io.BytesIO(data), format_)
    return format_, [["!", row.problem] if row.problem else row.cells for row in rows]


def book(fill, **extra) -> bytes:
    """A workbook whose first sheet was filled by ``fill(sheet)``."""
    workbook = openpyxl.Workbook()
    fill(workbook.active)
    out = io.BytesIO()
    workbook.save(out)
    return out.getvalue()


def refusal(data: bytes) -> str:
    with pytest.raises(ValidationError) as caught:
        format_ = recognise(io.BytesIO(data))
        reading.preview(io.BytesIO(data), format_, 5)
        list(reading.open_rows(io.BytesIO(data), format_))
    return " ".join(caught.value.messages)


@pytest.mark.parametrize(
    ("encoding", "found"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8"),
        ("iso-8859-1", "cp1252"),
        ("cp1252", "cp1252"),
        ("utf-16", "utf-16"),
        ("utf-16-le", "utf-16-le"),
        ("utf-16-be", "utf-16-be"),
    ],
)
def test_encodings(encoding, found):
    text = "Prénom,Ville\nZoé,Orléans\nÉlodie,Nîmes – cœur\n"
    if encoding == "iso-8859-1":
        text = text.replace(" – cœur", "")
    format_, rows = table(text.encode(encoding))
    assert format_["encoding"] == found
    assert rows[0] == ["Prénom", "Ville"] and rows[1] == ["Zoé", "Orléans"]


def test_a_late_accent_counts_too():
    data = b"name\n" + b"x\n" * 100_000 + "Zoé\n".encode("cp1252")
    assert recognise(io.BytesIO(data))["encoding"] == "cp1252"


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_separators(separator):
    text = (
        separator.join(["email", "first name", "note"]) + "\n" + separator.join(["a@x.example", "A", "1,5"])
    )
    if separator == ",":
        text = text.replace("1,5", '"1,5"')
    format_, rows = table(text.encode())
    assert format_["separator"] == separator and format_["has_header"]
    assert rows[1] == ["a@x.example", "A", "1,5"]


def test_the_separator_that_excel_names():
    format_, rows = table(b"sep=;\r\nemail;name\r\na@x.example;A\r\n")
    assert format_["separator"] == ";" and rows[0] == ["email", "name"]


def test_mixed_line_ends_and_quoted_newlines():
    _format, rows = table(b'email,note\r\na@x.example,"two\nlines"\nb@x.example,x\rc@x.example,"y\r\nz"\r\n')
    assert rows[1:] == [["a@x.example", "two\nlines"], ["b@x.example", "x"], ["c@x.example", "y\r\nz"]]


def test_a_file_without_header():
    assert not recognise(io.BytesIO(b"a@x.example,Ann\nb@x.example,Bob\n"))["has_header"]


def test_doubled_and_missing_names():
    names, _rows = reading.preview(
        io.BytesIO(b"email,Name,Name,,name\na@x.example,1,2,3,4,5\n"),
        recognise(io.BytesIO(b"email,Name,Name,,name\na@x.example,1,2,3,4,5\n")),
        3,
    )
    assert names == ["email", "Name", "Name (2)", "Column D", "name", "Column F"]
    assert [reading.column_letter(n) for n in (0, 25, 26, 701, 702)] == ["A", "Z", "AA", "ZZ", "AAA"]


@pytest.mark.parametrize("data", [b"", b"\n \r\n", b"\xef\xbb\xbf", b"\xff\xfe"])
def test_empty_files(data):
    assert "empty" in refusal(data)


def test_a_header_alone():
    assert "no rows" in refusal(b"email,name\n")


@pytest.mark.parametrize(
    "data",
    [
        b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40,
        b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n",
        bytes(range(256)) * 300,
        b"MZ\x90\x00\x03\x00\x00\x00" + b"\x01\x02\x03" * 500,
    ],
)
def test_binary_files_called_csv(data):
    assert "no table" in refusal(data)


def test_an_old_excel_workbook():
    assert "old Excel" in refusal(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600)


def test_ten_thousand_columns():
    wide = ",".join(f"c{n}" for n in range(10_000)) + "\n" + ",".join("1" * 10_000)
    assert "10000 columns" in refusal(wide.encode())


def test_a_cell_of_a_megabyte(load):
    run = load("email,company\na@x.example,Acme\nbig@x.example,%s\nc@x.example,Acme\n" % ("x" * 1_048_576))
    assert "at most 200 characters" in reasons(run)[3]
    assert len(run.problems.get().cells[1]) <= 10_001
    assert run.counts["created"] == 2


def test_an_unclosed_quote_costs_what_it_swallowed_and_says_so(load):
    run = load('email,company\na@x.example,Acme\nb@x.example,"oops\nc@x.example,Acme\n')
    assert run.counts["created"] == 1
    assert "never closed: 2 lines" in reasons(run)[3]


def test_formula_cells_are_text(load):
    run = load('email,company\na@x.example,"=HYPERLINK(""http://evil"")"\nb@x.example,@SUM(1)\n')
    assert run.counts["created"] == 2
    assert set(Lead.objects.values_list("company", flat=True)) == {'=HYPERLINK("http://evil")', "@SUM(1)"}


def test_half_invalid_addresses(load):
    rows = "".join(f"p{n}@x.example,N{n}\n" if n % 2 else f"p{n}(at)x.example,N{n}\n" for n in range(40))
    run = load("email,first name\n" + rows)
    assert run.counts | {"created": 20, "refused": 20} == run.counts
    assert Identifier.objects.count() == 20
    assert reasons(run)[2] == "email: Enter a valid email address."


def test_rows_of_unequal_length_and_blank_ones(load):
    run = load("email,company,city\n\na@x.example\n,,\nb@x.example,Acme,Lyon,more,cells\n,Acme\n")
    assert run.counts["created"] == 2
    assert reasons(run) == {6: "Nothing in this row says who it is."}


def test_a_wrong_encoding_is_named_with_its_row(load):
    run = load("email,city\na@x.example,Nîmes\n".encode("cp1252"), go=False)
    run.format["encoding"] = "utf-8"
    run.save()
    from wagtail_automation.leads.imports.runner import run_import

    run_import(run.pk)
    run.refresh_from_db()
    assert run.state == "failed" and "utf-8" in run.problem
    assert not Lead.objects.exists()


# -- workbooks ---------------------------------------------------------------------------------------------


def test_a_workbook(load):
    def fill(sheet):
        sheet.append(["Email", "First name", "Birth date", "Postal code", "Company"])
        sheet.append(["a@x.example", "Zoé", dt.date(1980, 12, 31), 75011, 12.5])
        sheet.append(["b@x.example", None, 29586, None, True])  # a date as a number

    run = load(book(fill))
    assert run.state == "done", run.problem
    one, two = Lead.objects.order_by("email")
    assert (one.first_name, str(one.birth_date), one.postal_code, one.company) == (
        "Zoé", "1980-12-31", "75011", "12.5",
    )  # fmt: skip
    assert str(two.birth_date) == "1980-12-31" and two.company == "true"
    assert run.upload is not None and StoredPiece.objects.exclude(file=run.upload).count() == 0


def test_results_of_formulas_are_read_and_missing_ones_are_said(load):
    def fill(sheet):
        sheet.append(["Email", "Company"])
        sheet.append(["a@x.example", "=1+1"])  # openpyxl stores no result
        sheet.append(["b@x.example", "Acme"])

    run = load(book(fill))
    assert "without its result" in reasons(run)[2]
    assert list(Lead.objects.values_list("company", flat=True)) == ["Acme"]
    data = book(fill)
    with zipfile.ZipFile(io.BytesIO(data)) as source:
        parts = {part: source.read(part) for part in source.namelist()}
    name = "xl/worksheets/sheet1.xml"
    assert b"<f>1+1</f><v" in parts[name]
    parts[name] = (
        parts[name]
        .replace(b"<v />", b"<v>2</v>")
        .replace(b"<v/>", b"<v>2</v>")
        .replace(b"<v></v>", b"<v>2</v>")
    )
    assert [row.cells[1] for row in reading.open_rows(packed(parts), recognise(packed(parts)))][1] == "2"


def packed(parts: dict) -> io.BytesIO:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return io.BytesIO(out.getvalue())


def test_merged_cells_stay_in_their_columns():
    def fill(sheet):
        sheet.append(["Email", "First name", "Last name"])
        sheet.append(["a@x.example", "Zoé Dupré", None])
        sheet.merge_cells("B2:C2")
        sheet.append(["b@x.example", "B", "C"])

    _format, rows = table(book(fill))
    assert rows == [
        ["Email", "First name", "Last name"],
        ["a@x.example", "Zoé Dupré"],
        ["b@x.example", "B", "C"],
    ]


def test_the_sheet_is_chosen():
    workbook = openpyxl.Workbook()
    workbook.active.title = "First"
    workbook.active.append(["Email"])
    second = workbook.create_sheet("Second")
    second.append(["Name"])
    out = io.BytesIO()
    workbook.save(out)
    format_ = recognise(io.BytesIO(out.getvalue()))
    assert format_["sheets"] == ["First", "Second"]
    rows = reading.open_rows(io.BytesIO(out.getvalue()), format_ | {"sheet": "Second"})
    assert [row.cells for row in rows] == [["Name"]]


def test_a_bomb_is_refused_before_it_is_unpacked(monkeypatch):
    good = book(lambda sheet: sheet.append(["Email"]))
    with zipfile.ZipFile(io.BytesIO(good)) as source:
        parts = {part: source.read(part) for part in source.namelist()}
    parts["xl/worksheets/sheet1.xml"] = b"<worksheet>" + b" " * 30_000_000
    bomb = packed(parts)
    assert len(bomb.getvalue()) < 100_000
    monkeypatch.setattr(workbooks, "_open", lambda *args, **kwargs: pytest.fail("it was opened"))
    assert "far more than its size" in refusal(bomb.getvalue())


def test_entities_are_refused():
    good = book(lambda sheet: sheet.append(["Email"]))
    with zipfile.ZipFile(io.BytesIO(good)) as source:
        parts = {part: source.read(part) for part in source.namelist()}
    sheet = parts["xl/worksheets/sheet1.xml"]
    parts["xl/worksheets/sheet1.xml"] = b'<!DOCTYPE x [<!ENTITY a "aaaa">]>' + sheet
    assert "damaged" in refusal(packed(parts).getvalue())


def test_what_a_sheet_says_of_its_size_is_not_believed():
    def fill(sheet):
        sheet.append(["Email"])
        sheet.append(["a@x.example"])

    with zipfile.ZipFile(io.BytesIO(book(fill))) as source:
        parts = {part: source.read(part) for part in source.namelist()}
    name = "xl/worksheets/sheet1.xml"
    assert b'<dimension ref="A1:A2"' in parts[name]
    for said in (b"A1:XFD1048576", b"A1"):
        changed = parts | {name: parts[name].replace(b"A1:A2", said)}
        rows = reading.open_rows(packed(changed), recognise(packed(changed)))
        assert [row.cells for row in rows] == [["Email"], ["a@x.example"]]


def test_a_sheet_wider_or_longer_than_allowed(monkeypatch):
    assert "501 columns" in refusal(book(lambda sheet: sheet.append(["x"] * 501)))
    monkeypatch.setattr(workbooks, "MAX_ROWS", 3)
    assert "more than 3 rows" in refusal(book(lambda sheet: [sheet.append(["x"]) for _n in range(6)]))


@pytest.mark.parametrize("cut", [30, 400, -200])
def test_damaged_workbooks(cut):
    assert "damaged" in refusal(book(lambda sheet: sheet.append(["Email"]))[:cut])


def test_another_archive():
    assert "no Excel workbook" in refusal(packed({"readme.txt": b"hello"}).getvalue())


def test_without_openpyxl_the_message_says_what_to_install(monkeypatch):
    data = book(lambda sheet: sheet.append(["Email"]))
    monkeypatch.setitem(__import__("sys").modules, "openpyxl", None)
    assert "wagtail-automation[import]" in refusal(data)


def test_stored_files_read_back_as_streams(monkeypatch):
    monkeypatch.setattr(storage, "PIECE", 7)
    data = bytes(range(256)) * 3
    file = storage.create("x", [data[:100], data[100:]])
    assert file.size == len(data) and b"".join(storage.pieces(file)) == data
    stream = storage.open_stream(file)
    stream.seek(-10, io.SEEK_END)
    assert stream.read() == data[-10:]
    stream.seek(300)
    assert stream.read(20) == data[300:320]
    storage.remove(file)
    assert not StoredPiece.objects.exists()
