"""What an import makes of people: created, met, updated, left alone; consents, owners; told in sets."""

from collections import Counter

import pytest
from django.contrib.auth.models import Permission
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.leads.imports.conftest import NOW, reasons
from wagtail_automation import signals
from wagtail_automation.leads import actions
from wagtail_automation.leads.imports import runner
from wagtail_automation.leads.imports.kinds import import_kinds
from wagtail_automation.leads.models import (
    ConsentRecord,
    ConsentState,
    CustomField,
    Identifier,
    ImportedLead,
    Lead,
    Team,
    TeamMember,
    Topic,
)
from wagtail_automation.tracking.models import Event

pytestmark = pytest.mark.django_db


def lead(address: str) -> Lead:
    return Identifier.objects.get(kind="email", value=address).lead


def test_people_are_created_whole(load):
    CustomField.objects.create(key="plan", label="Plan", type="choice", choices=["Basic", "Pro"])
    CustomField.objects.create(key="seats", label="Seats", type="number")
    run = load(
        "Prénom;Nom;Courriel;Pays;Date de naissance;Plan;Seats;Numéro client\n"
        "Zoé;Dupré;ZOE@Example.com;France;31/12/1980;pro;12,5;C-1\n"
    )
    assert run.state == "done", run.problem
    zoe = lead("zoe@example.com")
    assert (zoe.first_name, zoe.last_name, zoe.country, str(zoe.birth_date)) == (
        "Zoé", "Dupré", "FR", "1980-12-31",
    )  # fmt: skip
    assert zoe.attributes == {"plan": "Pro", "seats": 12.5}
    assert zoe.email == "zoe@example.com"
    assert zoe.status == "known" and zoe.identified_at
    assert Identifier.objects.get(kind="external", value="C-1").lead == zoe
    assert set(zoe.field_sources) == {
        "first_name", "last_name", "email", "country", "birth_date", "plan", "seats",
    }  # fmt: skip
    assert zoe.field_sources["plan"]["source"] == run.origin
    # the same row as an ordinary save would make
    folded, uuid = zoe.folded, zoe.uuid
    zoe.save()
    zoe.refresh_from_db()
    assert zoe.folded == folded and zoe.uuid == uuid
    assert Lead.objects.search("dupre").get() == zoe
    assert run.counts | {"created": 1, "matched": 0, "refused": 0} == run.counts


def test_a_second_import_changes_nothing(load):
    text = "email,first name,phone\n" + "".join(f"p{n}@x.example,N{n},+3312345{n:04d}\n" for n in range(30))
    load(text)
    before = list(Lead.objects.order_by("pk").values())
    again = load(text)
    assert list(Lead.objects.order_by("pk").values()) == before
    assert Identifier.objects.count() == 30
    assert again.counts | {"created": 0, "matched": 30, "updated": 0, "unchanged": 30} == again.counts
    assert again.match_rate == 100


@pytest.mark.parametrize(
    ("policy", "company", "city"),
    [("fill", "Old", "Paris"), ("overwrite", "New", "Paris"), ("skip", "Old", "")],
)
def test_policies(load, policy, company, city):
    actions.identify(
        lead=None, identifiers={"email": "a@x.example"}, fields={"company": "Old"}, source="x", now=NOW
    )
    run = load("email,company,city,last name\na@x.example,New,Paris,\n", policy=policy)
    found = lead("a@x.example")
    assert (found.company, found.city) == (company, city)
    assert run.counts["updated"] == (policy != "skip")


def test_a_policy_of_a_column_comes_first(load):
    actions.identify(
        lead=None,
        identifiers={"email": "a@x.example"},
        fields={"company": "Old", "city": "Old"},
        source="x",
        now=NOW,
    )
    run = load("email,company,city\na@x.example,New,New\n", go=False)
    run.columns[2]["policy"] = "overwrite"
    run.save()
    runner.run_import(run.pk)
    found = lead("a@x.example")
    assert (found.company, found.city) == ("Old", "New")


def test_empty_cells_never_empty_a_field(load):
    actions.identify(
        lead=None, identifiers={"email": "a@x.example"}, fields={"company": "Old"}, source="x", now=NOW
    )
    load("email,company\na@x.example,\n", policy="overwrite")
    assert lead("a@x.example").company == "Old"


