"""Owners and teams: who sees which lead, assigning by hand and in turn, fairness, the admin."""

import datetime as dt
import random
from collections import Counter

import pytest
from django.contrib.auth.models import Group, User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from hypothesis import given, settings
from hypothesis import strategies as st
from wagtail.models import ModelLogEntry

from wagtail_automation import signals
from wagtail_automation.admin import roles
from wagtail_automation.leads import actions, turns
from wagtail_automation.leads.bulk import filtered
from wagtail_automation.leads.models import Absence, Lead, Team, TeamMember, Turn
from wagtail_automation.testing import clock as test_clock

NOW = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)
pytestmark = pytest.mark.django_db


@pytest.fixture
def people(english):
    """Three salespeople, a marketer, and one who left."""
    roles.create_groups()
    made = {}
    for name in ("ann", "ben", "cid"):
        made[name] = User.objects.create_user(name, first_name=name.title(), password="x")
        made[name].groups.add(Group.objects.get(name="Salesperson"))
    made["mia"] = User.objects.create_user("mia", password="x")
    made["mia"].groups.add(Group.objects.get(name="Marketer"))
    made["left"] = User.objects.create_user("left", password="x", is_active=False)
    made["left"].groups.add(Group.objects.get(name="Salesperson"))
    return made


def team_of(name="Sales", shares=False, **weights):
    team = Team.objects.create(name=name, shares_leads=shares)
    for who, weight in weights.items():
        TeamMember.objects.create(team=team, user=User.objects.get(username=who), weight=weight)
    return team


def leads(count, **fields):
    return [Lead.objects.create(created_at=NOW, status="known", **fields) for _number in range(count)]


def in_turn(team, pks, **kwargs):
    return actions.assign_in_turn(leads=pks, team=team, now=kwargs.pop("now", NOW), **kwargs)


def fresh(user):
    """As the next request reads them."""
    return User.objects.get(pk=user.pk)


# -- who sees whom -----------------------------------------------------------------------------------------


def test_who_sees_whom(people, admin_user):
    own, mate, other, free = (
        leads(1, owner=owner)[0] for owner in (*[people[n] for n in ("ann", "ben", "cid")], None)
    )

    def seen(user):
        return set(Lead.objects.visible_to(fresh(user)))

    assert seen(people["ann"]) == {own}
    team = team_of(ann=1, ben=1)
    assert seen(people["ann"]) == {own}
    Team.objects.filter(pk=team.pk).update(shares_leads=True)
    assert seen(people["ann"]) == {own, mate}
    assert seen(people["ben"]) == {own, mate}
    assert seen(people["cid"]) == {other}
    assert seen(people["mia"]) == seen(admin_user) == {own, mate, other, free}
    people["ann"].is_active = False
    people["ann"].save()
    assert seen(people["ann"]) == set()
    assert not Lead.objects.visible_to(None).exists()


def test_somebody_in_two_teams_sees_only_the_sharing_one(people):
    team_of("One", shares=True, ann=1, ben=1)
    team_of("Two", shares=False, ann=1, cid=1)
    mate, other = leads(1, owner=people["ben"])[0], leads(1, owner=people["cid"])[0]
    assert mate in Lead.objects.visible_to(fresh(people["ann"]))
    assert other not in Lead.objects.visible_to(fresh(people["ann"]))


def test_it_is_one_query_for_any_number_of_leads(people):
    team_of(shares=True, ann=1, ben=1)
    leads(20, owner=people["ben"])
    user = fresh(people["ann"])
    with CaptureQueriesContext(connection) as queries:
        for _repeat in range(3):
            assert len(Lead.objects.visible_to(user)) == 20
    # permissions of user and groups, the team-mates, and the three lists
    assert len(queries) <= 6


def test_old_numbers_of_merged_leads_resolve_only_for_those_who_see_the_survivor(people):
    own, other = leads(1, owner=people["ann"])[0], leads(1)[0]
    survivor = actions.merge(source=other, target=own, now=NOW, reason="test")
    assert Lead.objects.visible_to(fresh(people["ann"])).resolve(other.pk) == survivor
    assert Lead.objects.visible_to(fresh(people["ben"])).resolve(other.pk) is None


# -- by hand -----------------------------------------------------------------------------------------------


