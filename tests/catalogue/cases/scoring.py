"""Tags, points, interests, stages and goals."""

from wagtail_automation.audiences.goals.actions import reach_goal
from wagtail_automation.audiences.interests.actions import change_interest
from wagtail_automation.audiences.interests.fading import points_of
from wagtail_automation.audiences.models import (
    Goal,
    GoalReach,
    GroupScore,
    Interest,
    LeadInterest,
    LeadStage,
    LeadTag,
    ScoreGroup,
    ScoreThreshold,
    Stage,
    Tag,
)
from wagtail_automation.audiences.scoring.actions import change_lead_score
from wagtail_automation.audiences.stages.actions import move_lead
from wagtail_automation.audiences.tags.actions import tag_lead
from wagtail_automation.audiences.watching.work import work_off
from wagtail_automation.campaigns.testing import Asked, Step, activity, condition, trigger
from wagtail_automation.leads.cohorts import LeadsCohort


def tags(*names):
    return [Tag.objects.create(name=name) for name in names]


@condition("has_tag")
def one_of_them(world):
    vip, fair, other = tags("VIP", "Fair", "Other")
    inside, also, outside = world.lead(), world.lead(), world.lead()
    tag_lead(lead=inside, tags=[vip], now=world.before)
    tag_lead(lead=also, tags=[fair], now=world.before)
    tag_lead(lead=outside, tags=[other], now=world.before)
    return Asked({"tags": [vip.pk, fair.pk], "match": "any"}, yes=[inside, also], no=[outside, world.lead()])


@condition("has_tag")
def all_of_them(world):
    big, near = tags("Big", "Near")
    both, one = world.lead(), world.lead()
    tag_lead(lead=both, tags=[big, near], now=world.before)
    tag_lead(lead=one, tags=[big], now=world.before)
    return Asked({"tags": [big.pk, near.pk], "match": "all"}, yes=[both], no=[one])


@condition("score_below")
def fewer_not_as_many(world):
    return Asked({"value": 10}, yes=[world.lead(score=9), world.lead()], no=[world.lead(score=10)])


@condition("score_between")
def both_ends_included(world):
    return Asked(
        {"low": 5, "high": 7},
        yes=[world.lead(score=5), world.lead(score=7)],
        no=[world.lead(score=4), world.lead(score=8)],
    )


@condition("score_above")
def in_a_group(world):
    fit, other = ScoreGroup.objects.create(name="Fit"), ScoreGroup.objects.create(name="Other")
    inside, outside = world.lead(), world.lead(score=50)
    change_lead_score(lead=inside, operation="add", value=11, group=fit, now=world.before)
    change_lead_score(lead=outside, operation="add", value=30, group=other, now=world.before)
    return Asked({"value": 10, "group": fit.pk}, yes=[inside], no=[outside])


@activity("tag_add")
def carries_it_once(world):
    (vip,), ada, bob = tags("VIP too"), world.lead(), world.lead()
    tag_lead(lead=bob, tags=[vip], now=world.before)
    yield Step({"tags": [vip.pk]}, [ada, bob])
    assert set(LeadTag.objects.filter(tag=vip).values_list("lead", flat=True)) == {ada.pk, bob.pk}


@activity("tag_remove")
def carries_it_no_longer(world):
    (vip, other), ada = tags("VIP three", "Other three"), world.lead()
    tag_lead(lead=ada, tags=[vip, other], now=world.before)
    yield Step({"tags": [vip.pk]}, [ada])
    assert list(LeadTag.objects.filter(lead=ada).values_list("tag", flat=True)) == [other.pk]


@activity("score_change")
def in_a_group_that_is_part_of_the_total(world):
    fit, ada = ScoreGroup.objects.create(name="Fit too"), world.lead(score=1)
    yield Step({"operation": "add", "value": 4, "group": fit.pk}, [ada])
    ada.refresh_from_db()
    assert ada.score == 5 and GroupScore.objects.get(lead=ada, group=fit).points == 4


@trigger("score_changed")
def upwards_not_downwards(world):
    warm = ScoreThreshold.objects.create(name="Warm", points=10)
    ada, bob = world.lead(), world.lead(score=20)
    work_off()
    run = yield Step({"threshold": warm.pk, "direction": "up"})
    change_lead_score(lead=ada, operation="add", value=10, now=world.now)
    change_lead_score(lead=bob, operation="set", value=0, now=world.now)
    work_off()
    run.walk()
    assert (run.entered(ada), run.entered(bob)) == (1, 0)


# -- interests, stages, goals --------------------------------------------------------------------------


