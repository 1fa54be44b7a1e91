"""Small conditions on real leads, for tests of the rule language itself."""

from wagtail import blocks

from wagtail_automation.blocks import RegisteredBlock  # noqa: F401
from wagtail_automation.rules import Condition, Events, Fields


class CityIs(Condition):
    key = "test_city"
    depends_on = Fields("city")
    waitable = True
    city = blocks.CharBlock()

    class Meta:
        label = "City"
        description = "The lead lives in this city."

    def q(self, value, scope):
        return scope.lead(city=value["city"]) if value["city"] else scope.nobody()


class ScoreOver(Condition):
    key = "test_score"
    depends_on = Fields("score")
    waitable = True
    points = blocks.IntegerBlock()

    class Meta:
        label = "Score over"
        description = "The score is above."

    def q(self, value, scope):
        return scope.lead(score__gt=value["points"]) if value["points"] is not None else scope.nobody()


class OldFriend(Condition):
    """Known for at least so many days: depends on the clock."""

    key = "test_age"
    days = blocks.IntegerBlock()

    class Meta:
        label = "Known for days"
        description = "Known for so long."

    def q(self, value, scope):
        import datetime as dt

        return scope.lead(created_at__lte=scope.now - dt.timedelta(days=value["days"] or 0))


class NeverSeen(Condition):
    key = "test_negative"
    depends_on = Events("page_viewed")
    negative = True

    class Meta:
        label = "Never seen"
        description = "No page."

    def q(self, value, scope):
        return ~scope.happened("page_viewed")


class PageIs(Condition):
    """Chooses an object, so that references are resolved."""

    key = "test_page"
    page = blocks.PageChooserBlock()
    others = blocks.ListBlock(blocks.PageChooserBlock(), required=False)

    class Meta:
        label = "Page"
        description = "A page."

    def q(self, value, scope):
        if value["page"] is None:
            return scope.nobody()
        return scope.lead(company=str(value["page"].key))


ALL = (CityIs, ScoreOver, OldFriend, NeverSeen, PageIs)


def item(key, number=1, **value):
    return {"id": f"id{number}", "type": key, "value": value}


def rule_json(*items, match="all"):
    return {"match": match, "items": list(items)}


def group(*items, match="any", number=9):
    return {"id": f"g{number}", "type": "group", "value": {"match": match, "items": list(items)}}
