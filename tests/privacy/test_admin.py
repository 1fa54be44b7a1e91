"""Privacy in the admin: typed confirmation, permissions, downloads, consents by hand, retention."""

import datetime as dt
import io
import json
import zipfile

import pytest
from django.core.files.base import ContentFile
from django.urls import reverse

from tests.privacy.conftest import EMAIL, FIRST, MARKS, everywhere
from wagtail_automation import clock, conf, pruning
from wagtail_automation.checks import check_privacy
from wagtail_automation.leads import actions, consent, download, erasure, suppression
from wagtail_automation.leads.models import (
    ConsentConfirmation,
    ConsentRecord,
    ConsentState,
    Erasure,
    Lead,
    LeadFile,
    LeadNote,
    PrivacyAct,
)
from wagtail_automation.tracking.models import Event, EventKey, Visit, Visitor

pytestmark = pytest.mark.django_db
MAY = ("view_lead", "view_all_leads", "change_lead", "erase_lead", "download_lead", "view_privacyact")


@pytest.fixture
def officer(client, make_user):
    user = make_user(*MAY, username="officer")
    client.force_login(user)
    return user


def url(name, lead):
    return reverse(f"wagtail_automation_{name}", args=[lead.pk])


class TestErase:
    def test_asks_for_the_address_and_erases(self, client, officer, contact):
        page = client.get(url("lead_erase", contact)).content.decode()
        assert f"Type {EMAIL} to confirm" in page and "Identifiers" in page
        answer = client.post(
            url("lead_erase", contact),
            {"mode": "erase", "reason": f"asked by {EMAIL}", "confirmation": f" {EMAIL.upper()} "},
        )
        assert answer.status_code == 302
        erasure.work()
        assert not Lead.objects.exists()
        act = PrivacyAct.objects.get()
        assert (act.kind, act.user, act.reason) == ("erasure", officer, "asked by [erased]")
        client.get(answer.url)  # the message of success, which names them, was in the session
        assert everywhere(*MARKS) == []

    @pytest.mark.parametrize("typed", ["", "erase", "other@example.com", "x" * 1000, f"{EMAIL}x"])
    def test_anything_else_changes_nothing(self, client, officer, contact, typed):
        answer = client.post(url("lead_erase", contact), {"mode": "erase", "confirmation": typed})
        assert answer.status_code == 422
        assert Lead.objects.exists() and not Erasure.objects.exists()

    def test_wrong_mode_and_huge_reason(self, client, officer, contact):
        for wrong in ({"mode": "forget"}, {"reason": "x" * 100_000}):
            data = {"mode": "erase", "confirmation": EMAIL, **wrong}
            assert client.post(url("lead_erase", contact), data).status_code == 422
        assert not Erasure.objects.exists()

    def test_somebody_without_address_is_confirmed_by_number(self, client, officer):
        lead = actions.create_anonymous(now=clock.now())
        client.post(url("lead_erase", lead), {"mode": "erase", "confirmation": str(lead.pk)})
        erasure.work()
        assert not Lead.objects.exists()

    def test_permissions(self, client, make_user, contact):
        client.force_login(make_user("view_lead", "change_lead", username="seller"))
        for name in ("lead_erase", "lead_download"):
            for method in (client.get, client.post):
                assert method(url(name, contact)).status_code in (302, 403)
        assert Lead.objects.exists() and not PrivacyAct.objects.exists()
        page = client.get(reverse("wagtail_automation_lead:inspect", args=[contact.pk])).content.decode()
        assert url("lead_erase", contact) not in page and url("lead_download", contact) not in page

    def test_the_lead_page_offers_it(self, client, officer, contact):
        page = client.get(reverse("wagtail_automation_lead:inspect", args=[contact.pk])).content.decode()
        assert url("lead_erase", contact) in page and url("lead_download", contact) in page

    def test_marketers_may_and_salespeople_not(self, db):
        from django.contrib.auth.models import Group

        from wagtail_automation.admin import roles

        roles.create_groups()
        for group, may in (("Marketer", True), ("Salesperson", False), ("Analyst", False)):
            held = Group.objects.get(name=group).permissions.filter(codename="erase_lead")
            assert held.exists() == may


