"""Consents of many at once: only the never asked are opened, with the proof in the ledger of each."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from wagtail_automation import clock
from wagtail_automation.leads import actions, consent_actions, ledger
from wagtail_automation.leads.mass import runner
from wagtail_automation.leads.models import (
    ConsentRecord,
    ConsentState,
    Lead,
    MassRun,
    PrivacyAct,
    SuppressedAddress,
    Topic,
)
from wagtail_automation.leads.suppression import digests

from .test_mass import change, people, url  # noqa: F401

pytestmark = pytest.mark.django_db

CARD = "Signed cards of the fair in Lyon"


def say(lead, subject, granted):
    return actions.record_consent(
        lead=lead, subject=subject, granted=granted, how="preferences", now=clock.now()
    )


def granted(subject) -> set[int]:
    return set(ConsentState.objects.filter(subject=subject, granted=True).values_list("lead", flat=True))


@pytest.fixture
def mixed(people):
    """Nobody asked but: 0 agreed, 1 withdrew, 2 is a child, 3 was erased before."""
    say(people[0], "email", True)
    say(people[1], "email", True)
    say(people[1], "email", False)
    actions.set_fields(lead=people[2], fields={"birth_date": clock.now().date()}, source="x", now=clock.now())
    SuppressedAddress.objects.create(
        kind="email", digest=digests("email", people[3].email)[0], at=clock.now()
    )
    return people


def test_only_the_never_asked_are_opened(marketer, mixed):
    response, run = change(marketer, "consent", count=6, subject="email", granted="yes", reason=CARD)
    assert run.state == "done" and run.counts == {"changed": 2, "kept": 3}
    assert granted("email") == {mixed[number].pk for number in (0, 4, 5)}
    record = ConsentRecord.objects.get(lead=mixed[4])
    assert (record.subject, record.granted, record.how, record.text) == ("email", True, "admin", CARD)
    assert ConsentRecord.objects.filter(lead=mixed[1]).count() == 2, "no word of it in a ledger it left alone"
    act = PrivacyAct.objects.get(kind="consent")
    assert (act.user, act.reason, act.lead_pk) == (marketer.user, CARD, None) and act.completed_at
    assert act.details == {"subject": "email", "granted": True, "people": 2}
    page = marketer.get(response.url).content.decode()
    assert "Not opened" in page and 'data-wa-run-count="kept">3<' in page
    assert "They agree: Emails" in page


def test_what_was_withdrawn_is_opened_only_with_a_word_for_it(marketer, mixed):
    data = {"subject": "email", "granted": "yes", "reopen": "on"}
    for reason in ("", "   ", "\x00"):
        response, run = change(marketer, "consent", count=6, reason=reason, **data)
        assert run is None and response.context["form"].errors["reason"]
    _response, run = change(marketer, "consent", count=6, reason="Asked all again on 3 May", **data)
    assert run.counts == {"changed": 3, "kept": 2}
    assert mixed[1].pk in granted("email")
    assert not {mixed[2].pk, mixed[3].pk} & granted("email"), "no word opens a child or an erased address"
    assert ConsentRecord.objects.filter(lead=mixed[1]).order_by("-pk")[0].text == "Asked all again on 3 May"
    _response, run = change(marketer, "consent", count=6, reason="Again", **data)
    assert run.counts == {"changed": 0, "kept": 2}, "a repeat changes nothing"


def test_a_withdrawal_reaches_everybody_once(marketer, mixed):
    topic = Topic.objects.create(key="offers", name="Offers")
    say(mixed[0], topic.subject, True)
    say(mixed[1], topic.subject, False)
    for count in (5, 0):
        _response, run = change(
            marketer, "consent", count=6, subject=topic.subject, granted="no", reason="Topic ended"
        )
        assert run.counts == {"changed": count, "kept": 0}
    assert ConsentState.objects.filter(subject=topic.subject, granted=False).count() == 6


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"subject": "tracking"}, "subject"),
        ({"subject": "topic:none"}, "subject"),
        ({"subject": "'; DROP TABLE"}, "subject"),
        ({"granted": "maybe"}, "granted"),
        ({"granted": ""}, "granted"),
        ({"reason": "x" * 1001}, "reason"),
        ({"granted": "no", "reopen": "on"}, "reopen"),
    ],
)
def test_bad_input(marketer, people, wrong, field):
    data = {"subject": "email", "granted": "yes", "reason": CARD} | wrong
    response, run = change(marketer, "consent", count=6, **data)
    assert run is None and response.context["form"].errors[field]
    assert not ConsentRecord.objects.exists()


def test_the_number_and_the_filter_bound_it(marketer, people):
    data = {"subject": "sms", "granted": "yes", "reason": CARD}
    _response, run = change(marketer, "consent", count=2, query="language=fr", **data)
    assert run is None and not ConsentRecord.objects.exists()
    _response, run = change(marketer, "consent", count=3, query="language=fr", **data)
    assert granted("sms") == set(Lead.objects.filter(language="fr").values_list("pk", flat=True))


def test_a_topic_that_went_ends_it_with_a_reason(marketer, people):
    run = MassRun.objects.create(
        user=marketer.user,
        action="consent",
        value={"subject": "topic:gone", "granted": "yes", "reason": CARD, "reopen": False},
        source="leads",
        total=6,
        state="queued",
    )
    runner.run_mass(run.pk)
    run.refresh_from_db()
    assert run.state == "failed" and "topic" in run.problem and not ConsentRecord.objects.exists()


def test_as_many_statements_for_many(marketer, people):
    def statements(subject):
        ids = list(Lead.objects.values_list("pk", flat=True))
        with CaptureQueriesContext(connection) as queries:
            consent_actions.set_for_many(
                ids=ids,
                subject=subject,
                granted=True,
                reopen=True,
                reason=CARD,
                origin=f"test:{subject}",
                user=marketer.user,
                now=clock.now(),
            )
        assert len(granted(subject)) == len(ids)
        return len(queries)

    few = statements("sms")
    Lead.objects.bulk_create(Lead(status="known") for _number in range(300))
    assert statements("push") == few


def test_who_withdraws_while_it_is_granted_has_the_last_word(people, monkeypatch):
    """Between the look at the states and the write, as another connection could."""
    write = ledger.write

    def late(pairs, **said):
        pairs = list(pairs)
        say(people[0], "email", False)
        return write(pairs, **said)

    monkeypatch.setattr(consent_actions.ledger, "write", late)
    consent_actions.set_consents(
        leads=Lead.objects.values("pk"),
        subject="email",
        granted=True,
        how="campaign:x",
        now=clock.now() - dt.timedelta(seconds=1),
    )
    assert people[0].pk not in granted("email") and people[1].pk in granted("email")
