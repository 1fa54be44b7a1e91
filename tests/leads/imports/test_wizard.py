"""The wizard: upload, columns, preview, start, report; who may; what is remembered; what is kept how long."""

import datetime as dt

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from tests.leads.imports.conftest import reasons
from wagtail_automation import clock, pruning
from wagtail_automation.leads.files import reading
from wagtail_automation.leads.imports import runner
from wagtail_automation.leads.imports.forms import OTHER_FIELDS, takes_policies
from wagtail_automation.leads.models import (
    ConsentState,
    ImportMemory,
    ImportRun,
    Lead,
    StoredFile,
    StoredPiece,
)

pytestmark = pytest.mark.django_db
CSV = (
    "Courriel;Prénom;Ville;Remarque\n"
    "zoe@x.example;Zoé;Lyon;<script>alert(1)</script>\n"
    "not-an-address;Max;;x\n"
)


def url(name, *args):
    return reverse(f"wagtail_automation_imports:{name}", args=args)


def upload(client, text=CSV, name="people.csv", kind="people"):
    data = text if isinstance(text, bytes) else text.encode()
    return client.post(url("add"), {"kind": kind, "file": SimpleUploadedFile(name, data)})


def answers(client, run, **changes):
    """What the form of the columns would send as it stands."""
    form = client.get(url("columns", run.pk)).context["form"]
    data = {name: form[name].value() for name in form.fields}
    return {name: value for name, value in (data | changes).items() if value is not None}


def walk(client, **changes):
    upload(client)
    run = ImportRun.objects.latest("pk")
    response = client.post(url("columns", run.pk), answers(client, run, **changes))
    assert response.url == url("preview", run.pk)
    return run


def wide(columns: int) -> str:
    return ",".join(["email", *(f"c{n}" for n in range(1, columns))]) + "\na@x.example" + ",x" * (columns - 1)


def test_more_columns_than_can_be_imported_are_refused_with_the_file(marketer):
    response = upload(marketer, wide(501))
    assert response.status_code == 200 and not ImportRun.objects.exists()
    told = "The file has 501 columns; at most 500 can be imported."
    assert response.context["form"].errors["file"] == [told] and told in response.content.decode()


@pytest.mark.parametrize("columns", [15, 16, 50])
def test_the_form_of_a_wide_file_has_no_more_fields_than_django_takes(marketer, columns, settings):
    assert settings.DATA_UPLOAD_MAX_NUMBER_FIELDS == 1000 and takes_policies(450)
    assert not takes_policies(reading.MAX_COLUMNS) and reading.MAX_COLUMNS + OTHER_FIELDS <= 1000
    settings.DATA_UPLOAD_MAX_NUMBER_FIELDS = 130 if columns < 50 else 80
    upload(marketer, wide(columns))
    run = ImportRun.objects.get()
    page = marketer.get(url("columns", run.pk))
    assert page.context["form"].has_policies is (columns == 15)
    assert ("very many columns" in page.content.decode()) is (columns > 15)
    response = marketer.post(url("columns", run.pk), answers(marketer, run, policy="overwrite"))
    assert response.status_code == 302 and response.url == url("preview", run.pk)
    assert marketer.get(response.url).context["left_out"] == columns - 1
    run.refresh_from_db()
    assert run.columns[0] == {"target": "id.email", "policy": ""} and run.options["policy"] == "overwrite"


def test_where_hundreds_of_columns_go_is_typed_or_chosen_from_one_list(marketer):
    upload(marketer, wide(500))
    run = ImportRun.objects.get()
    page = marketer.get(url("columns", run.pk))
    form, text = page.context["form"], page.content.decode()
    assert text.count("<option") < 1200 and text.count('list="wa-import-targets"') == 500
    assert text.count("<datalist") == 1 and form["target_0"].value() == "Email address"
    names = [name for _key, name, _group in form.suggestions]
    assert len(set(names)) == len(names) and 'value="Email address"' in text
    typed = {"target_1": "first NAME", "target_2": " Company ", "target_3": "field.city"}
    city = next(key for key, name, _group in form.suggestions if name == "City")
    wrong = marketer.post(
        url("columns", run.pk),
        answers(marketer, run, **typed | {"target_3": "Shoe size", "target_4": "city"}),
    )
    assert wrong.status_code == 200 and [
        column["name"] for column in wrong.context["form"].wrong_columns()
    ] == ["c3"]
    shown = wrong.content.decode()
    assert "Columns go to what the list offers" in shown and 'href="#id_target_3"' in shown
    assert 'value="Shoe size"' in shown and 'value="first NAME"' in shown
    twice = marketer.post(url("columns", run.pk), answers(marketer, run, target_1="City", target_2="city"))
    assert "Another column goes to “City” already." in twice.content.decode()
    response = marketer.post(url("columns", run.pk), answers(marketer, run, **typed | {"target_3": city}))
    assert response.url == url("preview", run.pk)
    run.refresh_from_db()
    assert [column["target"] for column in run.columns if column["target"]] == [
        "id.email", "field.first_name", "field.company", city
    ]  # fmt: skip
    again = marketer.get(url("columns", run.pk)).context["form"]
    assert again["target_1"].value() == "First name" and again["target_9"].value() == ""


