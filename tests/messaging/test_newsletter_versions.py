"""Two versions of a newsletter: who gets which, what is counted, and who decides."""

import datetime as dt

import pytest
from django.contrib.auth.models import Group, User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from wagtail_automation import clock
from wagtail_automation.admin import roles
from wagtail_automation.audiences.experiments import actions as experiments
from wagtail_automation.audiences.experiments.results import results
from wagtail_automation.audiences.models import ExperimentExposure, Goal, LeadList, ListMembership
from wagtail_automation.campaigns.limits.models import ContactSettings
from wagtail_automation.leads.actions import record_consent
from wagtail_automation.leads.models import Lead
from wagtail_automation.messaging import events, sender
from wagtail_automation.messaging.delivery.suppressing import suppress
from wagtail_automation.messaging.models import EmailVersion, Message
from wagtail_automation.messaging.newsletters import actions
from wagtail_automation.messaging.newsletters.models import Newsletter, NewsletterRecipient
from wagtail_automation.testing import clock as test_clock

pytestmark = pytest.mark.django_db
HOUR = dt.timedelta(hours=1)


@pytest.fixture
def readers(make_lead):
    people = [make_lead() for _ in range(60)]
    found = LeadList.objects.create(name="Readers")
    ListMembership.objects.bulk_create(
        ListMembership(list=found, lead=lead, added_at=clock.now()) for lead in people
    )
    return found


@pytest.fixture
def make_newsletter(make_email, readers):
    def make(**fields):
        email = fields.pop("email", None) or make_email(subject="First subject")
        newsletter = Newsletter.objects.create(name="July", email=email, **{"test_share": 50, **fields})
        actions.set_audience(newsletter=newsletter, lists=[readers])
        actions.order(newsletter=newsletter, now=clock.now())
        actions.run()
        newsletter.refresh_from_db()
        return newsletter

    return make


def shown(newsletter) -> dict[str, set[int]]:
    found: dict[str, set[int]] = {}
    for row in ExperimentExposure.objects.filter(experiment=newsletter.experiment):
        found.setdefault(row.variant.key, set()).add(row.lead_id)
    return found


def subjects(newsletter) -> dict[str, set[int]]:
    found: dict[str, set[int]] = {}
    for message in Message.objects.filter(origin=newsletter.origin).select_related("email_version"):
        found.setdefault(message.email_version.subject, set()).add(message.lead_id)
    return found


def click(newsletter, leads):
    for message in Message.objects.filter(origin=newsletter.origin, lead__in=leads):
        link = next(iter(message.email_version.links.values()))
        events.record_click(message, link, human=True, data={}, now=clock.now())


def test_the_winner_by_clicks_goes_to_the_rest(make_newsletter, smtp):
    newsletter = make_newsletter(subject_b="Second subject, {{ lead.first_name }}")
    groups, sent = shown(newsletter), subjects(newsletter)
    assert sent == {"First subject": groups["a"], "Second subject, {{ lead.first_name }}": groups["b"]}
    taking_part = len(groups["a"]) + len(groups["b"])
    assert 5 < taking_part < 55 and all(groups.values())  # chance divides them: hardly more can be said
    sender.send_due()
    assert {mail["Subject"] for mail in smtp.messages} == {"First subject", "Second subject,"}
    click(newsletter, list(groups["b"])[:3])
    with test_clock.shift(3 * HOUR):
        actions.run()
    assert Message.objects.count() == taking_part, "the rest waits"
    assert newsletter.experiment.outcomes.count() == 3
    with test_clock.shift(4 * HOUR + dt.timedelta(minutes=1)):
        actions.run()
        actions.run()
    newsletter.experiment.refresh_from_db()
    assert newsletter.experiment.winner.key == "b"
    assert len(subjects(newsletter)["Second subject, {{ lead.first_name }}"]) == 60 - len(groups["a"])
    assert Message.objects.count() == 60 and not NewsletterRecipient.objects.exists()
    assert EmailVersion.objects.filter(subject__startswith="Second").count() == 1
    assert newsletter.email.versions.get(is_current=True).subject == "First subject"


