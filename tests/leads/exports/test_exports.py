"""Exports: whom, which columns, safe cells, one's own only, for some days, in the background."""

import csv
import datetime as dt
import io

import openpyxl
import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group, Permission
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from wagtail_automation import clock, pruning
from wagtail_automation.admin import roles
from wagtail_automation.leads import actions
from wagtail_automation.leads.exports import columns, runner, sources
from wagtail_automation.leads.files import storage
from wagtail_automation.leads.models import CustomField, ExportRun, Lead, StoredFile, StoredPiece, Topic

NOW = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)
pytestmark = pytest.mark.django_db


def url(name, *args):
    return reverse(f"wagtail_automation_exports:{name}", args=args)


@pytest.fixture
def boss(db):
    return get_user_model().objects.create_superuser("boss", "boss@site.example", "x")


@pytest.fixture
def people(boss):
    CustomField.objects.create(key="plan", label="Plan", type="multiple_choice", choices=["Basic", "Pro"])
    CustomField.objects.create(key="seats", label="=Seats", type="number")
    Topic.objects.create(key="news", name="News")
    zoe = actions.identify(
        lead=None,
        identifiers={"email": "zoe@x.example", "external": "C-1", "phone": "+33123456789"},
        fields={"first_name": "Zoé", "company": "=HYPERLINK(1)", "plan": "Pro;Basic", "seats": "12,5"},
        source="form",
        now=NOW,
    )
    actions.record_consent(lead=zoe, subject="email", granted=True, how="form", now=NOW)
    actions.record_consent(lead=zoe, subject="topic:news", granted=False, how="form", now=NOW)
    actions.set_owner(lead=zoe, owner=boss, now=NOW)
    max_ = actions.identify(
        lead=None, identifiers={"email": "max@x.example"}, fields={"language": "fr"}, source="x", now=NOW
    )
    actions.create_anonymous(now=NOW)
    return zoe, max_


def export(user, *, keys=None, format_="csv", source="leads", query=None) -> ExportRun:
    if keys is None:
        keys = [column.key for group in columns.groups_for(user) for column in group.columns()]
    run = ExportRun.objects.create(
        user=user,
        source=source,
        query=query or {},
        name="Leads",
        columns=keys,
        format=format_,
        state="queued",
    )
    runner.run_export(run.pk, seconds=60)
    run.refresh_from_db()
    return run


def table(run) -> list[dict]:
    text = b"".join(storage.pieces(run.file)).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def test_every_column_of_known_people(boss, people):
    run = export(boss)
    assert run.state == "done", run.problem
    max_, zoe = table(run)
    assert (
        zoe
        | {
            "First name": "Zoé",
            "Company": "'=HYPERLINK(1)",
            "Plan": "Basic; Pro",
            "'=Seats": "12.5",
            "External key": "C-1",
            "Owner": "boss",
            "Emails (yes or no)": "yes",
            "News": "no",
            "Created": "2026-03-01 12:00:00Z",
            "Score": "0",
        }
        == zoe
    )
    assert zoe["Phone number"] == "'+33123456789"
    assert max_["Language"] == "fr" and max_["News"] == "" and max_["Owner"] == ""
    assert run.total == run.position == 2 and run.expires_at > clock.now()


def test_a_workbook_holds_numbers_and_no_formula(boss, people):
    run = export(boss, keys=["field.company", "field.seats", "field.first_name"], format_="xlsx")
    assert run.state == "done", run.problem
    book = openpyxl.load_workbook(storage.open_stream(run.file))
    rows = list(book.active.iter_rows())
    assert [cell.value for cell in rows[0]] == ["Company", "'=Seats", "First name"]
    assert [cell.value for cell in rows[2]] == ["'=HYPERLINK(1)", 12.5, "Zoé"]
    assert all(cell.data_type != "f" for row in rows for cell in row)
    assert StoredFile.objects.count() == 1, "what it was made of is gone"


def test_too_many_for_a_workbook(boss, people, monkeypatch):
    monkeypatch.setattr(runner, "MAX_WORKBOOK_ROWS", 1)
    run = export(boss, format_="xlsx")
    assert run.state == "failed" and "Choose CSV" in run.problem


def test_the_filters_of_the_list_say_whom(boss, people):
    source = sources.FilteredLeads()
    query = source.query(QueryDict("language=fr&p=3&ordering=score&q="))
    assert query == {"language": ["fr"]}
    assert [row["Email address"] for row in table(export(boss, query=query))] == ["max@x.example"]
    assert [row["Email address"] for row in table(export(boss, query={"q": ["ZOE"]}))] == ["zoe@x.example"]
    assert table(export(boss, query={"score_min": ["nonsense"]})) == [], "a broken filter selects nobody"
    assert source.name({"q": ["zoe"]}) == "Leads: zoe"


def test_chosen_leads(boss, people):
    source = sources.ChosenLeads()
    query = source.query(QueryDict(f"id={people[0].pk}&id=x&id=99999999999999999999"))
    assert len(table(export(boss, source="chosen", query=query))) == 1
    assert source.query(QueryDict("id=x")) is None


