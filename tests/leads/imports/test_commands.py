"""``automation_import`` and ``automation_export``: what they do, and what they say to wrong words."""

import csv
import io

import pytest
from django.core.management import CommandError, call_command

from wagtail_automation.leads.actions import identify
from wagtail_automation.leads.models import ExportRun, ImportRun, Lead, StoredFile

from .conftest import NOW

pytestmark = pytest.mark.django_db
TEXT = "Courriel;Société;Remarque\nzoe@x.example;Acme;x\nbad;;\n"


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "people.csv"
    path.write_text(TEXT)
    return str(path)


def run(*args, **options) -> str:
    out = io.StringIO()
    call_command(*args, stdout=out, stderr=io.StringIO(), **options)
    return out.getvalue()


def test_import(boss, file):
    said = run("automation_import", file, map=["Remarque=field.city::overwrite"], option=["policy=overwrite"])
    assert Lead.objects.get().company == "Acme" and Lead.objects.get().city == "x"
    assert "People created: 1" in said and "row 3: Courriel: Enter a valid email address." in said
    found = ImportRun.objects.get()
    assert (found.user, found.state, found.columns[2]["policy"]) == (boss, "done", "overwrite")


def test_a_dry_run_writes_nothing(boss, file):
    assert "Courriel -> id.email" in run("automation_import", file, dry_run=True)
    assert not ImportRun.objects.exists() and not StoredFile.objects.exists()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"kind": "ghosts"}, "no kind 'ghosts'"),
        ({"map": ["Nothing=id.email"]}, "no column 'Nothing'"),
        ({"map": ["Remarque=field.nothing"]}, "no target 'field.nothing'"),
        ({"map": ["Remarque=field.city::never"]}, "no policy 'never'"),
        ({"map": ["Courriel="]}, "says who it is"),
        ({"option": ["who=aliens"]}, "who: Select a valid choice"),
        ({"option": ["nonsense=1"]}, "no option 'nonsense'"),
        ({"user": "ghost"}, "no active account 'ghost'"),
        ({"encoding": "utf-16"}, "cannot be read"),
    ],
)
def test_wrong_words(boss, file, options, words):
    with pytest.raises(CommandError, match=words):
        run("automation_import", file, **options)
    assert not Lead.objects.exists() and not StoredFile.objects.exists()


def test_files_that_are_none(boss, tmp_path):
    with pytest.raises(CommandError, match="cannot be read"):
        run("automation_import", str(tmp_path / "none.csv"))
    (tmp_path / "x.csv").write_bytes(b"\x89PNG" + bytes(range(256)) * 9)
    with pytest.raises(CommandError, match="no table"):
        run("automation_import", str(tmp_path / "x.csv"))


def test_somebody_must_be_named(db, file):
    with pytest.raises(CommandError, match="no administrator"):
        run("automation_import", file)


def test_export(boss, tmp_path):
    identify(lead=None, identifiers={"email": "zoe@x.example"}, fields={"city": "=1"}, source="x", now=NOW)
    path = tmp_path / "out.csv"
    said = run("automation_export", str(path), columns="field.email,field.city", filter="q=zoe")
    assert "1 leads are in" in said
    rows = list(csv.reader(io.StringIO(path.read_text("utf-8-sig"))))
    assert rows == [["Email address", "City"], ["zoe@x.example", "'=1"]]
    run("automation_export", str(tmp_path / "out.xlsx"))
    assert (tmp_path / "out.xlsx").read_bytes().startswith(b"PK")
    assert not ExportRun.objects.exists() and not StoredFile.objects.exists(), "nothing stays behind"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"columns": "field.nothing"}, "no column 'field.nothing'"),
        ({"source": "ghosts"}, "no source 'ghosts'"),
        ({"source": "list", "filter": "of=99"}, "names nobody"),
    ],
)
def test_wrong_exports(boss, tmp_path, options, words):
    with pytest.raises(CommandError, match=words):
        run("automation_export", str(tmp_path / "x.csv"), **options)
