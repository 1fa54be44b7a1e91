"""The suite ``rules`` on a few people: what the compiler asks and what is written by hand find the same."""

from wagtail_automation.audiences import rules_bench as bench
from wagtail_automation.bench import SUITES
from wagtail_automation.leads.models import Lead


def test_both_ways_find_the_same_people(db, monkeypatch):
    monkeypatch.setattr(bench, "SEED", 50)
    monkeypatch.setattr(bench, "SINGLE", 3)
    figures = SUITES["rules"](180, lambda text: None)
    assert Lead.objects.filter(source=bench.MARK).count() == 180
    assert figures["events"] >= 180 * bench.PER_LEAD
    assert set(figures["rules"]) == {"R1", "R2", "R3", "R4", "R5", "R6", "R7", "R9", "R10"}
    for name, row in figures["rules"].items():
        assert row["matching"] == row["by_hand_matching"] > 0, name
        assert row["matching"] < 180, name