def test_nobody_for_somebody_who_lost_the_right(people, django_user_model):
    user = django_user_model.objects.create_user("plain", password="x")
    run = export(user, keys=["field.email"])
    assert run.total == 0 and table(run) == []


def test_columns_that_are_gone_are_left_out(boss, people):
    assert list(table(export(boss, keys=["field.gone", "field.email"]))[0]) == ["Email address"]
    run = export(boss, keys=["field.gone"])
    assert run.state == "failed" and "None of the columns" in run.problem


def test_statements_and_pieces_per_chunk(boss, people, monkeypatch):
    def count(number):
        Lead.objects.bulk_create(
            Lead(status="known", first_name=f"N{n}", attributes={"seats": n}) for n in range(number)
        )
        with CaptureQueriesContext(connection) as queries:
            run = export(boss)
        assert run.position == Lead.objects.known().count()
        return len(queries)

    assert count(5) == count(300)


def test_a_killed_worker_goes_on_where_it_was(boss, people, monkeypatch):
    monkeypatch.setattr(runner, "CHUNK", 1)
    whole, calls = runner.Steps._written, []

    def killed(self, leads):
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return whole(self, leads)

    monkeypatch.setattr(runner.Steps, "_written", killed)
    with pytest.raises(KeyboardInterrupt):
        export(boss, keys=["field.email"])
    run = ExportRun.objects.get()
    assert run.position == 1
    monkeypatch.setattr(runner.Steps, "_written", whole)
    runner.run_export(run.pk)
    run.refresh_from_db()
    assert [row["Email address"] for row in table(run)] == ["max@x.example", "zoe@x.example"]


def test_the_whole_way_and_who_may_fetch(client, english, boss, people, django_capture_on_commit_callbacks):
    client.force_login(boss)
    response = client.get(url("add", "leads"), {"language": "fr"})
    assert response.context["people"] == 1
    page = url("add", "leads") + "?language=fr"
    assert "at least one column" in client.post(page, {"format": "csv"}).content.decode()
    with django_capture_on_commit_callbacks(execute=True):
        response = client.post(page, {"format": "csv", "columns": ["field.email"]})
    run = ExportRun.objects.get()
    assert response.url == url("report", run.pk)
    assert url("download", run.pk) in client.get(response.url).content.decode()
    assert client.get(url("status", run.pk)).json()["state"] == "done"
    response = client.get(url("download", run.pk))
    assert b"max@x.example" in b"".join(response.streaming_content)
    assert response["Content-Disposition"] == 'attachment; filename="Leads_Language_fr.csv"'
    assert b"Leads: Language fr" in client.get(url("index")).content
    other = get_user_model().objects.create_superuser("other", "o@site.example", "x")
    client.force_login(other)
    for name in ("report", "status", "download"):
        assert client.get(url(name, run.pk)).status_code == 404, "not even another administrator"
    assert b"Leads: Language fr" not in client.get(url("index")).content


def test_a_right_that_was_taken_away_closes_the_file(client, english, people):
    roles.create_groups()
    user = get_user_model().objects.create_user("mark", password="x")
    user.groups.add(Group.objects.get(name="Marketer"))
    run = export(user, keys=["field.email"])
    client.force_login(user)
    assert client.get(url("download", run.pk)).status_code == 200
    user.groups.clear()
    user.user_permissions.add(
        Permission.objects.get(codename="access_admin"), Permission.objects.get(codename="add_exportrun")
    )
    assert client.get(url("download", run.pk)).status_code in (302, 403)
    assert client.get(url("add", "leads")).status_code in (302, 403)
    assert client.get(url("add", "nonsense")).status_code in (302, 403)


def test_files_expire(client, english, boss, people, monkeypatch):
    run = export(boss, keys=["field.email"])
    client.force_login(boss)
    ExportRun.objects.update(expires_at=clock.now() - dt.timedelta(seconds=1))
    assert client.get(url("download", run.pk)).status_code == 404
    assert "no longer kept" in client.get(url("report", run.pk)).content.decode()
    pruning.prune(clock.now() + dt.timedelta(days=8))
    assert not ExportRun.objects.exists() and not StoredPiece.objects.exists()


def test_a_salesperson_exports_the_leads_that_are_theirs(client, english, people):
    roles.create_groups()
    rep = get_user_model().objects.create_user("rep", password="x")
    rep.groups.add(Group.objects.get(name="Salesperson"))
    actions.set_owner(lead=people[1], owner=rep, now=NOW)
    run = export(rep, keys=["field.email"])
    assert [row["Email address"] for row in table(run)] == ["max@x.example"]
    ids = {"ids": [lead.pk for lead in people]}
    assert len(table(export(rep, keys=["field.email"], source="chosen", query=ids))) == 1
    client.force_login(rep)
    assert client.get(url("add", "leads")).context["people"] == 1
