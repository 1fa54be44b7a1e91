"""Coming to and going from lists and segments."""

from wagtail_automation.audiences import actions
from wagtail_automation.audiences.models import LeadList, Segment
from wagtail_automation.campaigns.testing import Asked, Step, condition, trigger
from wagtail_automation.rules.rule import Rule


def make_list(name="Clients") -> LeadList:
    return LeadList.objects.create(name=name)


def put(lead, *lists, at):
    for lead_list in lists:
        actions.add_lead_to_list(lead_list=lead_list, lead=lead, now=at)


def take(lead, *lists, at):
    for lead_list in lists:
        actions.remove_lead_from_list(lead_list=lead_list, lead=lead, now=at)


def make_segment(above: int) -> Segment:
    """People with more points than that, founded."""
    item = {"id": "1", "type": "score_above", "value": {"value": above}}
    segment = Segment.objects.create(name=f"Above {above}", rule=Rule({"match": "all", "items": [item]}))
    actions.refresh_pending()
    return segment


def score(lead, points, at):
    actions.change_lead_score(lead=lead, operation="set", value=points, now=at)
    actions.refresh_pending()


@condition("added_to_list")
def added_since_entry(world):
    one, other = make_list(), make_list("Others")
    added, gone_again, too_early, elsewhere, nothing = (world.lead() for _n in range(5))
    put(added, one, at=world.after)
    put(gone_again, one, at=world.after)
    take(gone_again, one, at=world.after)
    put(too_early, one, at=world.before)
    put(elsewhere, other, at=world.after)
    return Asked({"list": one.pk}, yes=[added, gone_again], no=[too_early, elsewhere, nothing])


@condition("removed_from_list")
def removed_since_entry(world):
    one, other = make_list("Left"), make_list("Left too")
    removed, back_again, too_early, elsewhere, stays = (world.lead() for _n in range(5))
    for lead in (removed, back_again, too_early, elsewhere, stays):
        put(lead, one, other, at=world.before)
    take(too_early, one, at=world.before)
    take(removed, one, at=world.after)
    take(back_again, one, at=world.after)
    put(back_again, one, at=world.after)
    take(elsewhere, other, at=world.after)
    return Asked({"list": one.pk}, yes=[removed, back_again], no=[too_early, elsewhere, stays])


@trigger("list_joined")
def put_on_this_list(world):
    one, other, ada, bob = make_list(), make_list("Others"), world.lead(), world.lead()
    run = yield Step({"list": one.pk})
    put(ada, one, at=world.now)
    put(ada, one, at=world.now)  # is on it already
    put(bob, other, at=world.now)
    assert (run.entered(ada), run.entered(bob)) == (1, 0)


@trigger("list_left")
def taken_off_this_list(world):
    one, other, ada, bob, eve = make_list(), make_list("Others"), world.lead(), world.lead(), world.lead()
    for lead in (ada, bob):
        put(lead, one, other, at=world.before)
    run = yield Step({"list": one.pk})
    take(ada, one, at=world.now)
    take(bob, other, at=world.now)
    take(eve, one, at=world.now)  # never was on it
    assert (run.entered(ada), run.entered(bob), run.entered(eve)) == (1, 0, 0)


@trigger("segment_entered")
def begins_to_match(world):
    founder, ada, bob = world.lead(score=50), world.lead(), world.lead()
    segment, other = make_segment(40), make_segment(10)
    assert other.memberships.filter(lead=founder).exists()
    run = yield Step({"segment": segment.pk})
    score(ada, 41, world.now)
    score(bob, 11, world.now)  # enters the other segment
    score(founder, 60, world.now)  # goes on matching
    assert (run.entered(ada), run.entered(bob), run.entered(founder)) == (1, 0, 0)


@trigger("segment_left")
def ceases_to_match(world):
    ada, bob = world.lead(score=50), world.lead(score=50)
    segment = make_segment(40)
    make_segment(45)
    run = yield Step({"segment": segment.pk})
    score(ada, 40, world.now)
    score(bob, 41, world.now)  # leaves the other segment
    assert (run.entered(ada), run.entered(bob)) == (1, 0)
