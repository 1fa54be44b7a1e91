"""Goals: by rule, by events, by campaigns; each key once; listed with what was reached."""

import uuid

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from tests.audiences.conftest import NOW
from wagtail_automation.audiences.goals import actions
from wagtail_automation.audiences.goals.activities import GoalReached as GoalActivity
from wagtail_automation.audiences.goals.conditions import GoalWasReached
from wagtail_automation.audiences.goals.triggers import GoalReached
from wagtail_automation.audiences.goals.words import amount
from wagtail_automation.audiences.models import Goal, GoalReach
from wagtail_automation.audiences.scoring.actions import change_lead_score
from wagtail_automation.audiences.watching.models import Listener, Watch
from wagtail_automation.audiences.watching.work import work_off
from wagtail_automation.leads.cohorts import LeadsCohort
from wagtail_automation.leads.merging import merge
from wagtail_automation.leads.models import Lead
from wagtail_automation.rules.binding import bind
from wagtail_automation.testing import contracts
from wagtail_automation.tracking import events
from wagtail_automation.tracking.actions import record_event
from wagtail_automation.tracking.models import Event
from wagtail_automation.triggers import Trigger, triggers

from .conftest import condition, rule

pytestmark = pytest.mark.django_db


class Clicked(Trigger):
    """A trigger of the test's own."""

    key = "test_goal_clicked"
    event = events.LINK_CLICKED

    class Meta:
        label = "Clicks"
        icon = "link"
        description = "A link is clicked."


@pytest.fixture
def clicked():
    with triggers.temporarily(Clicked):
        yield lambda lead: record_event(name=events.LINK_CLICKED, lead=lead, at=NOW)


def by_click(name, **fields):
    block = Goal._meta.get_field("events").stream_block
    stream = block.to_python([{"id": str(uuid.uuid4()), "type": "on_test_goal_clicked", "value": {}}])
    return Goal.objects.create(name=name, events=stream, **fields)


def reached(goal):
    return sorted(goal.reaches.values_list("lead", flat=True))


def told(goal):
    rows = Event.objects.filter(name=events.GOAL_REACHED, object_key=goal.uuid).order_by("lead_id", "pk")
    return [(event.lead_id, event.value) for event in rows]


def cohort(leads, key="k"):
    return LeadsCohort([lead.pk for lead in leads], key=key, now=NOW)


def test_a_key_reaches_it_once(make_leads):
    ada, bob = make_leads(2)
    once = Goal.objects.create(name="Once", value=5)
    each = Goal.objects.create(name="Each", value=5, counting="each")
    for goal in (once, each):
        assert actions.reach_goal(goal=goal, cohort=cohort([ada])) == [ada.pk]
        assert actions.reach_goal(goal=goal, cohort=cohort([ada])) == []
    assert actions.reach_goal(goal=once, cohort=cohort([ada, bob], "other")) == [bob.pk]
    assert sorted(actions.reach_goal(goal=each, cohort=cohort([ada, bob], "other"), value=9)) == [
        ada.pk,
        bob.pk,
    ]
    assert told(once) == [(ada.pk, 5), (bob.pk, 5)]
    assert told(each) == [(ada.pk, 5), (ada.pk, 9), (bob.pk, 9)]
    once.archived = True
    once.save()
    assert actions.reach_goal(goal=once, cohort=cohort(make_leads(1))) == []


def test_by_rule(make_leads):
    (ada,) = make_leads(1)
    goal = Goal.objects.create(name="Rich", rule=rule(condition("score_above", value=10)))
    change_lead_score(lead=ada, operation="add", value=11, now=NOW)
    for points in (0, 50):
        work_off()
        change_lead_score(lead=ada, operation="set", value=points, now=NOW)
    work_off()
    assert told(goal) == [(ada.pk, 0)]
    goal.archived = True
    goal.save()
    change_lead_score(lead=make_leads(1)[0], operation="set", value=99, now=NOW)
    work_off()
    assert len(told(goal)) == 1
    goal.delete()
    assert not Watch.objects.exists()