def test_assigning_says_so_once(people, django_assert_num_queries):
    pks = [lead.pk for lead in leads(5)]
    heard = []

    def listen(sender, leads, **kwargs):
        heard.append(sorted(leads))

    signals.owners_changed.connect(listen)
    try:
        assert actions.assign(leads=pks, owner=people["ann"], now=NOW, user=people["mia"]) == 5
        assert actions.assign(leads=pks, owner=people["ann"], now=NOW, user=people["mia"]) == 0
        assert actions.assign(leads=pks[:2], owner=None, now=NOW, user=people["mia"]) == 2
    finally:
        signals.owners_changed.disconnect(listen)
    assert heard == [pks, pks[:2]]
    assert ModelLogEntry.objects.filter(action="wagtail_automation.assign").count() == 7
    entry = ModelLogEntry.objects.filter(object_id=str(pks[0])).latest("pk")
    assert (entry.user, entry.data, entry.label) == (people["mia"], {"owner": ""}, f"Lead {pks[0]}")


def test_assigning_takes_the_same_statements_for_any_number(people):
    team, counts = team_of(ann=1, ben=2), []
    for number in (2, 60):
        for act in (
            lambda pks: actions.assign(leads=pks, owner=people["ann"], now=NOW, user=people["mia"]),
            lambda pks: in_turn(team, pks, keep_owners=False),
        ):
            pks = [lead.pk for lead in leads(number)]
            with CaptureQueriesContext(connection) as queries:
                act(pks)
            counts.append(len(queries))
    assert counts[:2] == counts[2:]


# -- in turn -----------------------------------------------------------------------------------------------


def test_in_turn_by_weight_over_many_small_rounds(people):
    team = team_of(ann=1, ben=3, mia=0)
    total = Counter()
    for size in (1, 2, 1, 3, 1):
        total.update(in_turn(team, [lead.pk for lead in leads(size)]))
    assert total == {people["ann"].pk: 2, people["ben"].pk: 6}
    assert Counter(Lead.objects.values_list("owner__username", flat=True)) == {"ann": 2, "ben": 6}


def test_those_with_an_owner_keep_them_unless_told(people):
    team = team_of(ann=1)
    (lead,) = leads(1, owner=people["cid"])
    assert in_turn(team, [lead.pk]) == {}
    assert Turn.objects.count() == 0
    assert in_turn(team, [lead.pk], keep_owners=False) == {people["ann"].pk: 1}
    assert in_turn(team, Lead.objects.all()) == {}


def test_the_absent_and_those_who_left_receive_nothing(people):
    team, other = team_of(ann=1, ben=1, left=1), team_of("Other", ann=1)
    Absence.objects.create(team=other, user=people["ann"], first_day=NOW.date(), last_day=NOW.date())
    pks = [lead.pk for lead in leads(3)]
    assert in_turn(team, pks) == {people["ben"].pk: 3}
    assert in_turn(other, [leads(1)[0].pk]) == {}
    later = NOW + dt.timedelta(days=1)
    assert in_turn(other, [leads(1)[0].pk], now=later) == {people["ann"].pk: 1}
    # whoever was away is not flooded afterwards: at most one lead more than their share
    received = in_turn(team, [lead.pk for lead in leads(4)], now=later)
    assert received[people["ann"].pk] in (2, 3)


def test_somebody_new_and_another_weight_go_on_from_where_it_stood(people):
    team = team_of(ann=1, ben=1)
    in_turn(team, [leads(1)[0].pk])
    TeamMember.objects.create(team=team, user=people["cid"], weight=2)
    received = in_turn(team, [lead.pk for lead in leads(8)])
    assert received[people["cid"].pk] == 4
    assert all(number >= 1 for number in received.values())


def test_a_team_of_nobody(people):
    assert in_turn(team_of(), [leads(1)[0].pk]) == {}
    assert in_turn(team_of("Idle", ann=0), [leads(1)[0].pk]) == {}


@settings(max_examples=120, deadline=None)
@given(
    weights=st.lists(st.integers(1, 100), min_size=1, max_size=12),
    rounds=st.lists(st.integers(1, 40), min_size=1, max_size=8),
)
def test_nobody_is_ever_a_whole_lead_away_from_their_share(weights, rounds):
    places = [turns.Place(number, weight) for number, weight in enumerate(weights)]
    total, received, done = sum(weights), Counter(), 0
    for size in rounds:
        for place in turns.draw(places, size):
            received[place.user] += 1
            done += 1
            for number, weight in enumerate(weights):
                assert abs(received[number] * total - done * weight) < total
    assert done == sum(rounds)