def test_somebody_twice_in_a_file_is_one_person(load):
    run = load(
        "email,external id,first name,company\na@x.example,,Ann,\nA@X.example,7,Anna,Acme\n,7,,Other\n"
    )
    assert Lead.objects.count() == 1
    found = lead("a@x.example")
    assert (found.first_name, found.company) == ("Ann", "Acme")
    assert run.counts | {"created": 1, "matched": 0, "repeated": 2} == run.counts


def test_the_strongest_identifier_decides_and_the_other_stays_where_it_is(load):
    one = actions.identify(
        lead=None, identifiers={"external": "7", "email": "one@x.example"}, source="x", now=NOW
    )
    two = actions.identify(lead=None, identifiers={"email": "two@x.example"}, source="x", now=NOW)
    run = load("external id,email,city\n7,two@x.example,Lyon\n")
    one.refresh_from_db(), two.refresh_from_db()
    assert (one.city, two.city) == ("Lyon", "")
    assert Identifier.objects.get(value="two@x.example").lead == two
    assert "belongs to another lead" in reasons(run)[2]
    assert run.counts["refused"] == 0 and run.counts["noted"] == 1


def test_an_anonymous_lead_becomes_known(load):
    nobody = actions.create_anonymous(now=NOW)
    Identifier.objects.create(kind="external", value="7", lead=nobody)
    load("external id,email\n7,a@x.example\n")
    nobody.refresh_from_db()
    assert nobody.is_known and nobody.email == "a@x.example" and nobody.identified_at
    assert Event.objects.filter(name="lead_identified", lead=nobody).count() == 1


@pytest.mark.parametrize(("who", "created", "city"), [("new", 1, ""), ("known", 0, "Nice")])
def test_whom_to_import(load, who, created, city):
    actions.identify(lead=None, identifiers={"email": "a@x.example"}, source="x", now=NOW)
    run = load("email,city\na@x.example,Nice\nb@x.example,Metz\n", who=who)
    assert run.counts["created"] == created and run.counts["matched"] == 1
    assert lead("a@x.example").city == city
    assert Identifier.objects.filter(value="b@x.example").exists() == bool(created)
    if who == "known":
        assert "Nobody with this identifier" in reasons(run)[3]


def test_consents_go_to_the_ledger_and_a_withdrawn_one_stays_so(load):
    Topic.objects.create(key="news", name="News")
    for address, granted in (("no@x.example", False), ("yes@x.example", True)):
        known = actions.identify(lead=None, identifiers={"email": address}, source="x", now=NOW)
        actions.record_consent(lead=known, subject="email", granted=granted, how="form", now=NOW)
    run = load(
        "email,newsletter,news,consent date\n"
        "new@x.example,oui,no,2025-05-01\n"
        "no@x.example,yes,,\n"
        "yes@x.example,yes,,\n"
        "perhaps@x.example,maybe,,\n"
        "late@x.example,yes,,2125-01-01\n",
        columns={"news": "consents.topic:news"},
        consents_text="Fair of 2025: “Yes, write to me.”",
    )
    assert dict(ConsentState.objects.filter(subject="email").values_list("lead__email", "granted")) == {
        "new@x.example": True,
        "no@x.example": False,
        "yes@x.example": True,
    }
    records = ConsentRecord.objects.filter(how="import")
    assert {(row.subject, row.granted) for row in records} == {("email", True), ("topic:news", False)}
    assert all(row.text.startswith("Fair") and row.at.year == 2025 for row in records)
    assert "withdrawn on" in reasons(run)[3]
    assert reasons(run)[5] == "newsletter: Enter yes or no."
    assert "future" in reasons(run)[6]
    assert Event.objects.filter(name="consent_granted", lead__email="new@x.example").count() == 1
    # a withdrawal always counts
    load("email,newsletter\nyes@x.example,non\n", consents_text="By phone")
    assert not ConsentState.objects.get(lead__email="yes@x.example", subject="email").granted


def test_owners(load, boss):
    other = type(boss).objects.create_user("rep", "rep@site.example", "x")
    known = actions.identify(lead=None, identifiers={"email": "b@x.example"}, source="x", now=NOW)
    actions.set_owner(lead=known, owner=other, now=NOW)
    text = "email,owner\na@x.example,REP\nb@x.example,Boss@site.example\nc@x.example,ghost\n"
    run = load(text)
    assert lead("a@x.example").owner == other
    assert lead("b@x.example").owner == other, "filled in where empty only"
    assert "Nobody on this site" in reasons(run)[4]
    load(text, policy="overwrite")
    assert lead("b@x.example").owner == boss


