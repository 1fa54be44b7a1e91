"""Several connections at once: merges of the same leads, and rounds of the same team."""

from collections import Counter
from functools import partial

import pytest
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError

from tests.leads.test_identify import NOW, identify, together
from wagtail_automation.leads import actions, merge_by_hand
from wagtail_automation.leads.models import Lead, LeadMerge, MergedLead, Team, TeamMember, Turn

pytestmark = pytest.mark.django_db(transaction=True)


def people(*names, **fields):
    return [
        identify(lead=None, identifiers={"email": f"{name}@example.com"}, fields=fields) for name in names
    ]


def test_the_same_two_merged_by_hand_by_four_people():
    user = get_user_model().objects.create_superuser("boss", password="x")
    for number in range(3):
        Lead.objects.all().delete()
        LeadMerge.objects.all().delete()
        one, two = people(f"one{number}", f"two{number}", city="Lyon")
        merge = partial(merge_by_hand.merge_chosen, take=["city"], now=NOW, user=user)
        ways = [partial(merge, source=one, target=two), partial(merge, source=two, target=one)] * 2
        results = together(*ways)
        merged = [result for result in results if isinstance(result, Lead)]
        assert len(merged) == 1, results
        assert all(isinstance(result, ValidationError) for result in results if result not in merged), results
        survivor = Lead.objects.get()
        assert survivor == merged[0] and survivor.identifiers.count() == 2
        assert LeadMerge.objects.count() == 1


def test_a_ring_of_merges_ends_with_one_lead():
    for number in range(3):
        Lead.objects.all().delete()
        ring = people(*(f"{name}{number}" for name in "abcd"))
        merges = [
            partial(actions.merge, source=lead, target=following, now=NOW, reason="test")
            for lead, following in zip(ring, [*ring[1:], ring[0]], strict=True)
        ]
        results = together(*merges)
        assert all(isinstance(result, Lead) for result in results), results
        survivor = Lead.objects.get()
        assert survivor.identifiers.count() == len(ring)
        assert MergedLead.objects.filter(lead=survivor).count() == len(ring) - 1
        for lead in ring:
            assert Lead.objects.resolve(lead.uuid) == survivor


@pytest.fixture
def team():
    team = Team.objects.create(name="North")
    for name, weight in (("ann", 1), ("bob", 2), ("cid", 3)):
        user = get_user_model().objects.create_superuser(name, password="x")
        TeamMember.objects.create(team=team, user=user, weight=weight)
    return team


def shares() -> Counter:
    return Counter(Lead.objects.values_list("owner__username", flat=True))


def test_rounds_at_once_share_fairly(team):
    rounds = [
        [lead.pk for lead in Lead.objects.bulk_create(Lead(status="known") for _number in range(size))]
        for size in (7, 11, 13, 17)
    ]
    results = together(
        *(partial(actions.assign_in_turn, leads=pks, team=team, now=NOW, user=None) for pks in rounds)
    )
    assert all(isinstance(result, dict) for result in results), results
    assert sum(sum(result.values()) for result in results) == 48
    assert shares() == {"ann": 8, "bob": 16, "cid": 24}, "as one round of all would"
    assert Turn.objects.filter(team=team).count() == 3


def test_the_same_leads_in_two_rounds_go_once(team):
    pks = [lead.pk for lead in Lead.objects.bulk_create(Lead(status="known") for _number in range(24))]
    results = together(
        *(
            partial(actions.assign_in_turn, leads=order, team=team, now=NOW, user=None)
            for order in (pks, pks[::-1], pks)
        )
    )
    assert sorted(sum(result.values()) for result in results) == [0, 0, 24], results
    assert shares() == {"ann": 4, "bob": 8, "cid": 12}