def test_a_changing_team_stays_near_the_shares():
    """Absences at random for 400 days with a lead each: all get their part of the days they are in."""
    chance = random.Random(7)
    stand = dict.fromkeys(range(4), (0, 1, 0))
    weights, received, fair = (1, 1, 2, 4), Counter(), Counter()
    for _day in range(400):
        here = [number for number in stand if chance.random() < 0.7] or [0]
        total = sum(weights[number] for number in here)
        places = [
            turns.Place(
                number,
                weights[number],
                turns.rescaled(stand[number][0], stand[number][1], total),
                stand[number][2],
            )
            for number in here
        ]
        received.update(place.user for place in turns.draw(places, 1))
        for place in places:
            stand[place.user] = (place.credit, total, place.last)
            fair[place.user] += place.weight / total
    for number in stand:
        assert abs(received[number] - fair[number]) < 8, (received, fair)


# -- the admin ---------------------------------------------------------------------------------------------


@pytest.fixture
def as_(client, people):
    def login(name):
        client.force_login(people[name])
        return client

    return login


def url(name, *args):
    return reverse(f"wagtail_automation_lead{name}", args=args)


def bulk(action, pks, **more):
    query = "&".join(f"id={pk}" for pk in pks)
    extra = "".join(f"&{key}={value}" for key, value in more.items())
    address = reverse("wagtail_bulk_action", args=["wagtail_automation_leads", "lead", action])
    return f"{address}?{query}{extra}&next={url(':index')}"


def test_the_panel_assigns_and_hands_on(people, as_):
    (lead,) = leads(1, email="a@example.com")
    client = as_("mia")
    page = client.get(url(":inspect", lead.pk)).content.decode()
    assert url("_assign", lead.pk) in page
    client.post(url("_assign", lead.pk), {"owner": people["ann"].pk})
    lead.refresh_from_db()
    assert lead.owner == people["ann"]
    # a salesperson may hand on to a member of a team of theirs, not to anybody, not to nobody
    client = as_("ann")
    for owner in (people["cid"].pk, "", "x" * 500, people["left"].pk):
        client.post(url("_assign", lead.pk), {"owner": owner})
        lead.refresh_from_db()
        assert lead.owner == people["ann"]
    team_of(ann=1, cid=1)
    response = client.post(url("_assign", lead.pk), {"owner": people["cid"].pk})
    assert response.url == url(":index")  # out of sight now
    assert client.get(url(":inspect", lead.pk)).status_code == 404
    assert client.get(url("_assign", lead.pk)).status_code == 405


def test_assigning_in_bulk(people, as_):
    mine, foreign = leads(2, owner=people["ann"]), leads(1)
    pks = [lead.pk for lead in (*mine, *foreign)]
    client = as_("mia")
    assert "chosen leads: 2" in client.get(bulk("assign", pks[:2])).content.decode()
    response = client.post(bulk("assign", pks), {"owner": people["ben"].pk})
    assert response.url == url(":index")
    assert set(Lead.objects.values_list("owner__username", flat=True)) == {"ben"}
    # nobody
    client.post(bulk("assign", pks[:1]), {"owner": ""})
    assert Lead.objects.get(pk=pks[0]).owner is None
    # foreign leads are left out whatever ids are sent
    client = as_("ben")
    team_of(ben=1, cid=1)
    client.post(bulk("assign", pks), {"owner": people["cid"].pk})
    assert Lead.objects.get(pk=pks[0]).owner is None
    assert Lead.objects.filter(owner=people["cid"]).count() == 2
    assert client.get(bulk("assign", ["x", "9" * 40, "-1"])).status_code == 200


def test_everything_in_the_list_as_it_is_filtered(people, as_):
    leads(3, company="Acme", score=50)
    leads(2, company="Other")
    Lead.objects.create(created_at=NOW)  # anonymous: not in the list
    client = as_("mia")
    client.post(bulk("assign", ["all"], q="acme", score_min=10), {"owner": people["ben"].pk})
    assert Lead.objects.filter(owner=people["ben"]).count() == 3
    client.post(bulk("assign", ["all"]), {"owner": people["cid"].pk})
    assert Lead.objects.filter(owner=people["cid"]).count() == 5
    from django.http import QueryDict

    assert filtered(Lead.objects.all(), QueryDict("score_min=nonsense"), None).count() == 0


