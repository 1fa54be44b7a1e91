"""Newsletters: who gets one, that each gets it once, and that people can stop it."""

import datetime as dt
import zoneinfo

import pytest
from django.contrib.auth.models import Permission, User
from django.core.exceptions import ValidationError
from django.db import connection
from django.db.models import ProtectedError
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from wagtail_automation import clock
from wagtail_automation.audiences.models import (
    LeadList,
    ListMembership,
    Segment,
    SegmentMembership,
    SegmentState,
)
from wagtail_automation.leads import actions as leads
from wagtail_automation.leads import merging
from wagtail_automation.leads.models import Topic
from wagtail_automation.messaging import addresses, sender
from wagtail_automation.messaging.delivery import facts
from wagtail_automation.messaging.models import Message, Suppression
from wagtail_automation.messaging.newsletters import actions, audience
from wagtail_automation.messaging.newsletters.models import Newsletter, NewsletterRecipient
from wagtail_automation.messaging.newsletters.viewsets import sent_count
from wagtail_automation.outbox import State
from wagtail_automation.testing import clock as test_clock

pytestmark = pytest.mark.django_db
PAGE = "wagtail_automation_newsletter"


def send(newsletter):
    """Order it and let the worker do what is due."""
    actions.order(newsletter=newsletter, now=clock.now())
    actions.run()
    newsletter.refresh_from_db()


def got(newsletter) -> list[int]:
    return sorted(Message.objects.filter(origin=newsletter.origin).values_list("lead_id", flat=True))


# -- who gets it -----------------------------------------------------------------------------------------
def test_each_person_gets_one_message_by_a_real_server(make_list, make_lead, make_newsletter, smtp):
    a, b, c = make_lead(), make_lead(), make_lead()
    newsletter = make_newsletter(make_list(a, b), make_list(b, c), make_list(a, b, c))
    send(newsletter)
    assert got(newsletter) == sorted([a.pk, b.pk, c.pk])
    assert newsletter.state == "sending" and newsletter.total == 3
    sender.send_due()
    assert sorted(mail["To"] for mail in smtp.messages) == sorted(one.email for one in (a, b, c))
    actions.run()
    newsletter.refresh_from_db()
    assert newsletter.state == "done" and newsletter.counts["sent"] == 3 and newsletter.finished_at
    assert not NewsletterRecipient.objects.exists()


def test_everything_that_may_be_repeated_is(make_list, make_lead, make_newsletter, smtp):
    newsletter = make_newsletter(make_list(make_lead(), make_lead()))
    send(newsletter)
    for _ in range(3):
        assert not actions.start(newsletter=newsletter, now=clock.now())
        actions.queue_chunk(newsletter=newsletter, now=clock.now())
        actions.run()
    with pytest.raises(actions.Refused):
        actions.order(newsletter=newsletter, now=clock.now())
    assert Message.objects.count() == 2


def test_a_chunk_that_breaks_leaves_nothing_behind(make_list, make_lead, make_newsletter, monkeypatch):
    newsletter = make_newsletter(make_list(make_lead(), make_lead()))
    actions.order(newsletter=newsletter, now=clock.now())
    actions.start(newsletter=newsletter, now=clock.now())
    real = NewsletterRecipient.objects.all().__class__.erase

    def broken(self):
        raise RuntimeError("killed between the messages and their receipt")

    monkeypatch.setattr(NewsletterRecipient.objects.all().__class__, "erase", broken)
    with pytest.raises(RuntimeError):
        actions.queue_chunk(newsletter=newsletter, now=clock.now())
    assert Message.objects.count() == 0 and NewsletterRecipient.objects.count() == 2
    monkeypatch.setattr(NewsletterRecipient.objects.all().__class__, "erase", real)
    assert actions.queue_chunk(newsletter=newsletter, now=clock.now()) == 2
    assert Message.objects.count() == 2