def test_owners_of_a_file_stand_in_the_history_of_those_who_had_another(load, boss):
    other = type(boss).objects.create_user("rep", "rep@site.example", "x")
    for address in ("b", "c"):
        actions.identify(lead=None, identifiers={"email": f"{address}@x.example"}, source="x", now=NOW)
    actions.set_owner(lead=lead("b@x.example"), owner=other, now=NOW)
    Event.objects.filter(name="lead_updated").delete()
    text = "email,owner\na@x.example,rep\nb@x.example,boss\nc@x.example,boss\n"
    run = load(text, policy="overwrite")
    told = {event.lead_id: event.data for event in Event.objects.filter(name="lead_updated")}
    assert set(told) == {lead("b@x.example").pk, lead("c@x.example").pk}, "who is new changed nothing"
    assert told[lead("b@x.example").pk]["changes"] == {"owner": [other.pk, boss.pk]}
    assert told[lead("c@x.example").pk]["changes"] == {"owner": [None, boss.pk]}
    assert told[lead("b@x.example").pk]["source"] == run.origin
    load(text, policy="overwrite")
    assert Event.objects.filter(name="lead_updated").count() == 2, "a repeat changes nothing"


@pytest.fixture
def team(boss):
    team = Team.objects.create(name="North")
    for name, weight in (("ann", 1), ("bob", 2)):
        user = type(boss).objects.create_superuser(name, f"{name}@site.example", "x")
        TeamMember.objects.create(team=team, user=user, weight=weight)
    return team


def test_a_file_goes_to_a_team_in_turn_and_those_with_an_owner_keep_them(load, boss, team):
    rows = "".join(f"p{number}@x.example,\n" for number in range(9))
    run = load(f"email,owner\nmine@x.example,boss\n{rows}", team_turn=team.pk)
    assert run.state == "done" and run.counts["created"] == 10
    assert lead("mine@x.example").owner == boss
    received = Counter(Lead.objects.exclude(owner=boss).values_list("owner__username", flat=True))
    assert received == {"ann": 3, "bob": 6}
    before = dict(Lead.objects.values_list("pk", "owner"))
    load(f"email,owner\n{rows}", team_turn=team.pk)
    assert dict(Lead.objects.values_list("pk", "owner")) == before, "a repeat gives nobody away"


def test_a_team_of_nobody_leaves_them_with_a_remark(load, team):
    team.members.all().delete()
    run = load("email\np@x.example\n", team_turn=team.pk)
    assert lead("p@x.example").owner is None and "Nobody of the team" in reasons(run)[2]
    with pytest.raises(ValidationError) as caught:
        import_kinds["people"]().check([{"target": "id.email", "policy": ""}], {"team_turn": team.pk})
    assert "today" in str(caught.value)


def test_only_who_sees_everybody_gives_to_teams(load, boss, team):
    assert "team_turn" in import_kinds["people"]().option_fields(boss, [])
    run = load("email\np@x.example\n", team_turn=team.pk, go=False)
    rep = type(boss).objects.create_user("rep", password="x")
    rep.user_permissions.add(
        *Permission.objects.filter(codename__in=("add_lead", "change_lead", "add_importrun"))
    )
    assert "team_turn" not in import_kinds["people"]().option_fields(rep, [])
    type(run).objects.filter(pk=run.pk).update(user=rep)
    runner.run_import(run.pk)
    assert Lead.objects.get().owner_id is None


def test_a_team_in_turn_takes_the_same_statements_for_any_number(load, team):
    def statements(count):
        rows = "".join(f"q{count}x{number}@x.example\n" for number in range(count))
        run = load(f"email\n{rows}", team_turn=team.pk, go=False)
        with CaptureQueriesContext(connection) as queries:
            runner.run_import(run.pk, seconds=60)
        return len(queries)

    assert statements(6) == statements(60)


def test_a_row_may_go_in_without_its_invalid_value(load):
    text = "email,birth date,phone\na@x.example,32/13/1980,+33123456789\n"
    run = load(text)
    assert run.counts["refused"] == 1 and not Lead.objects.exists()
    assert run.problems.get().cells == ["a@x.example", "32/13/1980", "+33123456789"]
    run = load(text, on_error="partly")
    assert run.counts["refused"] == 0 and run.counts["noted"] == 1
    assert lead("a@x.example").phone == "+33123456789"
    assert "birth date" in reasons(run)[2]