def test_in_turn_in_bulk(people, as_):
    team = team_of(ann=1, ben=1)
    pks = [lead.pk for lead in leads(4)]
    client = as_("mia")
    with test_clock.freeze(NOW):
        client.post(bulk("assign_in_turn", pks), {"team": team.pk})
        assert Counter(Lead.objects.values_list("owner__username", flat=True)) == {"ann": 2, "ben": 2}
        idle = team_of("Idle")
        refused = client.post(bulk("assign_in_turn", pks), {"team": idle.pk, "everybody": "on"})
        assert "Nobody of this team" in refused.content.decode()
    assert as_("ann").post(bulk("assign_in_turn", pks), {"team": team.pk}).status_code == 302
    assert Lead.objects.filter(owner=people["ann"]).count() == 2


def test_a_salesperson_keeps_what_they_add_and_may_not_let_go(people, as_):
    client = as_("ann")
    client.post(url(":add"), {"email": "new@example.com", "owner": people["ann"].pk})
    lead = Lead.objects.get()
    assert lead.owner == people["ann"]
    client.post(url(":edit", lead.pk), {"email": "new@example.com", "owner": ""})
    client.post(url(":edit", lead.pk), {"email": "new@example.com", "owner": people["ben"].pk})
    lead.refresh_from_db()
    assert lead.owner == people["ann"]


def formset(prefix, *rows, initial=0):
    data = {f"{prefix}-TOTAL_FORMS": len(rows), f"{prefix}-INITIAL_FORMS": initial}
    data |= {f"{prefix}-MIN_NUM_FORMS": 0, f"{prefix}-MAX_NUM_FORMS": 1000}
    for number, row in enumerate(rows):
        data |= {f"{prefix}-{number}-{name}": value for name, value in {"id": "", "ORDER": "", **row}.items()}
    return data


def test_teams_are_made_in_the_settings(people, as_):
    add = reverse("wagtail_automation_team:add")
    assert as_("ann").get(add).status_code == 302
    client = as_("mia")
    page = client.get(add).content.decode()
    assert "Ann" in page and ">left<" not in page
    ann = people["ann"].pk
    twice = {"user": ann, "weight": 1}
    refused = client.post(add, {"name": "A", **formset("members", twice, twice), **formset("absences")})
    assert "twice" in refused.content.decode()
    days = {"user": ann, "first_day": "2026-03-05", "last_day": "2026-03-01"}
    refused = client.post(add, {"name": "A", **formset("members", twice), **formset("absences", days)})
    assert "must not be before" in refused.content.decode()
    heavy = {"user": ann, "weight": 10_000}
    refused = client.post(add, {"name": "A", **formset("members", heavy), **formset("absences")})
    assert refused.status_code == 200
    assert not Team.objects.exists()
    days["last_day"] = "2026-03-09"
    client.post(add, {"name": "A", **formset("members", twice), **formset("absences", days)})
    team = Team.objects.get()
    assert (team.members.get().user, team.absences.get().last_day) == (people["ann"], dt.date(2026, 3, 9))
    assert ">1<" in client.get(reverse("wagtail_automation_team:index")).content.decode().replace(
        "\n", ""
    ).replace(" ", "")


@pytest.mark.parametrize(
    ("role", "offered"),
    [
        ("mia", {"Assign", "Assign in turn", "Merge", "Add tags", "Remove tags", "Change", "Export"}),
        ("ann", {"Assign", "Merge", "Add tags", "Remove tags", "Export"}),
        ("eve", set()),
    ],
)
def test_the_footer_offers_what_one_may(role, offered, people, client):
    people["eve"] = User.objects.create_user("eve", password="x")
    people["eve"].groups.add(Group.objects.get(name="Analyst"))
    leads(1, owner=people[role])
    client.force_login(people[role])
    page = client.get(reverse("wagtail_automation_lead:index"))
    buttons = [
        button
        for first in page.context["bulk_buttons"]
        for button in getattr(first, "dropdown_buttons", None) or [first]
    ]
    assert {str(button.label) for button in buttons} == offered
    html = page.content.decode()
    assert ("data-bulk-action-footer" in html) is bool(offered)
    assert ("data-bulk-action-checkbox" in html) is bool(offered), "nothing to tick for"
    for button in buttons:
        assert f'href="{button.url}' in html
    for key in ("assign", "assign_in_turn", "merge", "add_tags", "remove_tags", "mass_change", "export"):
        address = reverse("wagtail_bulk_action", args=["wagtail_automation_leads", "lead", key])
        if f'href="{address}' not in html:
            answer = client.get(address, {"id": "all", "next": "/admin/"})
            assert answer.status_code in (302, 403) and "/automation/" not in answer.get("Location", "")