def interested(world, lead, interest, points):
    cohort = LeadsCohort.of(lead, key="case", now=world.now)
    change_interest(interest=interest, cohort=cohort, operation="set", value=points)


@condition("interest_above")
def stronger_now(world):
    boats = Interest.objects.create(name="Boats")
    keen, cool = world.lead(), world.lead()
    interested(world, keen, boats, 6)
    interested(world, cool, boats, 4)
    return Asked({"interest": boats.pk, "value": 5}, yes=[keen], no=[cool, world.lead()])


@condition("interest_below")
def weaker_now_or_none(world):
    boats = Interest.objects.create(name="Boats below")
    keen, cool = world.lead(), world.lead()
    interested(world, keen, boats, 6)
    interested(world, cool, boats, 4)
    return Asked({"interest": boats.pk, "value": 5}, yes=[cool, world.lead()], no=[keen])


@condition("interest_between")
def within(world):
    boats = Interest.objects.create(name="Boats between")
    keen, cool = world.lead(), world.lead()
    interested(world, keen, boats, 6)
    interested(world, cool, boats, 4)
    return Asked({"interest": boats.pk, "low": 3, "high": 5}, yes=[cool], no=[keen, world.lead()])


@activity("interest_change")
def grows(world):
    boats, ada = Interest.objects.create(name="Boats grow"), world.lead()
    interested(world, ada, boats, 1)
    yield Step({"interest": boats.pk, "operation": "add", "value": 2}, [ada])
    row = LeadInterest.objects.get(lead=ada, interest=boats)
    assert abs(points_of(row.strength, world.now, boats.half_life_days) - 3) < 1e-6


def make_stage(name, weight):
    return Stage.objects.create(name=name, weight=weight)


@condition("stage_is")
def in_one_of_them(world):
    cold, warm, hot = (make_stage(name, weight) for name, weight in (("Cold", 1), ("Warm", 2), ("Hot", 3)))
    leads = [world.lead() for _n in range(3)]
    for lead, stage in zip(leads, (cold, warm, hot), strict=True):
        move_lead(lead=lead, stage=stage, now=world.before)
    return Asked({"stages": [warm.pk, hot.pk]}, yes=leads[1:], no=[leads[0], world.lead()])


@activity("stage_change")
def forward_only(world):
    warm, hot = make_stage("Warm two", 12), make_stage("Hot two", 13)
    ada, bob = world.lead(), world.lead()
    move_lead(lead=bob, stage=hot, now=world.before)
    yield Step({"stage": warm.pk, "forward_only": True}, [ada, bob])
    assert dict(LeadStage.objects.values_list("lead", "stage")) == {ada.pk: warm.pk, bob.pk: hot.pk}


@trigger("stage_changed")
def reached_not_another(world):
    warm, hot = make_stage("Warm three", 22), make_stage("Hot three", 23)
    ada, bob = world.lead(), world.lead()
    run = yield Step({"stage": hot.pk})
    move_lead(lead=ada, stage=hot, now=world.now)
    move_lead(lead=bob, stage=warm, now=world.now)
    run.walk()
    assert (run.entered(ada), run.entered(bob)) == (1, 0)


@condition("goal_was_reached")
def since_entry(world):
    goal = Goal.objects.create(name="Bought", counting="each")
    early, late = world.lead(), world.lead()
    for lead, at in ((early, world.before), (late, world.after)):
        reach_goal(goal=goal, cohort=LeadsCohort.of(lead, key="case", now=at))
    return Asked({"goal": goal.pk, "times": 1}, yes=[late], no=[early, world.lead()])


@activity("goal_reach")
def is_recorded_once(world):
    goal, ada = Goal.objects.create(name="Bought two", value=250, currency="EUR"), world.lead()
    reach_goal(goal=goal, cohort=LeadsCohort.of(ada, key="case", now=world.before))
    bob = world.lead()
    yield Step({"goal": goal.pk, "value": None}, [ada, bob])
    assert sorted(GoalReach.objects.values_list("lead", "value")) == [(ada.pk, 250), (bob.pk, 250)]


@trigger("goal_reached")
def this_goal(world):
    goal, other = Goal.objects.create(name="Bought three"), Goal.objects.create(name="Bought four")
    ada, bob = world.lead(), world.lead()
    run = yield Step({"goal": goal.pk})
    reach_goal(goal=goal, cohort=LeadsCohort.of(ada, key="case", now=world.now))
    reach_goal(goal=other, cohort=LeadsCohort.of(bob, key="case", now=world.now))
    run.walk()
    assert (run.entered(ada), run.entered(bob)) == (1, 0)
