"""Alerts, and the channel that somebody prefers."""

import datetime as dt

from django.contrib.auth.models import User

from wagtail_automation.campaigns.testing import Asked, Step, activity, condition, trigger
from wagtail_automation.leads import actions as leads
from wagtail_automation.leads.cohorts import LeadsCohort
from wagtail_automation.leads.models import Lead, Team, TeamMember
from wagtail_automation.messaging.alerting.vocabulary import ALERT_SENT
from wagtail_automation.messaging.alerts import queue_alerts
from wagtail_automation.messaging.models import Alert, DirectMessage


def _alert(name="Hot") -> Alert:
    return Alert.objects.create(
        name=name, event="form_submitted", text="Call!", to="others", address="desk@shop.example"
    )


@condition("alert_was_sent")
def this_one_since_the_entry(world):
    alert, other = _alert(), _alert("Other")
    told, early, by_another, nobody = (world.lead() for _n in range(4))
    world.event(ALERT_SENT, told, about=alert)
    world.event(ALERT_SENT, early, about=alert, at=world.before)
    world.event(ALERT_SENT, by_another, about=other)
    return Asked({"alert": alert.pk}, yes=[told], no=[early, by_another, nobody])


@condition("alert_was_sent")
def any_of_them(world):
    told = world.lead()
    world.event(ALERT_SENT, told)
    return Asked({}, yes=[told], no=[world.lead()])


@trigger("alert_sent")
def when_colleagues_are_told(world):
    alert, ada, bob = _alert(), world.lead(), world.lead()
    run = yield Step({"alert": alert.pk})
    told = {"to": "others", "text": "Hello", "address": "desk@shop.example"}
    queue_alerts(cohort=LeadsCohort([ada.pk], key="case:1"), alert=alert, **told)
    queue_alerts(cohort=LeadsCohort([bob.pk], key="case:2"), **told)
    run.walk()
    assert [run.entered(lead) for lead in (ada, bob)] == [1, 0]


@activity("notify_owner")
def tells_the_owner_and_nobody_else(world):
    ines = User.objects.create_user("ines", "ines@shop.example")
    owned, free = world.lead(first_name="Ada", owner=ines), world.lead(first_name="Bob")
    yield Step({"text": "Call {{ lead.first_name }}!"}, [owned, free])
    sent = [(row.to, row.text.split("\n")[0]) for row in DirectMessage.objects.all()]
    assert sent == [("ines@shop.example", "Call Ada!")]


@condition("preferred_channel_is")
def the_one_agreed_to_last(world):
    def agrees(*subjects, refused=()):
        lead = world.lead()
        for minutes, subject in enumerate(subjects):
            at = world.now - dt.timedelta(hours=1) + dt.timedelta(minutes=minutes)
            leads.record_consent(lead=lead, subject=subject, granted=True, how="form", now=at)
        for subject in refused:
            leads.record_consent(lead=lead, subject=subject, granted=False, how="form", now=world.now)
        return lead

    yes = [agrees("sms"), agrees("email", "sms"), agrees("sms", "email", refused=["email"])]
    no = [agrees("sms", "email"), agrees("email"), agrees("sms", refused=["sms"]), world.lead()]
    return Asked({"channel": "sms"}, yes=yes, no=no)


@activity("assign")
def gives_everybody_to_one(world):
    ines, theo = (User.objects.create_user(name, f"{name}@shop.example") for name in ("ines", "theo"))
    free, owned, other = world.lead(), world.lead(owner=theo), world.lead(owner=theo)
    yield Step({"person": ines.pk}, [free, owned])
    assert [Lead.objects.get(pk=lead.pk).owner for lead in (free, owned, other)] == [ines, ines, theo]


@activity("assign_round_robin")
def shares_out_those_whom_nobody_looks_after(world):
    ines, theo, nora = (User.objects.create_user(n, f"{n}@shop.example") for n in ("ines", "theo", "nora"))
    team = Team.objects.create(name="North")
    for user in (ines, theo):
        TeamMember.objects.create(team=team, user=user, weight=1)
    free, owned = [world.lead(first_name="Ada") for _n in range(4)], world.lead(owner=nora)
    yield Step({"team": team.pk, "everybody": False, "text": "Call {{ lead.first_name }}!"}, [*free, owned])
    owners = [Lead.objects.get(pk=lead.pk).owner for lead in free]
    assert sorted(owner.username for owner in owners) == ["ines", "ines", "theo", "theo"]
    assert Lead.objects.get(pk=owned.pk).owner == nora
    told = sorted(row.to.partition("@")[0] for row in DirectMessage.objects.all())
    assert told == ["ines", "ines", "nora", "theo", "theo"]


@activity("assign_round_robin")
def shares_out_everybody_and_tells_nobody(world):
    ines, nora = (User.objects.create_user(name, f"{name}@shop.example") for name in ("ines", "nora"))
    team = Team.objects.create(name="North")
    TeamMember.objects.create(team=team, user=ines, weight=1)
    owned = world.lead(owner=nora)
    yield Step({"team": team.pk, "everybody": True, "text": ""}, [owned])
    assert Lead.objects.get(pk=owned.pk).owner == ines
    assert not DirectMessage.objects.exists()