def test_another_email_and_a_goal(make_newsletter, make_email):
    goal = Goal.objects.create(name="Bought")
    newsletter = make_newsletter(email_b=make_email(subject="Other email"), goal=goal)
    groups = shown(newsletter)
    assert subjects(newsletter) == {"First subject": groups["a"], "Other email": groups["b"]}
    from wagtail_automation.audiences.goals.actions import reach_goal
    from wagtail_automation.leads.cohorts import LeadsCohort

    sender.send_due()
    click(newsletter, groups["b"])  # clicks do not count here
    with test_clock.shift(HOUR):
        cohort = LeadsCohort(list(groups["a"])[:2], key="order:1", now=clock.now())
        reach_goal(goal=goal, cohort=cohort)
    with test_clock.shift(5 * HOUR):
        actions.run()
        actions.run()
    newsletter.experiment.refresh_from_db()
    assert newsletter.experiment.winner.key == "a"
    assert len(subjects(newsletter)["Other email"]) == len(groups["b"])


def people(newsletter) -> int:
    newsletter.experiment.refresh_from_db()
    return results(newsletter.experiment).people


def test_who_got_enough_takes_no_part(make_newsletter, make_email, readers, queue, site, smtp):
    ContactSettings.objects.update_or_create(site=site, defaults={"cap": 1, "cap_days": 7})
    busy = list(Lead.objects.filter(list_memberships__list=readers).order_by("pk")[:30])
    queue(make_email(), *busy, key="before")
    sender.send_due()
    newsletter = make_newsletter(subject_b="Second")
    mails = Message.objects.filter(origin=newsletter.origin)
    withheld = set(mails.filter(reason="frequency_cap").values_list("lead_id", flat=True))
    assert withheld and withheld < {lead.pk for lead in busy}
    groups = shown(newsletter)
    assert set.union(*groups.values()) == set(mails.values_list("lead_id", flat=True)) - withheld
    assert people(newsletter) == mails.count() - len(withheld)


def test_who_is_refused_at_hand_over_takes_no_part(make_newsletter, smtp):
    newsletter = make_newsletter(subject_b="Second")
    groups = shown(newsletter)
    refused = [*list(groups["a"])[:2], *list(groups["b"])[:1]]
    suppress(Lead.objects.get(pk=refused[0]).email, "manual")
    for lead in Lead.objects.filter(pk__in=refused[1:]):
        record_consent(lead=lead, subject="email", granted=False, how="form", now=clock.now())
    sender.send_due()
    actions.run()
    assert {n for ids in shown(newsletter).values() for n in ids} == (groups["a"] | groups["b"]) - set(
        refused
    )
    assert people(newsletter) == len(smtp.raw)


def test_who_sleeps_until_the_end_takes_no_part_and_gets_it_all_the_same(
    make_newsletter, readers, site, smtp
):
    """Quiet hours hold the message of those in Tokyo beyond the time of the test."""
    ContactSettings.objects.update_or_create(
        site=site, defaults={"quiet_begin": dt.time(21), "quiet_end": dt.time(8)}
    )
    for lead in Lead.objects.filter(list_memberships__list=readers).order_by("pk")[:30]:
        lead.time_zone = "Asia/Tokyo"
        lead.save()
    begun = dt.datetime(2026, 5, 5, 12, 30, tzinfo=dt.UTC)  # 21:30 in Tokyo
    with test_clock.freeze(begun):
        newsletter = make_newsletter(subject_b="Second")
    before = len(set.union(*shown(newsletter).values()))
    with test_clock.freeze(begun + dt.timedelta(minutes=20)):
        sender.send_due()
        sent = len(smtp.raw)
        actions.run()
    assert 0 < sent < before == people(newsletter), "they may still get it in time"
    with test_clock.freeze(begun + 5 * HOUR):
        actions.run()
        sender.send_due()
    assert people(newsletter) == sent and newsletter.experiment.is_decided
    at = set(ExperimentExposure.objects.values_list("at", flat=True))
    assert at == {begun + dt.timedelta(minutes=20)}, "what they did before they had it proves nothing"
    with test_clock.freeze(begun + 12 * HOUR):
        sender.send_due()
    assert len(smtp.raw) == 60


