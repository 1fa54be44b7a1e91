"""An erasure leaves an HMAC and counts, whatever road the person took; it may stop and go on anywhere."""

import datetime as dt
import json

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django_q.models import OrmQ, Task
from wagtail.models import ModelLogEntry, PageLogEntry

from tests.privacy.conftest import EMAIL, MARKS, PHONE, everywhere
from wagtail_automation import clock
from wagtail_automation.audiences.models import ListMembership
from wagtail_automation.campaigns.models import Enrollment, StepTally
from wagtail_automation.content.models import FormSubmission
from wagtail_automation.leads import actions, consent, erasure, suppression
from wagtail_automation.leads.models import (
    ConsentRecord,
    ConsentState,
    Erasure,
    Lead,
    PrivacyAct,
    SuppressedAddress,
)
from wagtail_automation.messaging import sender
from wagtail_automation.messaging.models import DirectMessage, Message
from wagtail_automation.tracking.models import Event, Visitor

pytestmark = pytest.mark.django_db


def test_nothing_of_the_person_is_left_in_any_table_or_file(traces):
    assert len({place.split(":")[0] for place in everywhere(*MARKS)}) > 15, "the road left too few traces"
    [act] = erasure.erase_now(leads=[traces.pk], origin="test")
    assert everywhere(*MARKS) == []
    assert not Lead.objects.filter(pk=traces.pk).exists()
    assert not Event.objects.filter(lead_id=traces.pk).exists()
    assert not Visitor.objects.exists()
    assert sorted(SuppressedAddress.objects.values_list("kind", flat=True)) == ["email", "phone"]
    assert act.lead_pk == traces.pk and act.completed_at is not None
    assert act.details["rows"]["wagtail_automation_messaging.Message"] == 1
    assert not Erasure.objects.exists()


def test_counts_other_people_and_the_log_itself_stay(traces):
    entries = ModelLogEntry.objects.count(), PageLogEntry.objects.count()
    other = actions.create_known(identifiers={"email": "other@example.com"}, source="test", now=clock.now())
    tallies = list(StepTally.objects.values_list("step", "count").order_by("pk"))
    assert tallies
    erasure.erase_now(leads=[traces.pk], origin="test")
    assert list(StepTally.objects.values_list("step", "count").order_by("pk")) == tallies
    assert Lead.objects.get() == other
    assert list(DirectMessage.objects.values_list("to", flat=True)) == ["other@example.com"]
    assert (ModelLogEntry.objects.count(), PageLogEntry.objects.count()) == entries
    assert json.dumps(list(PageLogEntry.objects.values_list("data", flat=True))).count("[erased]") == 1
    assert list(Task.objects.values_list("pk", flat=True)) == ["c"] and not OrmQ.objects.exists()


def test_a_repeat_changes_nothing(contact):
    erasure.erase_now(leads=[contact.pk], origin="test")
    before = {model: list(model.objects.values()) for model in (PrivacyAct, SuppressedAddress)}
    assert erasure.erase_now(leads=[contact.pk], origin="test") == []
    assert erasure.work() == "nothing"
    assert {model: list(model.objects.values()) for model in before} == before


@pytest.mark.parametrize("stop_at", ["suppress", "forget", "lead", "sweep", "complete"])
def test_it_goes_on_where_it_was_stopped(contact, monkeypatch, stop_at):
    """Whatever fails, the next run finishes; nothing half done is ever seen."""
    target, name = {
        "suppress": (suppression, "suppress"),
        "forget": (erasure.traces, "forget_objects"),
        "lead": (erasure.LEAD, "erase"),
        "sweep": (erasure, "_delete_files"),
        "complete": (erasure, "_complete"),
    }[stop_at]
    erasure.request(leads=[contact.pk], mode="erase", origin="test", now=clock.now())

    def stop(*args, **kwargs):
        raise ConnectionError("the machine stopped")

    with monkeypatch.context() as patch:
        patch.setattr(target, name, stop)
        with pytest.raises(ConnectionError):
            erasure.work()
    in_first_stage = stop_at in ("suppress", "forget", "lead")
    assert Lead.objects.filter(pk=contact.pk).exists() == in_first_stage
    assert Erasure.objects.get().stage == ("waiting" if in_first_stage else "sweeping")
    assert erasure.work() == "1 erased"
    assert everywhere(*MARKS) == []


def test_what_an_editor_wrote_and_is_live_is_told_and_not_changed(traces, site):
    page = site.root_page.get_children().get(slug="contact").specific
    page.body = f"<p>Our first customer: {EMAIL}</p>"
    page.save_revision().publish()
    [act] = erasure.erase_now(leads=[traces.pk], origin="test")
    assert act.details["standing"] == [["testapp.simplepage", str(page.pk)]]
    page.refresh_from_db()
    assert EMAIL in page.body
    assert len(everywhere(*MARKS)) >= 2, "the page and its revision"


