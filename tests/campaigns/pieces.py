"""Activities, conditions and a trigger that write and ask as little as possible, and trees made of them."""

import datetime as dt
import uuid

from django.db.models import F
from wagtail import blocks

from wagtail_automation.activities import Activity, activities
from wagtail_automation.leads.models import Lead
from wagtail_automation.rules.conditions import Condition, Events, Fields, conditions
from wagtail_automation.triggers import Trigger, triggers

NOW = dt.datetime(2026, 3, 10, 9, 0, tzinfo=dt.UTC)


class AddPoints(Activity):
    key = "test_points"
    points = blocks.IntegerBlock(default=1)

    class Meta:
        label = "Points"

    def apply(self, value, cohort):
        Lead.objects.filter(pk__in=cohort.lead_ids()).update(score=F("score") + value["points"])


class Poison(Activity):
    """Fails for leads of a company."""

    key = "test_poison"
    company = blocks.CharBlock(default="poison")

    class Meta:
        label = "Poison"

    def apply(self, value, cohort):
        AddPoints().apply({"points": 100}, cohort)
        if Lead.objects.filter(pk__in=cohort.lead_ids(), company=value["company"]).exists():
            raise RuntimeError("no antidote")


class HasScore(Condition):
    key = "test_score"
    waitable = True
    depends_on = Fields("score")
    above = blocks.IntegerBlock(default=0)

    class Meta:
        label = "Score above"

    def q(self, value, scope):
        return scope.lead(score__gt=value["above"])


class Clicked(Condition):
    key = "test_clicked"
    waitable = True
    counted_from = "entry"
    depends_on = Events("link_clicked")

    class Meta:
        label = "Clicked"

    def q(self, value, scope):
        return scope.happened("link_clicked")


class OnPage(Trigger):
    key = "test_page"
    event = "page_viewed"

    class Meta:
        label = "Page"


REGISTERED = [
    (activities, AddPoints),
    (activities, Poison),
    (conditions, HasScore),
    (conditions, Clicked),
    (triggers, OnPage),
]


class Tree:
    """Writes the JSON of EDITOR.md step by step: ``Tree().on().do(points=1).json``."""

    def __init__(self):
        self.json: list[dict] = []
        self.ids: dict[str, str] = {}

    def add(self, type_, config=None, *, name="", parent="", branch="main", key=None) -> "Tree":
        step = key or str(uuid.uuid4())
        self.ids[name or step] = step
        self.json.append(
            {
                "id": step,
                "type": type_,
                "value": {
                    "parent": self.ids.get(parent, parent) if parent else "",
                    "branch": branch,
                    "name": name,
                    "config": config or {},
                },
            }
        )
        return self

    def on(self, type_="on_test_page", **config):
        return self.add(type_, config, branch="start", name=f"start{len(self.json)}")

    def do(self, points=1, **place):
        return self.add("do_test_points", {"points": points}, **place)

    def wait(self, days=1, **place):
        return self.add("wait_days", {"amount": days, "unit": "days"}, **place)

    def minutes(self, amount=10, **place):
        return self.add("wait_minutes", {"amount": amount, "unit": "minutes"}, **place)

    def ask(self, condition, patience=0, unit="days", *, value=None, **place):
        rule = {"match": "all", "items": [{"id": str(uuid.uuid4()), "type": condition, "value": value or {}}]}
        return self.add("decision", {"rule": rule, "patience": patience, "unit": unit}, **place)

    def go_to(self, target, **place):
        return self.add("go_to", {"step": self.ids.get(target, target)}, **place)
