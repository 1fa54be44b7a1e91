"""When a message goes out: spread over days, and not at hours when people may not be written to."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from wagtail_automation import contact
from wagtail_automation.leads.cohorts import LeadsCohort
from wagtail_automation.messaging import actions, reasons, sender
from wagtail_automation.messaging.models import Message
from wagtail_automation.objects import ref_of
from wagtail_automation.outbox import State
from wagtail_automation.testing import clock as test_clock

pytestmark = pytest.mark.django_db

NIGHT = dt.datetime(2026, 3, 10, 2, 0, tzinfo=dt.UTC)
MORNING = dt.datetime(2026, 3, 10, 8, 0, tzinfo=dt.UTC)


class Sleepers(contact.Judge):
    """Nobody of a campaign may be written to before the morning."""

    def allowed_from(self, recipients, now):
        return [max(now, MORNING) if person.origin.startswith("campaign:") else now for person in recipients]


@pytest.fixture
def sleepers(monkeypatch):
    monkeypatch.setattr(contact, "_judges", [Sleepers()])


@pytest.mark.usefixtures("sleepers")
def test_what_waited_in_the_queue_does_not_go_out_at_night(make_email, make_lead, queue, smtp):
    email, lead, other = make_email(), make_lead(), make_lead()
    with test_clock.freeze(NIGHT):
        (late,) = queue(email, lead, key="a")
        (form,) = queue(email, other, key="b")
        Message.objects.filter(pk=late.pk).update(origin="campaign:1")
        Message.objects.filter(pk=form.pk).update(origin="form:1")
        assert sender.send_due().counts == {State.QUEUED: 1, State.SENT: 1}
        late.refresh_from_db()
        assert (late.state, late.not_before, late.attempts) == (State.QUEUED, MORNING, 0)
        assert "may be written to" in str(reasons.explain(late.reason))
        assert sender.send_due().counts == {}
    with test_clock.freeze(MORNING):
        assert sender.send_due().counts == {State.SENT: 1}
    assert len(smtp.raw) == 2


def test_an_email_is_spread_over_days_in_as_many_statements(make_email, make_lead):
    email = make_email()
    people = [make_lead() for _n in range(40)]
    cohort = LeadsCohort([lead.pk for lead in people], key="spread", now=MORNING)
    with test_clock.freeze(MORNING), CaptureQueriesContext(connection) as queries:
        actions.queue_email(cohort=cohort, email=ref_of(email), spread=4)
    assert len([q for q in queries if "message" in q["sql"]]) <= 3
    moments = sorted(Message.objects.values_list("not_before", flat=True))
    assert len(set(moments)) == 40
    assert moments[0] >= MORNING and moments[-1] < MORNING + dt.timedelta(days=4)
    assert moments[-1] - moments[0] > dt.timedelta(days=2)
    days = {(moment - MORNING).days for moment in moments}
    assert days == {0, 1, 2, 3}