class TestDownload:
    def test_everything_in_one_file(self, client, officer, person):
        LeadNote.objects.create(lead=person, text="Likes tea", created_at=clock.now())
        LeadFile.objects.create(
            lead=person, file=ContentFile(b"contract", name="x"), name="../../contract é.pdf", size=8
        )
        assert client.get(url("lead_download", person)).status_code == 200
        assert not PrivacyAct.objects.exists(), "a GET downloads nothing"
        answer = client.post(url("lead_download", person))
        assert "no-store" in answer["Cache-Control"] and "private" in answer["Cache-Control"]
        archive = zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content)))
        data = json.loads(archive.read("data.json"))
        rows = {section["model"].split(".")[1]: section["rows"] for section in data["sections"]}
        assert rows["Lead"][0]["email"] == EMAIL and rows["Lead"][0]["first_name"] == FIRST
        assert rows["LeadNote"][0]["text"] == "Likes tea"
        assert {row["subject"] for row in rows["ConsentRecord"]} == {"email", "tracking"}
        assert rows["FormSubmission"][0]["data"]["email"] == EMAIL
        assert rows["Message"] and rows["ListMembership"][0]["list"] == "Letter"
        assert "page_viewed" in {row["name"] for row in rows["Event"]}
        assert rows["Enrollment"][0]["campaign"] == "Welcome"
        [path] = [name for name in archive.namelist() if name.startswith("files/")]
        assert ".." not in path and archive.read(path) == b"contract"
        act = PrivacyAct.objects.get()
        assert (act.kind, act.user, act.lead_pk) == ("download", officer, person.pk)
        erasure.erase_now(leads=[person.pk], origin="test")
        assert not LeadFile.objects.exists()

    def test_a_file_that_the_storage_lost(self, contact):
        LeadFile.objects.create(lead=contact, file="leads/gone", name="gone.txt", size=1)
        stream = io.BytesIO()
        assert download.write(contact, stream)["wagtail_automation_leads.LeadFile"] == 1
        assert zipfile.ZipFile(stream).namelist() == ["data.json"]

    def test_as_many_statements_for_many_rows(self, contact, django_assert_max_num_queries):
        Event.objects.bulk_create(
            Event(lead=contact, name="page_viewed", url=f"/{number}/", at=clock.now())
            for number in range(1200)
        )
        with django_assert_max_num_queries(54):
            counts = download.write(contact, io.BytesIO())
        assert counts["wagtail_automation_tracking.Event"] >= 1200


class TestConsentByHand:
    def post(self, client, lead, **data):
        return client.post(
            url("consent_record", lead), {"subject": "email", "granted": "yes", "reason": "By phone", **data}
        )

    def test_recorded_with_reason_and_logged(self, client, officer, contact):
        assert "By phone" not in client.get(url("consent_record", contact)).content.decode()
        assert self.post(client, contact).status_code == 302
        record = ConsentRecord.objects.get(lead=contact)
        assert (record.granted, record.how, record.text) == (True, "admin", "By phone")
        act = PrivacyAct.objects.get()
        assert (act.kind, act.user, act.details["subject"]) == ("consent", officer, "email")
        self.post(client, contact, granted="no", reason="Changed their mind")
        assert not consent.is_granted(contact, "email")
        page = client.get(url("consent_history", contact)).content.decode()
        assert "By phone" in page and "Changed their mind" in page

    @pytest.mark.parametrize(
        "wrong",
        [
            {"reason": ""},
            {"reason": "   "},
            {"reason": "x" * 5000},
            {"subject": "topic:nothing"},
            {"subject": "' OR 1=1 --"},
            {"granted": "maybe"},
            {"reason": "a\x00b" * 400},
        ],
    )
    def test_bad_input(self, client, officer, contact, wrong):
        self.post(client, contact, **wrong)
        assert not ConsentRecord.objects.exists() and not PrivacyAct.objects.exists()

    def test_what_only_the_person_can_do(self, client, officer, contact):
        suppression.suppress([("email", EMAIL)], now=clock.now())
        assert "own new consent" in self.post(client, contact).content.decode()
        suppression.lift(contact)
        born = clock.now().date() - dt.timedelta(days=3000)
        actions.set_fields(lead=contact, fields={"birth_date": born}, source="form", now=clock.now())
        assert "under the minimum age" in self.post(client, contact).content.decode()
        assert not ConsentState.objects.filter(granted=True).exists()

    def test_who_may_not_change_leads_may_not(self, client, make_user, contact):
        client.force_login(make_user("view_lead", username="analyst"))
        assert self.post(client, contact).status_code in (302, 403)
        assert not ConsentRecord.objects.exists()


def test_the_report_of_acts(client, officer, contact):
    erasure.erase_now(leads=[contact.pk], origin="test", user=officer, reason="=cmd()")
    index = client.get("/admin/wagtail_automation_leads/privacyact/")
    assert index.status_code == 200 and "Erasure" in index.content.decode()
    exported = b"".join(
        client.get("/admin/wagtail_automation_leads/privacyact/?export=csv").streaming_content
    )
    assert b"'=cmd()" in exported, exported.decode()[100:300]