def test_signals_are_sets(load):
    actions.identify(lead=None, identifiers={"email": "p0@x.example"}, source="x", now=NOW)
    heard = []

    def listen(sender, leads, facts, now, **kwargs):
        if isinstance(leads, list):
            heard.append((sorted(leads), facts))

    signals.facts_changed.connect(listen)
    try:
        load("email,city\n" + "".join(f"p{n}@x.example,Lyon\n" for n in range(20)))
    finally:
        signals.facts_changed.disconnect(listen)
    assert any(len(leads) == 19 and {"lead:created", "field:city"} <= facts for leads, facts in heard)
    assert any(len(leads) == 1 and facts == {"field:city"} for leads, facts in heard)
    assert Event.objects.filter(name="lead_identified").count() == 20


def queries_of(load, count: int) -> int:
    """Statements of an import of so many people, half of them known, in one chunk."""
    rows = "".join(f"q{count}x{n}@x.example,N{n},{'yes' if n % 2 else 'no'},boss\n" for n in range(count))
    half = rows[: rows.index(f"q{count}x{count // 2}@")]
    load("email,first name,newsletter,owner\n" + half, consents_text="x")
    run = load("email,first name,newsletter,owner\n" + rows, consents_text="x", policy="overwrite", go=False)
    with CaptureQueriesContext(connection) as queries:
        runner.run_import(run.pk, seconds=60)
    run.refresh_from_db()
    assert run.counts["matched"] == count // 2
    return len(queries)


def test_a_chunk_takes_the_same_statements_for_any_number(load):
    assert queries_of(load, 8) == queries_of(load, 800)


def test_a_killed_worker_goes_on_without_double_effect(load, monkeypatch):
    monkeypatch.setattr("wagtail_automation.leads.imports.people.People.chunk", 10)
    text = "email,newsletter\n" + "".join(f"p{n}@x.example,yes\n" for n in range(35))
    run = load(text, consents_text="x", go=False)
    whole = runner.Steps._write
    calls = []

    def killed(self, chunk):
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return whole(self, chunk)

    monkeypatch.setattr(runner.Steps, "_write", killed)
    with pytest.raises(KeyboardInterrupt):
        runner.run_import(run.pk)
    run.refresh_from_db()
    assert (run.state, run.position, Lead.objects.count()) == ("running", 20, 20)
    monkeypatch.setattr(runner.Steps, "_write", whole)
    runner.run_import(run.pk)
    run.refresh_from_db()
    assert (run.state, run.position, run.counts["created"]) == ("done", 35, 35)
    assert Lead.objects.count() == Identifier.objects.count() == ConsentRecord.objects.count() == 35
    assert ImportedLead.objects.filter(run=run).count() == 35


def test_a_chunk_that_fails_halfway_leaves_nothing(load, monkeypatch):
    run = load("email\na@x.example\n", go=False)

    def fail(*args, **kwargs):
        raise RuntimeError("in the middle")

    monkeypatch.setattr("wagtail_automation.leads.imports.actions._remember", fail)
    for _attempt in range(3):
        runner.run_import(run.pk)
    run.refresh_from_db()
    assert run.state == "failed" and "unexpected" in run.problem
    assert not Lead.objects.exists() and not Identifier.objects.exists()


def test_a_stopped_import_stops(load):
    run = load("email\na@x.example\n", go=False)
    assert run.stop()
    assert runner.run_import(run.pk) == "nothing to do"
    assert not Lead.objects.exists()
    assert not run.stop()


def test_somebody_elses_lead_is_not_changed(load, monkeypatch):
    actions.identify(lead=None, identifiers={"email": "theirs@x.example"}, source="x", now=NOW)
    monkeypatch.setattr(
        "wagtail_automation.leads.imports.actions.leads_for",
        lambda user: Lead.objects.exclude(email="theirs@x.example"),
    )
    run = load("email,city\ntheirs@x.example,Lyon\nnew@x.example,Lyon\n", policy="overwrite")
    assert lead("theirs@x.example").city == "" and lead("new@x.example").city == "Lyon"
    assert "somebody else" in reasons(run)[2] and run.counts["created"] == 1


def test_a_right_lost_before_the_work_stops_it(load, boss):
    run = load("email\na@x.example\n", go=False)
    type(boss).objects.update(is_superuser=False)
    runner.run_import(run.pk)
    run.refresh_from_db()
    assert run.state == "failed" and not Lead.objects.exists()
