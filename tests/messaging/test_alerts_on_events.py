"""Alerts on events: whom they are about, who is told, once, at once or in a digest; bad input."""

import datetime as dt

import pytest
from django.contrib.auth.models import User
from django.urls import reverse

from wagtail_automation import clock
from wagtail_automation.leads.cohorts import LeadsCohort
from wagtail_automation.messaging.alerting import watching
from wagtail_automation.messaging.alerts import queue_alerts
from wagtail_automation.messaging.models import Alert, AlertNotice, AlertRecord, DirectMessage
from wagtail_automation.testing import clock as test_clock
from wagtail_automation.tracking.actions import record_event
from wagtail_automation.tracking.models import Event

pytestmark = pytest.mark.django_db
HOT = {"match": "all", "items": [{"id": "c", "type": "score_above", "value": {"value": 10}}]}
NOW = dt.datetime(2026, 3, 10, 9, 0, tzinfo=dt.UTC)


@pytest.fixture
def make_alert():
    def make(**fields):
        defaults = {"name": "Hot", "event": "form_submitted", "to": "others", "address": "desk@shop.example"}
        alert = Alert.objects.create(**{**defaults, "text": "Call {{ lead.first_name }}!", **fields})
        watching.look()  # from here on
        return alert

    return make


@pytest.fixture(autouse=True)
def _now():
    with test_clock.freeze(NOW):
        yield


def later(**delta) -> str:
    with test_clock.freeze(NOW + dt.timedelta(**delta)):
        return watching.look()


def test_who_matches_is_told_about_once(make_lead, make_alert):
    hot, cold = make_lead(first_name="Ada", score=11), make_lead(first_name="Bob", score=2)
    record_event(name="form_submitted", lead=hot)  # before the alert began
    alert = make_alert(rule=HOT)
    for lead in (hot, cold):
        record_event(name="form_submitted", lead=lead)
        record_event(name="page_viewed", lead=lead)
        record_event(name="form_submitted", lead=lead, human=False)
    assert later(minutes=1) == "noticed: 1, told: 1"
    assert {later(minutes=n) for n in (2, 7, 20)} == {"noticed: 0, told: 0"}
    (row,) = DirectMessage.objects.all()
    assert row.to == "desk@shop.example" and row.text.startswith("Call Ada!")
    record = AlertRecord.objects.get()
    assert (record.alert, record.lead, record.to) == (alert, hot, "desk@shop.example")
    event = Event.objects.get(name="alert_sent")
    assert (event.lead_id, event.object_key) == (hot.pk, alert.uuid)


def test_an_event_committed_late_is_found(make_lead, make_alert):
    make_alert()
    late = record_event(name="form_submitted", lead=make_lead())
    Event.objects.filter(pk=late.pk).update(name="page_viewed")  # not to be seen yet
    record_event(name="form_submitted", lead=make_lead())
    assert later(minutes=1).startswith("noticed: 1")
    Event.objects.filter(pk=late.pk).update(name="form_submitted")
    assert later(minutes=3).startswith("noticed: 1")


@pytest.mark.parametrize(("digest", "wait"), [("hour", {"minutes": 61}), ("day", {"hours": 25})])
def test_a_digest_waits_and_tells_all_at_once(digest, wait, make_lead, make_alert):
    make_alert(digest=digest)
    for name in ("Ada", "Bob"):
        record_event(name="form_submitted", lead=make_lead(first_name=name))
    assert later(minutes=1) == "noticed: 2, told: 0"
    assert later(**wait) == "noticed: 0, told: 2"
    (row,) = DirectMessage.objects.all()
    assert row.subject == "Hot: 2 people" and "Call Ada!" in row.text and "Call Bob!" in row.text
    assert AlertRecord.objects.count() == 2


def test_each_owner_gets_a_digest_of_their_own(make_lead, make_alert):
    ines, theo = (User.objects.create_user(name, f"{name}@shop.example", "x") for name in ("ines", "theo"))
    make_alert(digest="hour", to="only_owner", address="")
    for owner, name in ((ines, "Ada"), (theo, "Bob"), (None, "Eve")):
        record_event(name="form_submitted", lead=make_lead(first_name=name, owner=owner))
    later(minutes=1)
    later(minutes=61)
    sent = dict(DirectMessage.objects.values_list("to", "text"))
    assert set(sent) == {ines.email, theo.email}
    assert "Ada" in sent[ines.email] and "Bob" not in sent[ines.email]


def test_one_that_is_off_tells_nothing_and_a_deleted_lead_is_no_trouble(make_lead, make_alert):
    alert = make_alert(digest="hour")
    lead = make_lead()
    record_event(name="form_submitted", lead=lead)
    later(minutes=1)
    lead.delete()
    assert not AlertNotice.objects.exists()
    later(minutes=61)
    Alert.objects.filter(pk=alert.pk).update(is_active=False)
    record_event(name="form_submitted", lead=make_lead())
    assert later(minutes=70) == "noticed: 0, told: 0"
    assert not DirectMessage.objects.exists()


def test_statements_do_not_grow_with_the_events(make_lead, make_alert, django_assert_max_num_queries):
    make_alert()
    people = [make_lead() for _n in range(12)]
    for lead in people:
        record_event(name="form_submitted", lead=lead)
    with django_assert_max_num_queries(40):
        assert later(minutes=1) == "noticed: 12, told: 12"


def test_a_step_of_a_campaign_leaves_the_same_traces(make_lead):
    lead = make_lead()
    cohort = LeadsCohort([lead.pk], key="t:1", origin="campaign:1")
    queue_alerts(cohort=cohort, to="others", text="Hello", address="a@shop.example")
    record = AlertRecord.objects.get()
    assert (record.alert, record.origin) == (None, "campaign:1")
    assert Event.objects.get(name="alert_sent").object_key is None


# -- the admin ---------------------------------------------------------------------------------------------


def form(**changed):
    return {"name": "Hot", "is_active": "on", "event": "form_submitted", "rule": "", "text": "Hello",
            "to": "others", "team": "", "person": "", "address": "desk@shop.example", "digest": "",
            **changed}  # fmt: skip


def test_a_marketer_writes_one(marketer):
    add = reverse(Alert.snippet_viewset.get_url_name("add"))
    assert marketer.get(add).status_code == 200
    assert marketer.post(add, form()).status_code == 302
    assert Alert.objects.get().event == "form_submitted"
    assert marketer.get(reverse(Alert.snippet_viewset.get_url_name("list"))).status_code == 200
    assert marketer.get("/admin/automation/alerts-sent/").status_code == 200


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"name": ""}, "name"),
        ({"event": "alert_sent"}, "event"),
        ({"event": "nothing"}, "event"),
        ({"text": ""}, "text"),
        ({"text": "{% if %}"}, "text"),
        ({"text": "{{ lead.nonsense }}"}, "text"),
        ({"address": ""}, "to"),
        ({"address": "nobody"}, "address"),
        ({"digest": "week"}, "digest"),
        ({"to": "everybody"}, "to"),
        ({"rule": "{"}, "rule"),
    ],
)
def test_bad_input_is_told_at_its_field(changed, field, marketer):
    answer = marketer.post(reverse(Alert.snippet_viewset.get_url_name("add")), form(**changed))
    assert answer.status_code == 200 and field in answer.context["form"].errors
    assert not Alert.objects.exists() and clock.now() == NOW