def test_a_merged_lead_takes_its_former_selves_along(person):
    now = clock.now()
    double = actions.create_known(
        identifiers={"email": "p.lindqvist@work.example", "external": "77"},
        fields={"first_name": "Perpetua Maria"},
        source="import",
        now=now,
    )
    Event.objects.create(lead_id=double.pk, name="page_viewed", url="/lindqvist/", at=now)
    actions.merge(source=double, target=person, now=now, reason="test")
    # an event that a slow request wrote for the lead that is no more
    Event.objects.create(lead_id=double.pk, name="page_viewed", url="/lindqvist/", at=now)
    erasure.erase_now(leads=[person.pk], origin="test")
    from django.core import mail

    mail.outbox.clear()
    assert everywhere(*MARKS) == []
    for address in (EMAIL, "p.lindqvist@work.example"):
        assert suppression.suppressed("email", [address]) == {address}


def test_many_people_cost_as_many_statements_as_one(make_user):
    def statements(count):
        for number in range(count):
            actions.create_known(
                identifiers={"email": f"p{count}.{number}@example.com"}, source="test", now=clock.now()
            )
        ids = list(Lead.objects.values_list("pk", flat=True))
        with CaptureQueriesContext(connection) as queries:
            assert erasure.request(leads=ids, mode="erase", origin="test", now=clock.now()) == count
            erasure.work()
        assert not Lead.objects.exists()
        return len(queries)

    statements(1)  # content types are looked up once
    assert statements(2) == statements(40)


def test_asking_is_one_statement_and_only_once(contact, django_assert_max_num_queries):
    with django_assert_max_num_queries(4):
        assert erasure.request(leads=Lead.objects.all(), mode="anonymise", origin="c", now=clock.now()) == 1
    assert erasure.request(leads=[contact.pk], mode="anonymise", origin="d", now=clock.now()) == 0
    # to be erased outweighs to be anonymised
    erasure.request(leads=[contact.pk], mode="erase", origin="e", now=clock.now())
    assert Erasure.objects.get().mode == "erase"


def test_a_lead_merged_before_its_turn_is_left_alone(contact):
    now = clock.now()
    other = actions.create_known(identifiers={"email": "other@example.com"}, source="test", now=now)
    erasure.request(leads=[other.pk], mode="erase", origin="test", now=now)
    actions.merge(source=other, target=contact, now=now, reason="test")
    erasure.work()
    assert Lead.objects.filter(pk=contact.pk).exists() and not Erasure.objects.exists()


def test_a_message_in_hand_is_nobodys_fault(person, brand):
    """The sender holds the message while its lead goes: it must not fail for the others."""
    Message.objects.update(state="queued", not_before=clock.now())
    [held] = Message.objects.lease(20, clock.now())
    erasure.erase_now(leads=[person.pk], origin="test")
    assert not Message.objects.filter(pk=held.pk).exists()
    assert str(sender.send_due()) == "nothing due"


class TestAnonymise:
    def test_what_tells_who_goes_and_counts_stay(self, traces):
        events = Event.objects.filter(lead=traces).count()
        [act] = erasure.erase_now(leads=[traces.pk], mode="anonymise", origin="test")
        assert act.kind == "anonymisation"
        assert everywhere(*MARKS) == []
        lead = Lead.objects.get(pk=traces.pk)
        assert (lead.email, lead.name, lead.status, lead.attributes) == ("", "", "anonymous", {})
        assert lead.anonymised_at is not None and lead.bucket == traces.bucket
        assert not lead.identifiers.exists() and not Visitor.objects.exists()
        assert ListMembership.objects.filter(lead=lead).count() == 1
        assert Message.objects.get(lead=lead).variables == {}
        assert FormSubmission.objects.get(lead=lead).data == {}
        enrollment = Enrollment.objects.get(lead=lead)
        assert enrollment.step is None and enrollment.left_reason == "anonymised"
        left = Event.objects.filter(lead=lead)
        assert left.count() >= events
        assert not left.exclude(url="", data={}).filter(at__lt=act.at).exists()
        assert suppression.suppressed("email", [EMAIL]) == {EMAIL}

    def test_retention_keeps_the_counts(self, contact):
        from wagtail_automation import pruning

        erasure.erase_now(leads=[contact.pk], mode="anonymise", origin="test")
        pruning.prune(clock.now() + dt.timedelta(days=4000))
        assert Lead.objects.filter(pk=contact.pk).exists()

    def test_twice_is_once(self, contact):
        erasure.erase_now(leads=[contact.pk], mode="anonymise", origin="test")
        assert erasure.erase_now(leads=[contact.pk], mode="anonymise", origin="test") == []
        assert PrivacyAct.objects.count() == 1


