"""What every registered class must keep; run them over your own classes too.

@pytest.mark.parametrize("cls", [MyCondition])
def test_contract(cls, db):
    contracts.check_condition(cls, value={"city": "Lyon"}, model=Lead)
"""

import datetime as dt

from django.db import connection, models
from django.db.models import Q
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from wagtail_automation.activities import Activity
from wagtail_automation.rules.binding import BoundValue, bind
from wagtail_automation.rules.compiler import compile_rule
from wagtail_automation.rules.conditions import Condition, Facts
from wagtail_automation.rules.rule import Rule
from wagtail_automation.rules.scope import Scope
from wagtail_automation.triggers import Trigger


def check_registered(cls) -> None:
    """Key, label, icon, group, description and a sentence, in English and French."""
    block = cls()
    assert isinstance(cls.key, str) and cls.key.isidentifier(), f"{cls}: key"
    assert str(block.label), f"{cls.key}: label"
    assert block.meta.icon, f"{cls.key}: icon"
    assert str(block.meta.description), f"{cls.key}: description"
    for language in ("en", "fr"):
        with translation.override(language):
            assert str(block.sentence(_empty(block))), f"{cls.key}: sentence in {language}"


def check_condition(
    cls: type[Condition], *, value: dict, model: type[models.Model], now: dt.datetime | None = None
):
    """Compiles in every scope without a query, gives one person and everybody the same answer, and
    matches nobody for an empty value. ``value``: parameters as stored."""
    now = now or dt.datetime(2026, 1, 15, 12, tzinfo=dt.UTC)
    check_registered(cls)
    block = cls()
    bound = bind(block, value)
    assert isinstance(block.get_depends_on(bound), Facts), f"{cls.key}: depends_on"
    scopes = [Scope(now, mode="one"), Scope(now, mode="set"), Scope(now, to_lead="lead", mode="one")]
    for scope in scopes:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            q = block.q(bound, scope)
        assert not queries.captured_queries, f"{cls.key}: q() ran {len(queries)} queries"
        assert isinstance(q, Q) and q, f"{cls.key}: q() must return a Q that is not empty"
    rule = Rule({"match": "all", "items": [{"id": "1", "type": cls.key, "value": value}]})
    everybody = set(model._default_manager.filter(compile_rule(rule, scopes[1])).values_list("pk", flat=True))
    for pk in model._default_manager.order_by("pk").values_list("pk", flat=True)[:200]:
        with CaptureQueriesContext(connection) as queries:
            alone = model._default_manager.filter(block.q(bound, scopes[0]), pk=pk).exists()
        assert alone == (pk in everybody), f"{cls.key}: lead {pk} alone {alone}, in the set {pk in everybody}"
        assert len(queries) <= 1, f"{cls.key}: {len(queries)} queries for one lead"
    nothing = model._default_manager.filter(block.q(_empty(block), scopes[0])) if block.child_blocks else None
    if nothing is not None and _has_required(block):
        assert not nothing.exists(), f"{cls.key}: an empty value must match nobody"
    return everybody


def check_activity(cls: type[Activity], *, value: dict, cohort_of, sizes=(1, 7)) -> None:
    """The number of statements is the same for small and large cohorts. ``cohort_of(n)`` makes one."""
    check_registered(cls)
    block = cls()
    bound = bind(block, value)
    counts = []
    for size in sizes:
        cohort = cohort_of(size)
        with CaptureQueriesContext(connection) as queries:
            block.apply(bound, cohort)
        counts.append(len(queries))
    assert len(set(counts)) == 1, (
        f"{cls.key}: statements grow with the cohort: {dict(zip(sizes, counts, strict=True))}"
    )


def check_trigger(cls: type[Trigger]) -> None:
    """A trigger names its event and can say what it is."""
    check_registered(cls)
    assert cls.event or cls.starts_itself, f"{cls.key}: event"


def _empty(block) -> BoundValue:
    return BoundValue({name: _nothing(child) for name, child in block.child_blocks.items()})


def _nothing(child):
    default = child.get_default()
    return [] if isinstance(default, list) else default


def _has_required(block) -> bool:
    return any(
        getattr(child, "required", False) and not child.get_default() for child in block.child_blocks.values()
    )