def test_who_is_left_out_and_why(make_list, make_lead, make_newsletter, smtp):
    topic = Topic.objects.create(key="offers", name="Offers")
    fine, never, refused, blocked, no_topic, nobody, unwanted = (make_lead() for _ in range(7))
    never.consent_states.all().delete()
    now = clock.now()
    leads.record_consent(lead=refused, subject="email", granted=False, how="unsubscribe", now=now)
    leads.record_consent(lead=no_topic, subject=topic.subject, granted=False, how="preferences", now=now)
    Suppression.objects.create(address_hash=addresses.hashes(blocked.email)[0], reason="bounce", at=now)
    nobody.email = ""
    nobody.save()
    everybody = make_list(fine, never, refused, blocked, no_topic, nobody, unwanted)
    newsletter = make_newsletter(everybody, without=[make_list(unwanted)], topic=topic)
    report = audience.report(newsletter)
    assert report.left_out == {
        "excluded": 1, "no_address": 1, "consent_withdrawn": 1, "topic_withdrawn": 1, "no_consent": 1,
        "suppressed": 1,
    }  # fmt: skip
    assert (report.chosen, report.people, report.is_whole) == (7, 1, True)
    send(newsletter)
    sender.send_due()
    assert [mail["To"] for mail in smtp.messages] == [fine.email]
    reasons = dict(Message.objects.values_list("lead_id", "reason"))
    assert reasons == {fine.pk: "", blocked.pk: "suppressed"}
    newsletter.with_unasked = True
    assert audience.report(newsletter).left_out.get("no_consent") is None


def test_segments_and_computed_lists(make_lead, make_newsletter, make_list):
    a, b, c = make_lead(), make_lead(), make_lead()
    segment = live_segment(a, b)
    newsletter = make_newsletter(segments=[segment], without=[make_list(b)])
    send(newsletter)
    assert got(newsletter) == [a.pk]
    everybody = LeadList.objects.get(builtin="all")
    assert audience.report(make_newsletter(everybody)).people == 3
    assert c.pk


def live_segment(*people, **state):
    segment = Segment.objects.create(name="Buyers")
    SegmentMembership.objects.bulk_create(
        SegmentMembership(segment=segment, lead=lead, joined_at=clock.now()) for lead in people
    )
    SegmentState.objects.update_or_create(
        segment=segment, defaults={"refreshed_at": clock.now(), "problem": "", **state}
    )
    return segment


def test_a_broken_segment_stops_everything(make_lead, make_list, make_newsletter):
    """One that is left out would otherwise let more people in."""
    newsletter = make_newsletter(make_list(make_lead()))
    segment = live_segment(problem="unknown condition")
    newsletter.groups.create(segment=segment, is_excluded=True)
    with pytest.raises(ValidationError, match="cannot be computed"):
        actions.order(newsletter=newsletter, now=clock.now())
    SegmentState.objects.filter(segment=segment).update(problem="")
    newsletter.send_at = clock.now() + dt.timedelta(hours=1)
    newsletter.save()
    actions.order(newsletter=newsletter, now=clock.now())
    segment.unpublish()
    with test_clock.shift(dt.timedelta(hours=2)):
        actions.run()
    newsletter.refresh_from_db()
    assert newsletter.state == "paused" and "not published" in newsletter.problem
    assert not Message.objects.exists() and not NewsletterRecipient.objects.exists()


def test_what_is_left_out_cannot_be_deleted(make_lead, make_list, make_newsletter):
    unwanted = make_list()
    make_newsletter(make_list(make_lead()), without=[unwanted])
    with pytest.raises(ProtectedError):
        unwanted.delete()


def test_the_audience_is_fixed_at_the_start(make_list, make_lead, make_newsletter):
    a, late = make_lead(), make_lead()
    readers = make_list(a)
    newsletter = make_newsletter(readers, spread_hours=48)
    send(newsletter)
    ListMembership.objects.create(list=readers, lead=late, added_at=clock.now())
    with test_clock.shift(dt.timedelta(days=3)):
        actions.run()
    assert got(newsletter) == [a.pk]


