"""Owners, identifiers, and leads that become known or one."""

from django.contrib.auth import get_user_model

from wagtail_automation.campaigns.testing import Asked, Step, condition, trigger
from wagtail_automation.leads import actions
from wagtail_automation.leads.models import Identifier, Team, TeamMember


def person(name):
    users = get_user_model().objects
    return users.create_user(f"{name}{users.count()}")


def make_team(*people):
    team = Team.objects.create(name=f"Team {Team.objects.count()}")
    for user in people:
        TeamMember.objects.create(team=team, user=user)
    return team


@condition("owner_is")
def this_person(world):
    ann, ben = person("ann"), person("ben")
    return Asked(
        {"owner": ann.pk, "team": None},
        yes=[world.lead(owner=ann)],
        no=[world.lead(owner=ben), world.lead()],
    )


@condition("owner_is")
def somebody_of_this_team(world):
    ann, ben, cid = person("ann"), person("ben"), person("cid")
    team = make_team(ann, ben)
    make_team(cid, ann)
    return Asked(
        {"owner": None, "team": team.pk},
        yes=[world.lead(owner=ann), world.lead(owner=ben)],
        no=[world.lead(owner=cid), world.lead()],
    )


@condition("owner_is")
def negated_finds_those_without_an_owner(world):
    ann, ben = person("ann"), person("ben")
    team = make_team(ben)
    return Asked(
        {"owner": ann.pk, "team": team.pk},
        yes=[world.lead()],
        no=[world.lead(owner=ann), world.lead(owner=ben)],
        match="none",
    )


@condition("is_identified")
def by_a_key_of_the_crm(world):
    known, twice, other = world.lead(), world.lead(), world.lead()
    for lead, kind, value in (
        (known, "crm", "A1"),
        (twice, "crm", "A2"),
        (twice, "crm", "A3"),
        (other, "phone", "+331"),
    ):
        Identifier.objects.create(kind=kind, value=value, lead=lead)
    return Asked({"kind": "crm"}, yes=[known, twice], no=[other, world.lead()])


@trigger("lead_created")
def identified_for_the_first_time(world):
    visitor = actions.create_anonymous(now=world.before)
    other = actions.create_anonymous(now=world.before)
    run = yield Step({"source": "form"})
    source = "form:5f0c6f8e-0000-4000-8000-000000000000"
    for lead, where, address in ((visitor, source, "a@example.com"), (other, "api", "b@example.com")):
        for _twice in range(2):
            actions.identify(lead=lead, identifiers={"email": address}, source=where, now=world.now)
    assert (run.entered(visitor), run.entered(other)) == (1, 0)


@trigger("lead_merged")
def the_survivor_enters(world):
    old, survivor, other = world.lead(), world.lead(), world.lead()
    run = yield Step({})
    actions.merge(source=old, target=survivor, now=world.now, reason="test")
    assert (run.entered(survivor), run.entered(other)) == (1, 0)
