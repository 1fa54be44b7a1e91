"""Alerts to colleagues: who gets one, in which language, with what; repeats, bad input, statements."""

import pytest
from django.contrib.auth.models import Group, User
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from wagtail.users.models import UserProfile

from wagtail_automation.leads.cohorts import LeadsCohort
from wagtail_automation.leads.models import Lead, Team
from wagtail_automation.leads.personal_data import Matcher
from wagtail_automation.messaging.activities import AlertSend
from wagtail_automation.messaging.alerts import queue_alerts
from wagtail_automation.messaging.models import DirectMessage
from wagtail_automation.messaging.own_data import forget_direct_messages
from wagtail_automation.objects import ref_of

pytestmark = pytest.mark.django_db


def colleague(name, *, role="", language="", **fields) -> User:
    user = User.objects.create_user(name, f"{name}@shop.example", "x", **fields)
    if role:
        user.groups.add(Group.objects.get_or_create(name=role)[0])
    if language:
        UserProfile.objects.create(user=user, preferred_language=language)
    return user


def cohort(*leads, key="t:1"):
    return LeadsCohort([lead.pk for lead in leads], key=key)


def test_each_reads_it_in_their_language_with_name_address_and_a_link(make_lead):
    colleague("theo", role="Salesperson", language="fr")
    lead = make_lead("ada@example.com", first_name="Ada", last_name="Byron", phone="+33 6 12")
    queue_alerts(cohort=cohort(lead), to="sales", text="Appeler.", address="Desk@Shop.example")
    french, english = (DirectMessage.objects.get(to=to) for to in ("theo@shop.example", "desk@shop.example"))
    assert english.subject == "To look at: Ada Byron"
    assert french.subject != english.subject
    first, facts, link = english.text.split("\n\n")
    assert first == "Appeler."
    assert facts.splitlines() == ["Ada Byron", "Email: ada@example.com", "Phone: +33 6 12"]
    assert link.startswith("http://testserver/admin/") and f"/{lead.pk}/" in link


def test_nobody_is_told_twice_and_those_who_left_not_at_all(make_lead):
    ines = colleague("ines", role="Salesperson")
    colleague("gone", role="Salesperson", is_active=False)
    User.objects.create_user("mute", "", "x").groups.add(Group.objects.get(name="Salesperson"))
    team = Team.objects.create(name="North")
    team.members.create(user=ines)
    made = queue_alerts(
        cohort=cohort(make_lead()),
        to="sales",
        text="Hello",
        team=ref_of(team),
        person=ref_of(ines),
        address="INES@shop.example",
    )
    assert made == 1
    assert [row.to for row in DirectMessage.objects.all()] == ["ines@shop.example"]


def test_a_repeat_of_the_act_is_refused(make_lead):
    lead = make_lead()
    queue_alerts(cohort=cohort(lead), to="others", text="Hello", address="a@shop.example")
    with pytest.raises(IntegrityError), transaction.atomic():
        queue_alerts(cohort=cohort(lead), to="others", text="Hello", address="a@shop.example")
    assert DirectMessage.objects.count() == 1


def test_statements_do_not_grow_with_the_people(make_lead, django_assert_max_num_queries):
    for name in ("a", "b", "c"):
        colleague(name, role="Salesperson")
    people = [make_lead(first_name="X") for _n in range(20)]
    with django_assert_max_num_queries(18):  # with savepoints and the job
        queue_alerts(cohort=cohort(*people[:2], key="few"), to="owner", text="{{ lead.first_name }}")
    with django_assert_max_num_queries(18):
        queue_alerts(cohort=cohort(*people, key="many"), to="owner", text="{{ lead.first_name }}")
    assert DirectMessage.objects.count() == 66


def test_a_name_with_a_line_break_stays_one_header(make_lead):
    lead = make_lead(first_name="Eve\nBcc: all@example.com")
    queue_alerts(cohort=cohort(lead), to="others", text="", address="a@shop.example")
    assert DirectMessage.objects.get().subject == "To look at: Eve Bcc: all@example.com"


def test_what_quotes_an_erased_person_is_not_sent(make_lead):
    lead = make_lead("ada@example.com")
    queue_alerts(cohort=cohort(lead), to="others", text="Hello", address="a@shop.example")
    forget_direct_messages(Matcher(["ada@example.com"]))
    assert not DirectMessage.objects.exists()


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"to": "others"}, "to"),
        ({"to": "everybody"}, "to"),
        ({"text": ""}, "text"),
        ({"text": "{{ lead.nonsense }}"}, "text"),
        ({"text": "{% if %}"}, "text"),
        ({"address": "nobody"}, "address"),
    ],
)
def test_bad_settings_are_refused_at_their_field(changed, field):
    block = AlertSend()
    with pytest.raises(ValidationError) as refused:
        block.clean(block.to_python({"to": "owner", "text": "Hello", **changed}))
    assert list(refused.value.block_errors) == [field]


def test_its_sentence_names_the_recipients():
    block = AlertSend()
    assert block.sentence({"to": "sales"}) == "Tell the sales team"
    assert block.sentence({"to": "others", "address": "a@b.example"}) == "Tell a@b.example"
    assert block.sentence({"to": "others"}) == "Alert the sales team"
    assert Lead.objects.count() == 0