def test_two_who_turn_out_to_be_one_get_one(make_list, make_lead, make_newsletter):
    a, b, c, d = (make_lead() for _ in range(4))
    newsletter = make_newsletter(make_list(a, b, c, d), spread_hours=10)
    send(newsletter)
    waiting = NewsletterRecipient.objects.filter(newsletter=newsletter)
    waiting.update(due_at=clock.now() + dt.timedelta(hours=1))
    waiting.filter(lead=c).update(due_at=clock.now() - dt.timedelta(minutes=1))
    Message.objects.all().delete()
    actions.run()
    assert got(newsletter) == [c.pk]
    merging.merge(source=a, target=b, now=clock.now(), reason="test")
    merging.merge(source=d, target=c, now=clock.now(), reason="test")
    assert list(waiting.values_list("lead", flat=True)) == [b.pk]
    with test_clock.shift(dt.timedelta(hours=12)):
        actions.run()
    assert got(newsletter) == sorted([b.pk, c.pk])


# -- when ------------------------------------------------------------------------------------------------
def test_at_a_time_in_each_zone(make_list, make_lead, make_newsletter, settings):
    settings.TIME_ZONE = "Europe/Paris"
    paris, tokyo, montreal, unknown = (
        make_lead(time_zone=name) for name in ("Europe/Paris", "Asia/Tokyo", "America/Toronto", "")
    )
    day = (clock.now() + dt.timedelta(days=3)).date()
    hour = dt.time(9, 30)
    at = dt.datetime.combine(day, hour, zoneinfo.ZoneInfo("Europe/Paris"))
    newsletter = make_newsletter(make_list(paris, tokyo, montreal, unknown), send_at=at, in_each_zone=True)
    actions.order(newsletter=newsletter, now=clock.now())
    newsletter.refresh_from_db()
    assert newsletter.begins_at < at - dt.timedelta(hours=11)
    with test_clock.shift(newsletter.begins_at - clock.now() + dt.timedelta(seconds=1)):
        actions.run()
    due = dict(NewsletterRecipient.objects.values_list("lead_id", "due_at"))
    for lead in (paris, tokyo, montreal):
        wanted = dt.datetime.combine(day, hour, zoneinfo.ZoneInfo(lead.time_zone))
        assert due[lead.pk] == wanted, lead.time_zone
    assert due[unknown.pk] == at
    with test_clock.shift(due[tokyo.pk] - clock.now() + dt.timedelta(seconds=1)):
        actions.run()
    assert got(newsletter) == [tokyo.pk]


def test_spread_over_hours(make_list, make_lead, make_newsletter):
    people = [make_lead() for _ in range(30)]
    newsletter = make_newsletter(make_list(*people), spread_hours=10)
    send(newsletter)
    start = newsletter.started_at
    moments = list(NewsletterRecipient.objects.values_list("due_at", flat=True))
    moments += list(Message.objects.values_list("not_before", flat=True))
    assert len(moments) == 30 and len(set(moments)) > 20
    assert min(moments) >= start and max(moments) < start + dt.timedelta(hours=10)
    with test_clock.shift(dt.timedelta(hours=5)):
        actions.run()
    assert 5 < len(got(newsletter)) < 25
    with test_clock.shift(dt.timedelta(hours=11)):
        actions.run()
    assert len(got(newsletter)) == 30


