"""Consents, and the erasure of people by a campaign."""

import datetime as dt

from wagtail_automation.campaigns.testing import Asked, Step, activity, condition
from wagtail_automation.leads import actions, consent, erasure
from wagtail_automation.leads.models import Identifier, Lead, Topic


def says(world, lead, subject, granted, how="form"):
    actions.record_consent(lead=lead, subject=subject, granted=granted, how=how, now=world.before)


@condition("has_consent")
def to_a_channel(world):
    yes, refused, withdrawn, other = (world.lead() for _number in range(4))
    says(world, yes, "email", True)
    says(world, refused, "email", False)
    says(world, withdrawn, "email", True)
    says(world, withdrawn, "email", False)
    says(world, other, "sms", True)
    return Asked({"subject": "email"}, yes=[yes], no=[refused, withdrawn, other, world.lead()])


@condition("has_consent")
def to_a_topic(world):
    topic = Topic.objects.create(key="offers", name="Offers")
    yes, other = world.lead(), world.lead()
    says(world, yes, topic.subject, True)
    says(world, other, "email", True)
    return Asked({"subject": topic.subject}, yes=[yes], no=[other])


@condition("has_consent")
def the_negation_finds_those_never_asked(world):
    yes = world.lead()
    says(world, yes, "tracking", True)
    return Asked({"subject": "tracking"}, yes=[world.lead()], no=[yes], match="none")


@activity("consent_set")
def grants_to_those_never_asked_only(world):
    new, granted, withdrawn = world.lead(), world.lead(), world.lead()
    child = world.lead(birth_date=world.now.date() - dt.timedelta(days=365 * 10))
    says(world, granted, "sms", True)
    says(world, withdrawn, "sms", False, how="preferences")
    yield Step({"subject": "sms", "value": "grant"}, [new, granted, withdrawn, child])
    assert consent.states(new) == {"sms": True}
    assert consent.states(withdrawn) == {"sms": False}
    assert consent.states(child).get("sms") is not True
    assert [lead.consent_records.count() for lead in (new, granted, withdrawn)] == [1, 1, 1]
    assert new.consent_records.get().how.startswith("campaign:")


@activity("consent_set")
def withdraws_from_everybody(world):
    new, granted = world.lead(), world.lead()
    says(world, granted, "email", True)
    yield Step({"subject": "email", "value": "withdraw"}, [new, granted])
    assert consent.states(new) == consent.states(granted) == {"email": False}


@activity("anonymise")
def keeps_counts(world):
    ada, bob = world.lead(email="ada@example.com", first_name="Ada", score=7), world.lead()
    Identifier.objects.create(lead=ada, kind="email", value="ada@example.com")
    yield Step({}, [ada, bob])
    erasure.work()
    for lead in (ada, bob):
        lead.refresh_from_db()
        assert lead.anonymised_at is not None
        assert lead.enrollments.get().step is None
    assert (ada.email, ada.first_name, ada.score) == ("", "", 7)


@activity("lead_delete")
def leaves_nobody(world):
    ada, bob, other = world.lead(email="ada@example.com"), world.lead(), world.lead()
    yield Step({}, [ada, bob])
    erasure.work()
    assert list(Lead.objects.filter(pk__in=[ada.pk, bob.pk, other.pk])) == [other]
    assert erasure.suppression.suppressed("email", ["ada@example.com"])
