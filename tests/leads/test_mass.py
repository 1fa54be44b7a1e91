"""Changing many leads: what, with which value, how many typed to confirm; in the background; logged."""

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from wagtail.models import ModelLogEntry

from wagtail_automation import clock
from wagtail_automation.admin import roles
from wagtail_automation.audiences.models import LeadList, ListMembership
from wagtail_automation.leads import actions
from wagtail_automation.leads.mass import runner
from wagtail_automation.leads.models import CustomField, Lead, MassRun

pytestmark = pytest.mark.django_db


def url(name, *args):
    return reverse(f"wagtail_automation_mass:{name}", args=args)


@pytest.fixture
def people(db):
    return [
        actions.identify(
            lead=None,
            identifiers={"email": f"p{number}@x.example"},
            fields={"language": "fr" if number % 2 else "en"},
            source="x",
            now=clock.now(),
        )
        for number in range(6)
    ]


def change(client, action, source="leads", query="", *, count, capture=None, **data):
    """Post the form; returns the response and the run, worked off."""
    response = client.post(f"{url('change', source, action)}?{query}", data | {"confirm-count": str(count)})
    run = MassRun.objects.order_by("-pk").first() if response.status_code == 302 else None
    if run is not None:
        runner.run_mass(run.pk, seconds=60)
        run.refresh_from_db()
    return response, run


def test_a_field_of_all_that_match(marketer, people):
    page = marketer.get(url("choose", "leads"), {"language": "fr"})
    assert page.context["people"] == 3
    assert f"{url('change', 'leads', 'field')}?language=fr" in page.content.decode()
    first = marketer.get(url("change", "leads", "field"), {"language": "fr"})
    assert "first" in first.context and "form" not in first.context
    response, run = change(marketer, "field", query="language=fr&field=language", count=3, value="de")
    assert run.state == "done" and run.counts == {"changed": 3}
    assert Lead.objects.filter(language="de").count() == 3, "what changes does not move the place"
    assert Lead.objects.filter(language="en").count() == 3
    entry = ModelLogEntry.objects.get(action="wagtail_automation.mass_change")
    assert entry.user == marketer.user and entry.data["count"] == 3 and "German" in entry.data["name"]
    assert marketer.get(response.url).status_code == 200
    assert marketer.get(url("status", run.pk)).json()["percent"] == 100


def test_ticked_leads_only_and_custom_fields(marketer, people):
    CustomField.objects.create(key="plan", label="Plan", type="choice", choices=["Basic", "Pro"])
    query = f"id={people[0].pk}&id={people[1].pk}&field=plan"
    response, _run = change(marketer, "field", "chosen", query, count=2, value="Gold")
    assert response.status_code == 200 and response.context["form"].errors["value"]
    _response, run = change(marketer, "field", "chosen", query, count=2, value="Pro")
    assert Lead.objects.filter(attributes__plan="Pro").count() == 2
    _response, run = change(marketer, "field", "chosen", query, count=2, value="")
    assert run.counts == {"changed": 2} and "Empty" in run.name
    assert not Lead.objects.filter(attributes__has_key="plan").exists()


@pytest.mark.parametrize("typed", ["", "5", "x", "66"])
def test_the_number_is_typed(marketer, people, typed):
    response, run = change(marketer, "field", query="field=company", count=typed, value="Acme")
    assert run is None and response.context["confirm"].errors
    assert not Lead.objects.filter(company="Acme").exists()


def test_a_number_may_be_written_with_spaces(marketer, people):
    _response, run = change(marketer, "field", query="field=company", count=" 6 ", value="Acme")
    assert run.counts == {"changed": 6}


def test_lists(marketer, people):
    fair = LeadList.objects.create(name="Fair")
    _response, run = change(marketer, "list_add", query="language=fr", count=3, list=fair.pk)
    assert run.counts == {"changed": 3} and ListMembership.objects.filter(list=fair).count() == 3
    _response, run = change(marketer, "list_add", count=6, list=fair.pk)
    assert run.counts == {"changed": 3}, "who is on it stays"
    _response, run = change(marketer, "list_remove", "list", f"of={fair.pk}", count=6, list=fair.pk)
    assert run.counts == {"changed": 6} and not ListMembership.objects.filter(list=fair).exists()
    fair.delete()
    stale = MassRun.objects.create(
        user=marketer.user, action="list_add", value={"list": 999}, source="leads", total=6, state="queued"
    )
    runner.run_mass(stale.pk)
    stale.refresh_from_db()
    assert stale.state == "failed" and "does not exist" in stale.problem


@pytest.mark.parametrize("action", ["nonsense", "erase"])
def test_only_what_one_may(client, english, people, action):
    roles.create_groups()
    user = get_user_model().objects.create_user("rep", password="x")
    user.groups.add(Group.objects.get(name="Salesperson"))
    client.force_login(user)
    for page in (url("choose", "leads"), url("change", "leads", action)):
        assert client.get(page).status_code in (302, 403)
    assert client.post(url("change", "leads", action), {"confirm-count": "6"}).status_code in (302, 403)
    assert not MassRun.objects.exists()


def test_a_right_lost_before_the_work_stops_it(marketer, people):
    run = MassRun.objects.create(
        user=marketer.user,
        action="field",
        value={"field": "company", "value": "Acme"},
        source="leads",
        total=6,
        state="queued",
    )
    marketer.user.groups.clear()
    runner.run_mass(run.pk)
    run.refresh_from_db()
    assert run.state == "failed" and not Lead.objects.filter(company="Acme").exists()


def test_the_work_goes_on_after_a_kill_and_takes_few_statements(marketer, people, monkeypatch):
    def make(value):
        return MassRun.objects.create(
            user=marketer.user,
            action="field",
            value={"field": "company", "value": value},
            source="leads",
            total=6,
            state="queued",
        )

    counts = []
    for value in ("Acme", "Bolt"):
        run = make(value)
        with CaptureQueriesContext(connection) as queries:
            runner.run_mass(run.pk, seconds=60)
        counts.append(len(queries))
        Lead.objects.bulk_create(Lead(status="known", company="Old") for _number in range(300))
    assert counts[0] == counts[1]
    monkeypatch.setattr(runner, "CHUNK", 2)
    run = make("Cork")
    runner.run_mass(run.pk, seconds=0)
    run.refresh_from_db()
    assert (run.state, run.position) == ("running", 2)
    runner.run_mass(run.pk, seconds=60)
    assert Lead.objects.filter(company="Cork").count() == Lead.objects.known().count()


def test_the_footer_of_the_list_leads_to_the_pages(marketer, people):
    bulk = reverse("wagtail_bulk_action", args=["wagtail_automation_leads", "lead", "mass_change"])
    response = marketer.get(bulk, {"id": [people[0].pk, people[1].pk], "next": "/admin/"})
    assert response.url == f"{url('choose', 'chosen')}?id={people[0].pk}&id={people[1].pk}"
    response = marketer.get(bulk, {"id": "all", "language": "fr", "next": "/admin/"})
    assert response.url == f"{url('choose', 'leads')}?language=fr"
    bulk = reverse("wagtail_bulk_action", args=["wagtail_automation_leads", "lead", "export"])
    assert "exports/new/leads/?language=fr" in marketer.get(bulk, {"id": "all", "language": "fr"}).url