# -- people ----------------------------------------------------------------------------------------------
def test_pause_resume_cancel(make_list, make_lead, make_newsletter, smtp):
    newsletter = make_newsletter(make_list(*[make_lead() for _ in range(5)]))
    send(newsletter)
    actions.pause(newsletter=newsletter)
    assert sender.send_due().counts == {} and not smtp.raw
    Message.objects.filter(pk=Message.objects.first().pk).update(reason="server_busy", not_before=clock.now())
    actions.run()  # what came back to the queue meanwhile is held too
    assert sender.send_due().counts == {} and not smtp.raw
    actions.resume(newsletter=newsletter, now=clock.now())
    assert sender.send_due().counts == {State.SENT: 5}
    again = make_newsletter(make_list(*[make_lead() for _ in range(4)]), spread_hours=10)
    send(again)
    queued = len(got(again))
    actions.cancel(newsletter=again, now=clock.now())
    with test_clock.shift(dt.timedelta(hours=11)):
        actions.run()
        assert sender.send_due().counts == {}
    again.refresh_from_db()
    assert again.state == "cancelled" and again.counts["never"] + queued == 4
    with pytest.raises(actions.Refused):
        actions.resume(newsletter=again, now=clock.now())


def test_an_email_that_is_taken_back_pauses_it(make_list, make_lead, make_newsletter):
    newsletter = make_newsletter(make_list(make_lead(), make_lead()), spread_hours=5)
    send(newsletter)
    sent = len(got(newsletter))
    newsletter.email.unpublish()
    with test_clock.shift(dt.timedelta(hours=6)):
        actions.run()
        newsletter.refresh_from_db()
        assert newsletter.state == "paused" and newsletter.problem
        with pytest.raises(ValidationError):
            actions.resume(newsletter=newsletter, now=clock.now())
        newsletter.email.save_revision().publish()
        newsletter.refresh_from_db()
        actions.resume(newsletter=newsletter, now=clock.now())
        actions.run()
    assert sent < 2 or len(got(newsletter)) == 2
    assert len(got(newsletter)) == 2


# -- size ------------------------------------------------------------------------------------------------
def test_statements_do_not_grow(make_email, make_lead, make_list, make_newsletter):
    starts, chunks, reports = [], [], []
    for size in (2, 40):
        newsletter = make_newsletter(make_list(*[make_lead() for _ in range(size)]))
        with CaptureQueriesContext(connection) as queries:
            audience.report(newsletter)
        reports.append(len(queries))
        actions.order(newsletter=newsletter, now=clock.now())
        with CaptureQueriesContext(connection) as queries:
            assert actions.start(newsletter=newsletter, now=clock.now())
        starts.append(len(queries))
        with CaptureQueriesContext(connection) as queries:
            assert actions.queue_chunk(newsletter=newsletter, now=clock.now()) == size
        chunks.append(len(queries))
    assert reports[0] == reports[1] <= 12, reports
    assert starts[0] == starts[1] <= 16, starts
    assert chunks[0] == chunks[1] <= 16, chunks


def test_the_outbox_holds_only_so_many(make_lead, make_list, make_newsletter, monkeypatch, smtp):
    monkeypatch.setattr(actions, "CHUNK", 3)
    monkeypatch.setattr(actions, "BACKLOG", 5)
    newsletter = make_newsletter(make_list(*[make_lead() for _ in range(12)]))
    send(newsletter)
    assert len(got(newsletter)) == 5
    sender.send_due()
    actions.run()
    assert len(got(newsletter)) == 10
    sender.send_due()
    actions.run()
    sender.send_due()
    actions.run()
    newsletter.refresh_from_db()
    assert newsletter.state == "done" and len(smtp.raw) == 12


# -- the admin -------------------------------------------------------------------------------------------
def form(email, *lists, **values):
    return {
        "name": "July", "email": email.pk, "lists": [one.pk for one in lists], "spread_hours": 0,
        "test_share": 20, "test_hours": 4, **values,
    }  # fmt: skip