class TestReturning:
    """The address comes back."""

    def erased(self, contact):
        erasure.erase_now(leads=[contact.pk], origin="test")

    def again(self, **identifiers):
        return actions.create_known(
            identifiers={"email": EMAIL.upper(), **identifiers}, source="import", now=clock.now()
        )

    def test_an_import_finds_the_channel_closed(self, contact):
        self.erased(contact)
        lead = self.again(phone=PHONE)
        assert consent.states(lead) == {"email": False, "sms": False}
        assert ConsentRecord.objects.get(lead=lead, subject="email").how == "erased"

    @pytest.mark.parametrize("how", ["import", "admin", "api", "campaign:1"])
    def test_nobody_else_can_consent_for_them(self, contact, how):
        self.erased(contact)
        lead = self.again()
        actions.record_consent(lead=lead, subject="email", granted=True, how=how, now=clock.now())
        assert not consent.is_granted(lead, "email")
        assert suppression.suppressed("email", [EMAIL])

    def test_messages_are_refused_at_hand_over(self, contact, make_email):
        from wagtail_automation.leads.cohorts import LeadsCohort
        from wagtail_automation.messaging import actions as messaging
        from wagtail_automation.objects import ref_of

        self.erased(contact)
        lead = self.again()
        ConsentState.objects.filter(lead=lead).delete()  # even if somebody emptied the ledger
        messaging.queue_email(cohort=LeadsCohort.of(lead, key="k"), email=ref_of(make_email()))
        sender.send_due()
        assert Message.objects.values_list("state", "reason").get() == ("skipped", "suppressed")

    def test_a_receipt_still_reaches_them(self, contact):
        from wagtail_automation.messaging import actions as messaging

        self.erased(contact)
        messaging.queue_direct(to=EMAIL, subject="Your order", text="Thanks", key="order:9")
        sender.send_due()
        assert DirectMessage.objects.get().state == "sent"

    def test_their_own_new_consent_opens_it(self, contact, landing, read_form):
        self.erased(contact)
        assert read_form("/landing/").send(email=EMAIL, first_name="P").status_code == 303
        lead = Lead.objects.get(email=EMAIL)
        assert not consent.is_granted(lead, "email")
        assert read_form("/landing/").send(email=EMAIL, first_name="P", news="on").status_code == 303
        assert consent.is_granted(lead, "email")
        assert suppression.suppressed("email", [EMAIL]) == set()

    def test_keys_can_be_rotated(self, contact, settings):
        self.erased(contact)
        settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
        settings.SECRET_KEY = "another"
        assert suppression.suppressed("email", [EMAIL]) == {EMAIL}
        settings.WAGTAIL_AUTOMATION = {**settings.WAGTAIL_AUTOMATION, "SUPPRESSION_KEYS": ["own"]}
        assert suppression.suppressed("email", [EMAIL]) == {EMAIL}
        suppression.suppress([("email", "x@example.com")], now=clock.now())
        settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "third", []
        assert suppression.suppressed("email", [EMAIL, "x@example.com"]) == {"x@example.com"}


class TestCommand:
    def test_by_address_and_number(self, contact, capsys):
        other = actions.create_known(identifiers={"email": "o@example.com"}, source="test", now=clock.now())
        call_command("automation_erase", EMAIL.upper(), f"#{other.pk}", "--yes")
        assert "erased: 2" in capsys.readouterr().out
        assert not Lead.objects.exists()

    def test_dry_run_changes_nothing(self, contact, capsys):
        call_command("automation_erase", EMAIL, "--dry-run")
        assert "identifiers: 2" in capsys.readouterr().out
        assert Lead.objects.exists() and not SuppressedAddress.objects.exists()

    def test_it_asks(self, contact, monkeypatch):
        monkeypatch.setattr("builtins.input", lambda prompt: "yes")
        with pytest.raises(CommandError, match="Nothing was erased"):
            call_command("automation_erase", EMAIL)
        assert Lead.objects.exists()

    def test_a_file_with_mistakes_erases_the_others_and_tells(self, contact, tmp_path, capsys):
        path = tmp_path / "people.txt"
        path.write_text(
            f"﻿{EMAIL}\r\n\r\nnobody@example.com\n{'x' * 100_000}\n' OR 1=1 --\n99999999999999999999\n"
        )
        with pytest.raises(CommandError, match="4 of those given"):
            call_command("automation_erase", "--from", str(path), "--yes")
        assert not Lead.objects.exists()
        assert "nobody: nobody@example.com" in capsys.readouterr().err

    @pytest.mark.parametrize("arguments", [(), ("--from", "/nowhere"), ("nobody@example.com", "--yes")])
    def test_nothing_to_do_is_an_error(self, db, arguments):
        with pytest.raises(CommandError):
            call_command("automation_erase", *arguments)
