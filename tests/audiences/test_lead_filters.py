"""The list of leads narrowed to a list or a segment, stored or computed."""

import pytest
from django.urls import reverse

from wagtail_automation import clock
from wagtail_automation.audiences import actions
from wagtail_automation.audiences.models import LeadList, Segment, SegmentMembership

URL = "wagtail_automation_lead:index"


def shown(client, **question) -> set:
    response = client.get(reverse(URL), question)
    assert response.status_code == 200
    return {lead.pk for lead in response.context["object_list"]}


@pytest.fixture
def people(make_leads):
    return make_leads(4, status="known")


def test_by_list(admin_client, people):
    fair = LeadList.objects.create(name="Fair")
    for lead in (people[0], people[2]):
        actions.add_lead_to_list(lead_list=fair, lead=lead, now=clock.now())
    assert shown(admin_client, list=fair.pk) == {people[0].pk, people[2].pk}


def test_by_a_list_without_rows(admin_client, people):
    everybody, gone = (LeadList.objects.get(builtin=name) for name in ("all", "unsubscribed"))
    assert shown(admin_client, list=everybody.pk) == {lead.pk for lead in people}
    assert shown(admin_client, list=gone.pk) == set()


def test_by_segment_and_something_else(admin_client, people):
    buyers = Segment.objects.create(name="Buyers", live=True)
    for lead in people[:2]:
        SegmentMembership.objects.create(segment=buyers, lead=lead, joined_at=clock.now())
    assert shown(admin_client, segment=buyers.pk) == {people[0].pk, people[1].pk}
    assert shown(admin_client, segment=buyers.pk, score_min=1000) == set()


@pytest.mark.parametrize("name", ["list", "segment"])
@pytest.mark.parametrize("value", ["999999", "x", "1; DROP TABLE", "-1"])
def test_what_does_not_exist_is_said_at_the_filter(admin_client, people, name, value):
    response = admin_client.get(reverse(URL), {name: value})
    assert response.status_code == 200
    assert name in response.context["filters"].form.errors
