"""The conditions of this app keep the contract and say what they mean."""

import pytest

from tests.audiences.conftest import NOW
from wagtail_automation.audiences import actions
from wagtail_automation.audiences.conditions import InList, InSegment, ScoreAbove
from wagtail_automation.leads.models import Lead
from wagtail_automation.rules.binding import bind
from wagtail_automation.testing import contracts

from .conftest import condition, rule

pytestmark = pytest.mark.django_db


def test_in_list(make_leads, make_list):
    inside, _outside, one = make_leads(2), make_leads(2), make_list()
    for lead in inside:
        actions.add_lead_to_list(lead_list=one, lead=lead, now=NOW)
    actions.add_lead_to_list(lead_list=make_list("Other"), lead=_outside[0], now=NOW)
    found = contracts.check_condition(InList, value={"list": one.pk}, model=Lead)
    assert found == {lead.pk for lead in inside}
    block = InList()
    bound = bind(block, {"list": one.pk})
    assert block.sentence(bound) == "Is on the list “Newsletter”"
    assert block.get_depends_on(bound).names == {f"list:{one.pk}"}


def test_in_segment(make_leads, make_segment):
    inside, _outside = make_leads(2, score=50), make_leads(2)
    segment = make_segment(rule(condition("score_above", value=10)), name="Fans")
    actions.refresh_pending()
    found = contracts.check_condition(InSegment, value={"segment": segment.pk}, model=Lead)
    assert found == {lead.pk for lead in inside}
    block = InSegment()
    bound = bind(block, {"segment": segment.pk})
    assert block.sentence(bound) == "Is in the segment “Fans”"
    assert block.get_depends_on(bound).names == {f"segment:{segment.pk}"}


def test_score_above(make_leads):
    (low,), (high,), (_none,) = make_leads(1, score=10), make_leads(1, score=11), make_leads(1)
    assert contracts.check_condition(ScoreAbove, value={"value": 10}, model=Lead) == {high.pk}
    assert contracts.check_condition(ScoreAbove, value={"value": -1}, model=Lead) == {
        low.pk,
        high.pk,
        _none.pk,
    }
    assert ScoreAbove().sentence(bind(ScoreAbove(), {"value": 10})) == "Score above 10"
