"""Lists, segments and scores."""

from wagtail_automation.audiences import actions
from wagtail_automation.audiences.models import LeadList, ListMembership, Segment
from wagtail_automation.campaigns.testing import Asked, Step, activity, condition
from wagtail_automation.rules.rule import Rule


@condition("score_above")
def more_than_not_as_many(world):
    return Asked({"value": 10}, yes=[world.lead(score=11)], no=[world.lead(score=10), world.lead()])


@condition("in_list")
def member_now(world):
    clients, others = LeadList.objects.create(name="Clients"), LeadList.objects.create(name="Others")
    inside, outside = world.lead(), world.lead()
    actions.add_lead_to_list(lead_list=clients, lead=inside, now=world.before)
    actions.add_lead_to_list(lead_list=others, lead=outside, now=world.before)
    return Asked({"list": clients.pk}, yes=[inside], no=[outside])


@condition("in_segment")
def member_by_rule(world):
    item = {"id": "1", "type": "score_above", "value": {"value": 40}}
    fans = Segment.objects.create(name="Fans", rule=Rule({"match": "all", "items": [item]}))
    inside, outside = world.lead(score=41), world.lead(score=40)
    actions.refresh_pending()
    return Asked({"segment": fans.pk}, yes=[inside], no=[outside])


@activity("list_add")
def stands_on_the_list_once(world):
    clients, ada, bob = LeadList.objects.create(name="Clients"), world.lead(), world.lead()
    actions.add_lead_to_list(lead_list=clients, lead=bob, now=world.before)
    yield Step({"list": clients.pk}, [ada, bob])
    found = ListMembership.objects.filter(list=clients).order_by("lead").values_list("lead", flat=True)
    assert list(found) == [ada.pk, bob.pk]


@activity("list_remove")
def stands_there_no_longer(world):
    clients, ada, bob = LeadList.objects.create(name="Clients"), world.lead(), world.lead()
    actions.add_lead_to_list(lead_list=clients, lead=ada, now=world.before)
    yield Step({"list": clients.pk}, [ada, bob])
    assert not ListMembership.objects.filter(list=clients).exists()


@activity("score_change")
def adds(world):
    ada, bob = world.lead(score=5), world.lead()
    yield Step({"operation": "add", "value": 10}, [ada, bob])
    assert (ada.score, bob.score) == (15, 10)


@activity("score_change")
def multiplies(world):
    ada = world.lead(score=6)
    yield Step({"operation": "multiply", "value": 1.5}, [ada])
    assert ada.score == 9