def test_by_events(make_leads, clicked):
    ada, bob = make_leads(2)
    once, each = by_click("Once"), by_click("Each", counting="each", value=2)
    for lead in (ada, ada, bob):
        clicked(lead)
    work_off()
    clicked(ada)
    work_off()
    work_off()
    assert (reached(once), reached(each)) == ([ada.pk, bob.pk], [ada.pk, ada.pk, ada.pk, bob.pk])
    assert len(told(each)) == 4
    once.delete()
    each.delete()
    assert not Listener.objects.exists() and not GoalReach.objects.exists()


def test_the_classes_keep_their_contracts(make_leads):
    goal = Goal.objects.create(name="Bought", counting="each")
    (ada,), (bob,), _none = make_leads(1), make_leads(1), make_leads(1)
    for key in ("a", "b"):
        actions.reach_goal(goal=goal, cohort=cohort([ada], key))
    actions.reach_goal(goal=goal, cohort=cohort([bob]))
    value = {"goal": goal.pk, "times": 1}
    assert contracts.check_condition(GoalWasReached, value=value, model=Lead) == {ada.pk, bob.pk}
    value["times"] = 2
    assert contracts.check_condition(GoalWasReached, value=value, model=Lead) == {ada.pk}
    block = GoalWasReached()
    assert block.sentence(bind(block, value)) == "Reached the goal “Bought” at least 2 times"
    number = iter(range(99))

    def cohort_of(size):
        return cohort(make_leads(size), f"c{next(number)}")

    contracts.check_activity(GoalActivity, value={"goal": goal.pk}, cohort_of=cohort_of)
    contracts.check_trigger(GoalReached)


def test_a_merge_keeps_each_key_once(make_leads):
    source, target = make_leads(2)
    once, each = Goal.objects.create(name="Once"), Goal.objects.create(name="Each", counting="each")
    for lead in (source, target):
        for goal in (once, each):
            actions.reach_goal(goal=goal, cohort=cohort([lead], f"form:{lead.pk}"))
    merge(source=source, target=target, now=NOW, reason="test")
    assert reached(once) == [target.pk] and reached(each) == [target.pk] * 2


def test_values_in_words():
    assert amount(1250, "EUR") == "12.50\u00a0EUR"
    assert amount(1250, "JPY") == "1,250\u00a0JPY" or amount(1250, "JPY") == "1250\u00a0JPY"
    assert amount(1, "") == "1 pts"


def test_in_the_admin(client, admin_user, make_leads, django_assert_max_num_queries):
    client.force_login(admin_user)
    add = reverse("wagtail_automation_goal:add")
    assert client.get(add).status_code == 200
    form = {
        "name": "=Bought<b>",
        "description": "",
        "colour": "green",
        "counting": "once",
        "value": "1250",
        "currency": "eur",
        "rule": "",
        "events-count": "0",
    }
    assert "Three capital letters" in client.post(add, form).content.decode()
    assert client.post(add, {**form, "currency": "EUR"}).status_code == 302
    goal = Goal.objects.get()
    actions.reach_goal(goal=goal, cohort=cohort(make_leads(3, first_name="Ada")))
    index = reverse("wagtail_automation_goal:index")
    html = client.get(index).content.decode()
    assert "37.50\u00a0EUR" in html and "Bought&lt;b&gt;" in html
    with django_assert_max_num_queries(25):
        client.get(index)
    assert "'=Bought<b>" in b"".join(client.get(index + "?export=csv").streaming_content).decode()
    html = client.get(reverse("wagtail_automation_goal:reached", args=[goal.pk])).content.decode()
    assert html.count("Ada") >= 3 and "12.50\u00a0EUR" in html
    assert client.get(reverse("wagtail_automation_goal_chooser:choose")).status_code == 200
    with pytest.raises(ValidationError):
        Goal(name=" =bought<B>").full_clean()