def test_nobody_clicks(make_newsletter):
    newsletter = make_newsletter(subject_b="Second")
    with test_clock.shift(5 * HOUR):
        actions.run()
        actions.run()
    newsletter.experiment.refresh_from_db()
    assert newsletter.experiment.winner.key == "a" and Message.objects.count() == 60


def test_somebody_decides_earlier(make_newsletter, client):
    newsletter = make_newsletter(subject_b="Second", spread_hours=10)
    before = Message.objects.count()
    roles.create_groups()
    user = User.objects.create_user("mia")
    user.groups.add(Group.objects.get(name="Marketer"))
    client.force_login(user)
    page = client.get(reverse("wagtail_automation_newsletter:show", args=[newsletter.pk])).content.decode()
    results = reverse("wagtail_automation_experiment:results", args=[newsletter.experiment_id])
    assert results in page and "Too early to say anything" in page and "Second" in page
    with test_clock.shift(HOUR):
        client.post(results, {"winner": "no such version"})
        actions.run()
        assert Message.objects.count() == before
        client.post(results, {"winner": "b"})
        actions.run()
    with test_clock.shift(6 * HOUR):  # spread from the decision on, not from the end of the test
        actions.run()
    assert before + 5 < Message.objects.count() < 60
    with test_clock.shift(11 * HOUR + dt.timedelta(minutes=1)):
        actions.run()
    assert Message.objects.count() == 60
    assert len(subjects(newsletter)["First subject"]) == len(shown(newsletter)["a"])


def test_a_corrected_email_keeps_the_second_subject(make_newsletter):
    newsletter = make_newsletter(subject_b="Second", test_hours=1)
    newsletter.email.preheader = "Corrected"
    newsletter.email.save_revision().publish()
    experiments.decide(experiment=newsletter.experiment, key="b", now=clock.now())
    actions.run()
    versions = EmailVersion.objects.filter(subject="Second")
    assert versions.count() == 2
    assert Message.objects.filter(email_version=versions.latest("pk")).count() == 60 - len(
        shown(newsletter)["a"] | shown(newsletter)["b"]
    )


def test_statements_do_not_grow(make_email, make_lead):
    chunks = []
    for size in (20, 80):
        found = LeadList.objects.create(name=f"{size}")
        ListMembership.objects.bulk_create(
            ListMembership(list=found, lead=make_lead(), added_at=clock.now()) for _ in range(size)
        )
        newsletter = Newsletter.objects.create(
            name="x", email=make_email(), subject_b="Second", test_share=100
        )
        actions.set_audience(newsletter=newsletter, lists=[found])
        actions.order(newsletter=newsletter, now=clock.now())
        actions.start(newsletter=newsletter, now=clock.now())
        with CaptureQueriesContext(connection) as queries:
            assert actions.queue_chunk(newsletter=newsletter, now=clock.now()) == size
        chunks.append(len(queries))
    assert chunks[0] == chunks[1] <= 34, chunks


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"email_b": "same"}, "nothing to compare"),
        ({"subject_b": "First subject"}, "nothing to compare"),
        ({"email_b": "other", "subject_b": "Second"}, "not both at once"),
        ({"subject_b": "{{ lead.first_name"}, "subject_b"),
        ({"subject_b": "{{ nobody.knows }}"}, "is not known"),
        ({"subject_b": "Second", "test_share": 0}, "greater than or equal to 1"),
        ({"subject_b": "Second", "test_hours": 169}, "less than or equal to 168"),
        (
            {"subject_b": "Second", "send_at": "2090-01-01 10:00", "in_each_zone": "on"},
            "compared at one time",
        ),
        ({"goal": "goal"}, "Without a second version"),
        ({"email_b": "receipt"}, "cannot be sent to many"),
    ],
)
def test_bad_input(client, make_email, readers, change, message):
    roles.create_groups()
    user = User.objects.create_user("mia")
    user.groups.add(Group.objects.get(name="Marketer"))
    client.force_login(user)
    email = make_email(subject="First subject")
    known = {
        "same": email.pk,
        "other": make_email().pk,
        "receipt": make_email(is_transactional=True).pk,
        "goal": Goal.objects.create(name="Bought").pk,
    }
    values = {"name": "July", "email": email.pk, "lists": [readers.pk], "spread_hours": 0}
    values |= {"test_share": 20, "test_hours": 4} | {k: known.get(v, v) for k, v in change.items()}
    page = client.post(reverse("wagtail_automation_newsletter:add"), values)
    assert page.status_code == 200 and message in page.content.decode()
    assert not Newsletter.objects.exists()