def test_from_the_form_to_the_mailbox(client, marketer, make_list, make_lead, make_email, smtp):
    a, b = make_lead(), make_lead()
    readers, others, email = make_list(a, b, name="Readers"), make_list(b, name="Others"), make_email()
    values = form(email, readers, without_lists=[others.pk])
    response = client.post(reverse(f"{PAGE}:add"), values, follow=True)
    newsletter = Newsletter.objects.get()
    assert response.redirect_chain[-1][0] == reverse(f"{PAGE}:show", args=[newsletter.pk])
    page = response.content.decode()
    assert "1 person gets it as things are now" in page and "in a list or segment that is left out" in page
    assert "Readers" in page and "Others" in page and "Send it now" in page
    show = reverse(f"{PAGE}:show", args=[newsletter.pk])
    client.post(show, {"act": "order"})
    actions.run()
    status = client.get(reverse(f"{PAGE}:status", args=[newsletter.pk])).json()
    assert status["active"] and status["counts"]["queued"] == 1 and status["percent"] == 0
    sender.send_due()
    actions.run()
    assert [mail["To"] for mail in smtp.messages] == [a.email]
    page = client.get(show).content.decode()
    assert "1 of 1 recipient" in page and "Cancel for good" not in page
    listing = client.get(reverse(f"{PAGE}:index")).content.decode()
    assert "July" in listing and "Sent" in listing
    newsletter.refresh_from_db()
    assert newsletter.user == marketer.user


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"lists": []}, "Choose at least one list or segment"),
        ({"lists": [987654]}, "not one of the available choices"),
        ({"lists": ["x"]}, "not a valid value"),
        ({"send_at": "2001-01-01 10:00"}, "This time is past"),
        ({"send_at": "tomorrow"}, "Enter a valid date/time"),
        ({"in_each_zone": "on"}, "needs a time"),
        ({"spread_hours": 721}, "less than or equal to 720"),
        ({"spread_hours": -1}, "greater than or equal to 0"),
        ({"email": 987654}, "not one of the available choices"),
        ({"name": " "}, "required"),
    ],
)
def test_bad_input(client, marketer, make_list, make_lead, make_email, change, message):
    values = form(make_email(), make_list(make_lead())) | change
    page = client.post(reverse(f"{PAGE}:add"), values)
    assert page.status_code == 200 and message in page.content.decode()
    assert not Newsletter.objects.exists()


def test_ten_thousand_duplicates(client, marketer, make_list, make_lead, make_email):
    lead = make_lead()
    readers = make_list(lead)
    values = form(make_email(), readers) | {"lists": [readers.pk] * 900}
    client.post(reverse(f"{PAGE}:add"), values)
    newsletter = Newsletter.objects.get()
    assert newsletter.groups.count() == 1
    actions.set_audience(newsletter=newsletter, lists=[readers] * 10_000)
    send(newsletter)
    assert got(newsletter) == [lead.pk]


def test_an_email_to_one_and_an_unpublished_one(client, marketer, make_list, make_lead, make_email):
    readers = make_list(make_lead())
    page = client.post(reverse(f"{PAGE}:add"), form(make_email(is_transactional=True), readers))
    assert "cannot be sent to many" in page.content.decode()
    draft = make_email(publish=False)
    page = client.post(reverse(f"{PAGE}:add"), form(draft, readers), follow=True).content.decode()
    assert "is not published." in page and "Send it now" not in page
    newsletter = Newsletter.objects.get()
    page = client.post(reverse(f"{PAGE}:show", args=[newsletter.pk]), {"act": "order"}, follow=True)
    assert "is not published." in page.content.decode()
    newsletter.refresh_from_db()
    assert newsletter.state == "draft"


def test_the_list_says_when_a_planned_one_begins(client, marketer, make_list, make_lead, make_newsletter):
    at = clock.now() + dt.timedelta(days=10)
    newsletter = make_newsletter(make_list(make_lead()), send_at=at)
    actions.order(newsletter=newsletter, now=clock.now())
    page = client.get(reverse(f"{PAGE}:index")).content.decode()
    assert f"{at.astimezone(dt.UTC):%m/%d/%Y}" in page and "Just now" not in page
    with test_clock.shift(dt.timedelta(days=11)):
        page = client.get(reverse(f"{PAGE}:index")).content.decode()
    assert "w-human-readable-date" in page