def test_two_targets_of_one_name_are_told_apart(marketer):
    from wagtail_automation.leads.imports.forms import suggestions
    from wagtail_automation.leads.imports.kinds import Target

    found = suggestions(
        [Target("a", "name", "The order"), Target("b", "Name", "Item"), Target("c", "x", "Item")]
    )
    assert [name for _key, name, _group in found] == ["Name (The order)", "Name (Item)", "X"]


def test_the_whole_way(marketer, django_capture_on_commit_callbacks):
    assert marketer.get(url("add")).status_code == 200
    response = upload(marketer)
    run = ImportRun.objects.get()
    assert response.url == url("columns", run.pk)
    form = marketer.get(url("columns", run.pk)).context["form"]
    assert [form[f"target_{n}"].value() for n in range(4)] == [
        "id.email", "field.first_name", "field.city", "",
    ]  # fmt: skip
    response = marketer.post(url("columns", run.pk), answers(marketer, run))
    assert response.url == url("preview", run.pk)
    response = marketer.get(response.url)
    assert not Lead.objects.exists()
    assert response.context["refused"] == 1 and response.context["left_out"] == 1
    text = response.content.decode()
    assert "Enter a valid email address." in text and "<script>alert" not in text
    with django_capture_on_commit_callbacks(execute=True):
        response = marketer.post(response.request["PATH_INFO"])
    assert response.url == url("report", run.pk)
    response = marketer.get(response.url)
    run.refresh_from_db()
    assert run.state == "done" and Lead.objects.get().first_name == "Zoé"
    text = response.content.decode()
    assert "not-an-address" in text and "2 rows of “people.csv” were read." in text
    assert marketer.get(url("status", run.pk)).json()["percent"] == 100
    assert b"people.csv" in marketer.get(url("index")).content
    assert marketer.get(url("index_results")).status_code == 200
    # later the steps lead to the report
    for step in ("columns", "preview"):
        assert marketer.get(url(step, run.pk)).url == url("report", run.pk)


def test_one_row_is_one_row(marketer, load):
    page = marketer.get(url("report", load("email\na@x.example\n").pk)).content.decode()
    assert "1 row of “people.csv” was read." in page


def test_the_script_in_a_cell_is_text_everywhere(marketer):
    run = walk(marketer, target_3="field.company")
    for name in ("columns", "preview"):
        assert b"<script>alert" not in marketer.get(url(name, run.pk)).content


def test_the_mapping_is_remembered_for_the_same_header(marketer):
    walk(marketer, target_3="field.company", policy="overwrite")
    assert ImportMemory.objects.count() == 1
    upload(marketer, CSV.replace("zoe@", "max@"))
    run = ImportRun.objects.latest("pk")
    response = marketer.get(url("columns", run.pk))
    form = response.context["form"]
    assert form["target_3"].value() == "field.company" and form["policy"].value() == "overwrite"
    assert b"before" in response.content
    upload(marketer, "email;company\na@x.example;Acme\n")
    assert not marketer.get(url("columns", ImportRun.objects.latest("pk").pk)).context["remembered"]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"target_0": ""}, "says who it is"),
        ({"target_3": "field.city"}, "goes to “City” already"),
        ({"target_3": "consents.email"}, "Say what people agreed to"),
        ({"target_3": "consents.at"}, "needs a column"),
        ({"target_3": "field.score"}, "valid choice"),
    ],
)
def test_mappings_that_cannot_be(marketer, changes, words):
    upload(marketer)
    run = ImportRun.objects.get()
    response = marketer.post(url("columns", run.pk), answers(marketer, run, **changes))
    assert response.status_code == 200
    form = response.context["form"]
    messages = [str(error) for errors in form.errors.values() for error in errors]
    assert any(words.lower() in message.lower() for message in messages), messages


