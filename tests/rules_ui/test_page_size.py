"""A page editor grows by little when it holds rules, whatever the number of conditions."""

import json
import re

import pytest
from wagtail import blocks
from wagtail.admin.telepath import JSContext
from wagtail.blocks import BlockWidget

from tests.rules_ui.conftest import condition, rule
from wagtail_automation.rules.blocks import RuleBlock
from wagtail_automation.rules.conditions import Condition, conditions

pytestmark = pytest.mark.django_db


class Body(blocks.StreamBlock):
    text = blocks.CharBlock()


class BodyWithRule(Body):
    audience = blocks.StructBlock([("rule", RuleBlock()), ("also", RuleBlock(required=False))])


def rendered(block, value=()):
    """The HTML with each number as one digit: Wagtail counts the blocks a process has made (block-999)."""
    return re.sub(r"\d+", "0", BlockWidget(block).render("body", block.to_python(list(value))))


def packed(block):
    return json.dumps(JSContext().pack(block))


def test_the_html_grows_by_less_than_30_kb_and_not_with_the_conditions():
    plain, with_rules = len(rendered(Body())), len(rendered(BodyWithRule()))
    assert with_rules - plain < 6_000
    extra = [
        type(f"Extra{n}", (Condition,), {"key": f"extra_{n}", "text": blocks.CharBlock()}) for n in range(40)
    ]
    try:
        for cls in extra:
            conditions.register(cls)
        assert len(rendered(BodyWithRule())) == with_rules
        assert "extra_1" not in packed(BodyWithRule())
    finally:
        for cls in extra:
            conditions.unregister(cls)


def test_scripts_are_named_once_and_the_editor_comes_after_telepath():
    media = BlockWidget(BodyWithRule()).media
    scripts = [str(script) for script in media._js]
    assert len(scripts) == len(set(scripts))
    (ours,) = [index for index, script in enumerate(scripts) if "rule-editor" in script]
    assert ours > next(index for index, script in enumerate(scripts) if "telepath/blocks.js" in script)


def test_a_rule_in_a_stream_survives_the_form():
    block = BodyWithRule()
    known = condition("score_above", value=3, group=None)
    raw = rule(known, {"id": "u", "type": "acme", "value": {"1": 1.0}}).raw
    value = block.to_python([{"type": "audience", "id": "a", "value": {"rule": raw, "also": {}}}])
    state = block.get_form_state(value)[0]["value"]
    data = {
        "body-count": "1",
        "body-0-deleted": "",
        "body-0-order": "0",
        "body-0-type": "audience",
        "body-0-id": "a",
        "body-0-value-rule": state["rule"],
        "body-0-value-also": state["also"],
    }
    back = block.value_from_datadict(data, {}, "body")
    assert json.dumps(block.get_prep_value(block.clean(back))[0]["value"]["rule"]) == json.dumps(raw)