class TestRetention:
    def old(self, days):
        return clock.now() - dt.timedelta(days=days)

    def test_each_kind_after_its_time(self, contact, settings):
        Event.objects.all().delete()
        for name in ("page_viewed", "email_opened", "list_joined"):
            for days in (700, 800, 1100):
                Event.objects.create(lead=contact, name=name, at=self.old(days))
        visitor = Visitor.objects.create(lead=contact, created_at=self.old(900), last_seen_at=clock.now())
        for days in (700, 800):
            Visit.objects.create(visitor=visitor, started_at=self.old(days), last_at=self.old(days))
        actions.record_consent(lead=contact, subject="email", granted=True, how="form", now=self.old(4000))
        Event.objects.filter(name="consent_granted").delete()
        EventKey.objects.all().delete()
        for days in (1, 60):
            ConsentConfirmation.objects.create(
                lead=contact, subject="email", address="a@b.de", how="form",
                requested_at=self.old(days), asked_at=self.old(days), expires_at=self.old(days),
            )  # fmt: skip
        counts = pruning.prune()
        assert {name: count for name, count in counts.items() if count} == {
            "events_web": 2, "events_email": 1, "visits": 1, "confirmations": 1
        }  # fmt: skip
        assert Event.objects.filter(name="list_joined").count() == 3
        assert ConsentRecord.objects.count() == 1
        act = PrivacyAct.objects.get()
        assert act.kind == "retention" and act.details["rows"]["events_web"] == 2
        settings.WAGTAIL_AUTOMATION = {
            **settings.WAGTAIL_AUTOMATION, "RETENTION_DAYS": {"events_web": None, "events_list": 10}
        }  # fmt: skip
        assert pruning.prune()["events_list"] == 3
        assert Event.objects.filter(name="page_viewed").count() == 1

    def test_contents_of_messages_go_and_numbers_stay(self, person):
        from wagtail_automation.messaging.models import Message

        Message.objects.update(sent_at=self.old(400), variables={"a": "b"})
        assert pruning.prune()["message_contents"] == 1
        message = Message.objects.get()
        assert (message.variables, message.state) == ({}, "sent")

    def test_in_small_batches_that_go_on(self, contact, monkeypatch):
        monkeypatch.setattr("wagtail_automation.tracking.event_retention.BATCH", 3)
        Event.objects.bulk_create(
            Event(lead=contact, name=("page_viewed", "list_joined")[number % 2], at=self.old(900))
            for number in range(20)
        )
        monkeypatch.setattr(pruning, "BUDGET_SECONDS", -1)
        assert pruning.prune_daily() != "not due"
        assert pruning.next_run() <= clock.now(), "interrupted: the next beat goes on"
        monkeypatch.setattr(pruning, "BUDGET_SECONDS", 15)
        pruning.prune_daily()
        assert pruning.prune_daily() == "not due"
        assert not Event.objects.filter(name="page_viewed").exists()

    def test_the_page(self, client, officer):
        page = client.get(reverse("wagtail_automation_retention")).content.decode()
        assert "Never cleaned up yet" in page and "760 days" in page and "For ever" in page
        pruning.prune()
        assert "The next time:" in client.get(reverse("wagtail_automation_retention")).content.decode()

    def test_the_page_asks_for_permission(self, client, make_user):
        client.force_login(make_user("view_lead", username="other"))
        assert client.get(reverse("wagtail_automation_retention")).status_code in (302, 403)

    @pytest.mark.parametrize(
        "wrong",
        [
            {"RETENTION_DAYS": {"nothing": 3}},
            {"RETENTION_DAYS": {"visits": 0}},
            {"RETENTION_DAYS": {"visits": "long"}},
            {"RETENTION_DAYS": {"visits": True}},
            {"RETENTION_DAYS": {"consents": 30}},
            {"RETENTION_DAYS": [3]},
            {"PRIVACY_SIGNALS": "gpc"},
            {"PRIVACY_SIGNALS": ["dont"]},
        ],
    )
    def test_wrong_settings_are_told(self, settings, wrong):
        assert check_privacy() == []
        settings.WAGTAIL_AUTOMATION = {**settings.WAGTAIL_AUTOMATION, **wrong}
        assert check_privacy()


class TestSignals:
    """What a browser says instead of its visitor."""

    @pytest.mark.parametrize("header", ["sec-gpc", "dnt"])
    def test_honoured_unless_the_site_says_otherwise(self, browser_of, settings, header, site):
        who = browser_of(**{header: "1"})
        who.accept()
        who.view("/")
        assert not Visitor.objects.exists()
        settings.WAGTAIL_AUTOMATION = {**settings.WAGTAIL_AUTOMATION, "PRIVACY_SIGNALS": ()}
        who.accept()
        who.view("/")
        assert Visitor.objects.count() == 1

    def test_the_script_is_told(self, settings):
        from django.template import Context, Template

        template = Template("{% load automation_tracking %}{% automation_script %}")
        assert 'data-signals="gpc dnt"' in template.render(Context())
        settings.WAGTAIL_AUTOMATION = {**conf.DEFAULTS, "PRIVACY_SIGNALS": ["gpc"]}
        assert 'data-signals="gpc"' in template.render(Context())