def test_how_it_is_read_may_be_corrected(marketer):
    upload(marketer, "a|b;email\n1|2;a@x.example\n")
    run = ImportRun.objects.get()
    page = url("columns", run.pk)
    marketer.post(
        page,
        {"read_again": "1", "format-encoding": "utf-8", "format-separator": "|", "format-has_header": "on"},
    )
    run.refresh_from_db()
    assert run.header == ["a", "b;email"]
    response = marketer.post(page, {"read_again": "1", "format-encoding": "utf-16", "format-separator": "|"})
    run.refresh_from_db()
    assert run.header == ["a", "b;email"] and response.status_code == 200
    assert "another encoding" in response.content.decode() or "no rows" in response.content.decode()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 9, "no table"),
        (b"PK\x03\x04 nothing", "damaged"),
        (b"email\n", "no rows"),
    ],
)
def test_files_that_are_none_are_refused_at_the_field(marketer, data, words):
    response = upload(marketer, data)
    assert words in " ".join(response.context["form"].errors["file"])
    assert not ImportRun.objects.exists() and not StoredFile.objects.exists()


def test_a_file_that_is_too_large(marketer, settings):
    settings.WAGTAIL_AUTOMATION = settings.WAGTAIL_AUTOMATION | {"IMPORT_MAX_BYTES": 20}
    assert "at most" in str(upload(marketer).context["form"].errors)


def test_refused_rows_can_be_corrected_and_imported_again(marketer, load):
    run = load("email,phone,company\n=cmd(),+33123456789,@evil\nb@x.example,+33123456780,Acme\n")
    response = marketer.get(url("problems", run.pk))
    text = b"".join(response.streaming_content).decode()
    assert "'=cmd()" in text and "'@evil" in text and "'+33123456789" in text
    assert "no-store" in response["Cache-Control"]
    again = load(text.replace("'=cmd()", "a@x.example").encode())
    assert again.counts["created"] == 1, reasons(again)
    assert Lead.objects.get(email="a@x.example").phone == "+33123456789"
    assert Lead.objects.get(email="a@x.example").company == "@evil"


def test_discarding_leaves_nothing(marketer):
    upload(marketer)
    run = ImportRun.objects.get()
    marketer.post(url("discard", run.pk))
    assert not ImportRun.objects.exists() and not StoredPiece.objects.exists()


def test_who_may(client, marketer, english):
    run = walk(marketer)
    other = get_user_model().objects.create_user("other", password="x")
    other.groups.add(Group.objects.get(name="Marketer"))
    client.force_login(other)
    for name in ("columns", "preview"):
        assert client.get(url(name, run.pk)).status_code == 404, "somebody else's draft"
    for role in ("salesperson", "analyst"):
        user = get_user_model().objects.create_user(role, password="x")
        user.groups.add(Group.objects.get(name=role.title()))
        client.force_login(user)
        for name, args in (("index", []), ("add", []), ("report", [run.pk]), ("problems", [run.pk])):
            assert client.get(url(name, *args)).status_code in (302, 403)
            assert client.get(url(name, *args)).get("Location", "/admin/") == reverse("wagtailadmin_home")
    ImportRun.objects.update(state="running")
    client.force_login(other)
    assert client.post(url("stop", run.pk)).status_code in (302, 404)
    run.refresh_from_db()
    assert run.state == "running"


def test_files_and_rows_go_after_their_time_and_the_report_stays(load, monkeypatch):
    run = load("email\nbad\na@x.example\n")
    later = clock.now() + dt.timedelta(days=31)
    pruning.prune(later)
    run.refresh_from_db()
    assert run.upload is None and not StoredPiece.objects.exists() and not run.problems.exists()
    assert run.counts["created"] == 1


def test_the_beat_goes_on_with_what_was_left(load, django_capture_on_commit_callbacks):
    from wagtail_automation.leads import tasks

    run = load("email\na@x.example\n", go=False)
    with django_capture_on_commit_callbacks(execute=True):
        tasks.beat()
    run.refresh_from_db()
    assert run.state == "done"


def test_the_task_asks_for_more_time(load, monkeypatch, django_capture_on_commit_callbacks):
    monkeypatch.setattr("wagtail_automation.leads.imports.people.People.chunk", 2)
    run = load("email\n" + "".join(f"p{n}@x.example\n" for n in range(7)), go=False)
    with django_capture_on_commit_callbacks() as asked:
        assert runner.run_import(run.pk, seconds=0) == "more"
    assert len(asked) == 1
    assert ConsentState.objects.count() == 0