def test_a_time_that_passed_while_one_waited(client, marketer, make_list, make_lead, make_newsletter):
    newsletter = make_newsletter(make_list(make_lead()), send_at=clock.now() + dt.timedelta(hours=1))
    show = reverse(f"{PAGE}:show", args=[newsletter.pk])
    with test_clock.shift(dt.timedelta(hours=2)):
        assert "This time is past" in client.get(show).content.decode()
        client.post(show, {"act": "order"})
        newsletter.refresh_from_db()
        assert newsletter.state == "draft"


def test_only_drafts_are_changed(client, marketer, make_list, make_lead, make_newsletter):
    readers = make_list(make_lead())
    newsletter = make_newsletter(readers, send_at=clock.now() + dt.timedelta(hours=1))
    show, edit = (reverse(f"{PAGE}:{name}", args=[newsletter.pk]) for name in ("show", "edit"))
    assert client.get(edit).status_code == 200
    client.post(show, {"act": "order"})
    assert client.get(edit)["Location"] == show
    values = form(newsletter.email, readers) | {"name": "Changed"}
    assert client.post(edit, values)["Location"] == show
    assert client.post(reverse(f"{PAGE}:delete", args=[newsletter.pk]))["Location"] == show
    for act in ("resume", "", "explode"):
        client.post(show, {"act": act})
    newsletter.refresh_from_db()
    assert (newsletter.name, newsletter.state) == ("July", "planned")
    client.post(show, {"act": "withdraw"})
    assert client.get(edit).status_code == 200


def test_who_may(client, make_list, make_lead, make_newsletter):
    newsletter = make_newsletter(make_list(make_lead()))
    show = reverse(f"{PAGE}:show", args=[newsletter.pk])
    user = User.objects.create_user("sam")
    user.user_permissions.add(Permission.objects.get(codename="access_admin"))
    client.force_login(user)
    assert client.get(show).status_code == 302 and client.get(reverse(f"{PAGE}:index")).status_code == 302
    user.user_permissions.add(Permission.objects.get(codename="view_newsletter"))
    assert "Send it now" not in client.get(show).content.decode()
    client.post(show, {"act": "order"})
    newsletter.refresh_from_db()
    assert newsletter.state == "draft"


def test_a_fault_stops_one_and_not_the_others(make_list, make_lead, make_newsletter, monkeypatch):
    first, second = make_newsletter(make_list(make_lead())), make_newsletter(make_list(make_lead()))
    for one in (first, second):
        actions.order(newsletter=one, now=clock.now())
    real = actions.queue_email

    def queue(*, cohort, email, **kwargs):
        if cohort.origin == first.origin:
            raise RuntimeError("boom")
        return real(cohort=cohort, email=email, **kwargs)

    monkeypatch.setattr(actions, "queue_email", queue)
    actions.run()
    first.refresh_from_db()
    assert first.state == "paused" and first.problem and NewsletterRecipient.objects.count() == 1
    assert len(got(second)) == 1
    monkeypatch.undo()
    actions.resume(newsletter=first, now=clock.now())
    actions.run()
    assert len(got(first)) == 1


def test_the_list_agrees_with_the_page(marketer, make_list, make_lead, make_newsletter, smtp):
    """Also when what was in doubt at the end turns out to have been sent."""
    newsletter = make_newsletter(make_list(make_lead(), make_lead()))
    send(newsletter)
    smtp.drop = True
    sender.send_due()
    smtp.drop = False
    with test_clock.shift(dt.timedelta(minutes=5)):
        sender.send_due()
        actions.run()
        newsletter.refresh_from_db()
        assert newsletter.state == "done" and newsletter.counts["doubtful"] == 1
        facts.settle_doubtful(Message.objects.get(state=State.DOUBTFUL), at=clock.now())
    page = marketer.get(reverse(f"{PAGE}:show", args=[newsletter.pk]))
    assert {name: number for name, _label, number in page.context["rows"]}["sent"] == 2
    assert sent_count(newsletter) == 2
