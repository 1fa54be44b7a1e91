"""Small step types and conditions, and trees made of them."""

import uuid

from django.core.exceptions import ValidationError
from wagtail import blocks
from wagtail.blocks import PageChooserBlock

from wagtail_automation.activities import Activity, activities
from wagtail_automation.campaigns.models import Campaign
from wagtail_automation.flow import FlowStep, flow_steps
from wagtail_automation.rules.conditions import Condition, Events, conditions
from wagtail_automation.triggers import Trigger, triggers


class Knock(Trigger):
    key = "tree_knock"
    event = "page_viewed"

    class Meta:
        label = "Knocks"


class Letter(Activity):
    key = "tree_letter"
    keywords = ("post",)
    text = blocks.CharBlock()
    page = PageChooserBlock(required=False)
    copies = blocks.IntegerBlock(default=1, min_value=1, max_value=9)

    class Meta:
        label = "Print a letter"
        group = "Paper"
        icon = "doc-full"
        tone = "blue"
        description = "Puts ink on paper."

    def apply(self, value, cohort):
        """Prints nothing."""

    def sentence(self, value):
        return f"“{value['text']}” × {value['copies']}, {value['page'].label if value['page'] else 'no page'}"


class Fork(FlowStep):
    key = "tree_fork"
    branches = (("left", "Left", "path"), ("right", "Right", "path"))

    class Meta:
        label = "Fork"


class Rang(Condition):
    key = "tree_rang"
    waitable = True
    counted_from = "entry"
    depends_on = Events("link_clicked")
    bell = blocks.CharBlock()

    class Meta:
        label = "Rang the bell"
        group = "Other"
        description = "True once the bell was rung."

    def q(self, value, scope):
        return scope.happened("link_clicked")


class Silent(Rang):
    key = "tree_silent"
    waitable = False
    negative = True

    class Meta:
        label = "Was silent"


REGISTERED = [
    (triggers, Knock),
    (activities, Letter),
    (flow_steps, Fork),
    (conditions, Rang),
    (conditions, Silent),
]


class Steps:
    """The JSON of a tree, step by step; ids by name in ``ids``."""

    def __init__(self):
        self.json: list[dict] = []
        self.ids: dict[str, str] = {}

    def add(self, type_, name, config=None, *, parent="", branch="main"):
        self.ids[name] = str(uuid.uuid4())
        value = {
            "parent": self.ids.get(parent, parent),
            "branch": branch,
            "name": name,
            "config": config or {},
        }
        self.json.append({"id": self.ids[name], "type": type_, "value": value})
        return self

    def knock(self):
        return self.add("on_tree_knock", "knock", branch="start")

    def letter(self, name="letter", text="Hello", **place):
        return self.add("do_tree_letter", name, {"text": text, "page": None, "copies": 1}, **place)

    def ask(self, name="ask", patience=3, condition="tree_rang", **place):
        rule = {
            "match": "all",
            "items": [{"id": str(uuid.uuid4()), "type": condition, "value": {"bell": "front door"}}],
        }
        return self.add("decision", name, {"rule": rule, "patience": patience, "unit": "days"}, **place)


def messages_of(error: ValidationError) -> str:
    """Every word of a tree's validation error."""
    from wagtail.blocks.base import get_error_json_data

    return str(get_error_json_data(error))


def small(**fields):
    """A campaign that can be published, of the tests' own steps."""
    steps = Steps().knock().letter("first", "One").letter("second", "Two").ask()
    steps.letter("thanks", "Three", parent="ask", branch="yes")
    return Campaign.objects.create(name="Small", tree=steps.json, live=False, **fields), steps