def test_a_pause_lengthens_the_comparison(make_newsletter, smtp):
    """Otherwise its time would be over before anybody got either version, and the first would always win."""
    newsletter = make_newsletter(subject_b="Second", spread_hours=10)
    actions.pause(newsletter=newsletter)
    assert sender.send_due().counts == {}
    before = Message.objects.count()
    with test_clock.shift(20 * HOUR):
        experiments.decide_due(now=clock.now())
        actions.run()
        newsletter.experiment.refresh_from_db()
        assert not newsletter.experiment.is_decided and Message.objects.count() == before
        actions.resume(newsletter=newsletter, now=clock.now())
        actions.run()
        sender.send_due()
        groups = shown(newsletter)
        assert Message.objects.count() == before == sum(map(len, groups.values()))
        click(newsletter, groups["b"])
    with test_clock.shift(23 * HOUR):
        actions.run()
        assert Message.objects.count() == before
    with test_clock.shift(24 * HOUR + dt.timedelta(minutes=1)):
        actions.run()
        newsletter.experiment.refresh_from_db()
        assert newsletter.experiment.winner.key == "b"
    assert Message.objects.count() < before + 10  # the others' turns are spread from the decision on
    with test_clock.shift(35 * HOUR):
        actions.run()
    assert Message.objects.count() == 60 and not NewsletterRecipient.objects.exists()


def test_who_decides_or_gives_it_another_end_in_a_pause_is_heard(make_newsletter):
    newsletter = make_newsletter(subject_b="Second")
    actions.pause(newsletter=newsletter)
    later = clock.now() + 50 * HOUR
    newsletter.experiment.refresh_from_db()
    newsletter.experiment.ends_at = later
    newsletter.experiment.save()
    actions.resume(newsletter=newsletter, now=clock.now())
    newsletter.experiment.refresh_from_db()
    assert newsletter.experiment.ends_at == later
    actions.pause(newsletter=newsletter)
    experiments.decide(experiment=newsletter.experiment, key="b", now=clock.now())
    actions.resume(newsletter=newsletter, now=clock.now())
    newsletter.refresh_from_db()
    assert newsletter.test_left is None and newsletter.experiment.ends_at is None
    actions.run()
    assert Message.objects.count() == 60 and not NewsletterRecipient.objects.exists()


def test_everybody_takes_part_and_it_is_spread(make_newsletter):
    """Nobody waits for the result: each has a turn of their own, and after the decision the winner goes."""
    newsletter = make_newsletter(subject_b="Second", spread_hours=10, test_hours=5, test_share=100)
    moments = newsletter.recipients.order_by("due_at").values_list("due_at", flat=True)
    assert Message.objects.count() < 20 and max(moments) <= newsletter.started_at + 10 * HOUR
    with test_clock.shift(2 * HOUR):
        actions.run()
        experiments.decide(experiment=newsletter.experiment, key="b", now=clock.now())
        actions.run()
    assert Message.objects.count() < 40, "a decision lets nobody's turn come earlier"
    with test_clock.shift(11 * HOUR):
        actions.run()
    assert Message.objects.count() == 60 and not newsletter.recipients.exists()
    assert len(subjects(newsletter)["First subject"]) == len(shown(newsletter)["a"])
