"""Lists in imports: everybody onto one, columns that name some, replacing, who may."""

import pytest

from tests.leads.imports.conftest import boss, load, reasons  # noqa: F401  (fixtures)
from wagtail_automation.audiences import actions
from wagtail_automation.audiences.models import LeadList, ListMembership
from wagtail_automation.leads.actions import identify
from wagtail_automation.leads.cohorts import LeadsCohort
from wagtail_automation.leads.imports.people import extras
from wagtail_automation.tracking.models import Event

pytestmark = pytest.mark.django_db
TEXT = "email\na@x.example\nb@x.example\n"


def members(lead_list) -> set[str]:
    return set(ListMembership.objects.filter(list=lead_list).values_list("lead__email", flat=True))


@pytest.fixture
def fair(db):
    lead_list = LeadList.objects.create(name="Fair")
    from wagtail_automation import clock

    known = [
        identify(lead=None, identifiers={"email": address}, source="x", now=clock.now())
        for address in ("a@x.example", "old@x.example")
    ]
    cohort = LeadsCohort([lead.pk for lead in known], key="x")
    actions.add_to_list(lead_list=lead_list, cohort=cohort)
    return lead_list


@pytest.mark.parametrize(
    ("mode", "expected"),
    [("add", {"a@x.example", "b@x.example", "old@x.example"}), ("replace", {"a@x.example", "b@x.example"})],
)
def test_everybody_goes_onto_a_list(load, fair, mode, expected):
    run = load(TEXT, lists_add=fair.pk, lists_mode=mode)
    assert run.state == "done", run.problem
    assert members(fair) == expected
    assert Event.objects.filter(name="list_joined", lead__email="b@x.example").count() == 1
    assert Event.objects.filter(name="list_left").count() == (mode == "replace")
    assert run.counts["updated"] == 0, "who was on it already is unchanged"
    load(TEXT, lists_add=fair.pk, lists_mode=mode)
    assert members(fair) == expected


def test_a_file_that_finds_nobody_replaces_nobody(load, fair):
    run = load("email\nbad\n", lists_add=fair.pk, lists_mode="replace")
    assert run.state == "done"
    assert members(fair) == {"a@x.example", "old@x.example"}


def test_columns_name_lists(load, fair):
    other = LeadList.objects.create(name="Été")
    run = load("email,Lists\nc@x.example,fair; ete\nd@x.example,Nothing\ne@x.example,\n")
    assert "c@x.example" in members(fair) and members(other) == {"c@x.example"}
    assert "no list “Nothing”" in reasons(run)[3]


def test_only_those_who_may_change_lists(django_user_model):
    user = django_user_model.objects.create_user("plain", password="x")
    assert "lists" not in {extra.key for extra in extras(user)}
