"""Experiments: who gets which variant, what is counted and concluded, deciding by hand and by beat."""

import datetime as dt
import random

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.urls import reverse

from tests.audiences.conftest import NOW
from tests.audiences.test_admin import user_with
from wagtail_automation import signals
from wagtail_automation.audiences.experiments import actions, statistics
from wagtail_automation.audiences.experiments.actions import Variant
from wagtail_automation.audiences.experiments.results import Verdict, results
from wagtail_automation.audiences.experiments.statistics import Tally
from wagtail_automation.audiences.goals.actions import reach_goal
from wagtail_automation.audiences.models import (
    Experiment,
    ExperimentExposure,
    ExperimentOutcome,
    ExperimentVariant,
    Goal,
)
from wagtail_automation.leads import personal_data
from wagtail_automation.leads.cohorts import LeadsCohort
from wagtail_automation.leads.merging import merge
from wagtail_automation.leads.models import Lead

HOUR = dt.timedelta(hours=1)
AB = [Variant("a", "Blue"), Variant("b", "Green")]


@pytest.fixture
def experiment(db):
    def make(variants=AB, place="page:1", **settings):
        return actions.set_up(place=place, name="Headline", variants=variants, now=NOW, **settings)

    return make


@pytest.fixture
def people(db):
    def make(number, **fields):
        draw = random.Random(number)  # as leads are given theirs: not in even steps
        Lead.objects.bulk_create(
            [Lead(created_at=NOW, bucket=draw.randrange(1_000_000), **fields) for _n in range(number)]
        )
        return list(Lead.objects.order_by("-pk").values_list("pk", flat=True)[:number])

    return make


def play(experiment, groups, shares, metric="click"):
    """Everybody was shown their variant; the first ``share`` of each group did what counts."""
    for key, ids in groups.items():
        done = ids[: round(len(ids) * shares[key])]
        actions.convert(experiment=experiment, leads=done, now=NOW + HOUR, metric=metric)


# Dividing


def test_the_same_person_always_gets_the_same_variant(experiment, people):
    test, ids = experiment(), people(400)
    first = actions.divide(test, ids)
    assert sorted(pk for part in first.values() for pk in part) == sorted(ids)
    assert actions.divide(test, reversed(ids)).keys() == first.keys()
    lead = Lead.objects.get(pk=first["b"][0])
    assert {actions.variant_of(test, lead) for _again in range(5)} == {"b"}
    assert ExperimentExposure.objects.count() == 0
    assert 0.4 < len(first["a"]) / 400 < 0.6


def test_weights_are_shares(experiment, people):
    test = experiment([Variant("a", "A", 1), Variant("b", "B", 2), Variant("c", "C", 7)])
    groups = actions.divide(test, people(2000))
    assert [round(len(groups[key]) / 2000, 1) for key in "abc"] == [0.1, 0.2, 0.7]


def test_two_experiments_divide_independently(experiment, people):
    ids = people(1000)
    one, other = (set(actions.divide(experiment(place=f"page:{n}"), ids)["a"]) for n in (1, 2))
    assert 0.35 < len(one & other) / len(one) < 0.65


def test_who_saw_one_keeps_it_when_weights_change_or_a_variant_comes(experiment, people):
    ids = people(300)
    before = actions.expose(experiment=experiment(), leads=ids, now=NOW)
    test = experiment([Variant("a", "Blue", 1), Variant("b", "Green", 9), Variant("c", "Red", 90)])
    assert actions.divide(test, ids) == before
    assert len(actions.divide(test, people(200))["c"]) > 150


def test_a_variant_taken_away_gets_nobody_and_keeps_its_figures(experiment, people):
    ids = people(100)
    actions.expose(experiment=experiment(), leads=ids, now=NOW)
    test = experiment([Variant("a", "Blue"), Variant("c", "Red")])
    assert set(actions.divide(test, ids)) == {"a", "c"}
    assert [one.key for one in results(test).gone] == ["b"]


def test_only_the_share_takes_part(experiment, people):
    test = experiment(share=20)
    ids = people(1000)
    groups = actions.expose(experiment=test, leads=ids, now=NOW)
    assert 150 < sum(map(len, groups.values())) < 250
    outside = set(ids).difference(*groups.values()).pop()
    assert actions.variant_of(test, Lead.objects.get(pk=outside)) is None
    actions.decide(experiment=test, key="b", now=NOW)
    assert actions.divide(test, ids) == {"b": ids}


def test_without_a_lead_nothing_is_remembered(experiment):
    assert actions.variant_of(experiment(), None) is None
    assert actions.divide(experiment(), [987654]) == {}
    assert actions.expose(experiment=experiment(), leads=[], now=NOW) == {}


def test_the_number_of_queries_does_not_depend_on_the_number_of_people(
    experiment, people, django_assert_max_num_queries
):
    test = experiment()
    for number in (10, 1500):
        ids = people(number)
        with django_assert_max_num_queries(6):
            actions.expose(experiment=test, leads=ids, now=NOW)
        with django_assert_max_num_queries(1):
            actions.convert(experiment=test, leads=ids, now=NOW)
    with django_assert_max_num_queries(2):
        results(test)


@pytest.mark.parametrize(
    "variants",
    [
        [],
        [Variant("a", "A")],
        [Variant("a", "A"), Variant("a", "B")],
        [Variant("a", "A"), Variant("b", "B", 0)],
        [Variant("a", "A"), Variant("", "B")],
        [Variant(str(n), "X") for n in range(11)],
    ],
)
def test_what_is_no_experiment_is_refused(variants, experiment):
    with pytest.raises(ImproperlyConfigured):
        experiment(variants)
    assert not Experiment.objects.exists()


def test_setting_up_again_keeps_what_editors_chose(experiment):
    test = experiment(least=500)
    Experiment.objects.update(least=50, name="Mine")
    again = experiment(least=500)
    assert (again.pk, again.least, again.name) == (test.pk, 50, "Mine")
    assert ExperimentVariant.objects.count() == 2


# Counting


def test_each_person_counts_once_and_only_after_being_shown(experiment, people):
    test, (ada, bob, eve) = experiment(), people(3)
    actions.expose(experiment=test, leads=[ada, bob], now=NOW)
    actions.expose(experiment=test, leads=[ada, bob], now=NOW + HOUR)
    assert actions.convert(experiment=test, leads=[ada, bob], now=NOW - HOUR) == 0
    assert actions.convert(experiment=test, leads=[ada, eve], now=NOW + HOUR) == 1
    assert actions.convert(experiment=test, leads=[ada], now=NOW + 2 * HOUR) == 0
    assert actions.convert(experiment=test, leads=[bob], now=NOW + HOUR, metric="open") == 1
    assert sum(one.people for one in results(test).tallies) == 2
    assert sum(one.successes for one in results(test).tallies) == 1
    assert sum(one.successes for one in results(test, "open").tallies) == 1


def test_a_goal_counts_when_it_was_reached_afterwards(experiment, people):
    goal = Goal.objects.create(name="Demo asked for")
    test, (early, late, other) = experiment(goal=goal), people(3)

    def reach(lead, at):
        reach_goal(goal=goal, cohort=LeadsCohort([lead], key=f"k{lead}", origin="x", now=at))

    reach(early, NOW - HOUR)
    actions.expose(experiment=test, leads=[early, late], now=NOW)
    reach(late, NOW + HOUR)
    reach(other, NOW + HOUR)
    found = results(test)
    assert found.metric == "goal" and sum(one.successes for one in found.tallies) == 1


def test_a_merge_keeps_what_was_shown(experiment, people):
    test = experiment()
    known, browser = people(2)
    groups = actions.expose(experiment=test, leads=[browser], now=NOW)
    (shown,) = groups
    actions.convert(experiment=test, leads=[browser], now=NOW)
    # the survivor's bucket alone would give it the other one
    for bucket in range(1000):
        Lead.objects.filter(pk=known).update(bucket=bucket)
        if actions.variant_of(test, Lead.objects.get(pk=known)) != shown:
            break
    source, target = Lead.objects.get(pk=browser), Lead.objects.get(pk=known)
    merge(source=source, target=target, now=NOW, reason="test")
    assert actions.variant_of(test, target) == shown
    assert results(test).people == 1 and ExperimentOutcome.objects.get().lead_id == known


def test_who_saw_two_variants_counts_for_none(experiment, people):
    test = experiment()
    groups = actions.expose(experiment=test, leads=people(40), now=NOW)
    target, source = (Lead.objects.get(pk=groups[key][0]) for key in "ab")
    actions.convert(experiment=test, leads=[source.pk, target.pk], now=NOW)
    merge(source=source, target=target, now=NOW, reason="test")
    assert actions.variant_of(test, target) == "a"
    assert results(test).people == 38
    assert sum(one.successes for one in results(test).tallies) == 0


def test_erasing_takes_the_person_out(experiment, people):
    test, (ada, bob) = experiment(), people(2)
    actions.expose(experiment=test, leads=[ada, bob], now=NOW)
    actions.convert(experiment=test, leads=[ada], now=NOW)
    for handler in personal_data.personal_data.handlers():
        if "Experiment" in handler.label:
            handler.erase([ada])
    assert results(test).people == 1 and not ExperimentOutcome.objects.exists()


# Concluding


def tally(key, people, successes):
    return Tally(key, key.upper(), people, successes)


def test_a_clear_difference_is_proved_and_a_small_one_is_not():
    assert statistics.luck(tally("a", 1000, 100), tally("b", 1000, 160)) < 0.05
    assert statistics.luck(tally("a", 1000, 100), tally("b", 1000, 110)) > 0.5
    assert statistics.luck(tally("a", 0, 0), tally("b", 10, 10)) == 1.0
    assert statistics.luck(tally("a", 10**7, 10**6), tally("b", 10**7, 3 * 10**6)) < 1e-9


def test_more_rivals_raise_the_bar():
    two = [tally("a", 1000, 100), tally("b", 1000, 160)]
    four = [*two, tally("c", 1000, 100), tally("d", 1000, 100)]
    assert statistics.doubt(four) == pytest.approx(3 * statistics.doubt(two))
    assert statistics.leader(four).key == "b" and statistics.leader([tally("a", 9, 0)]) is None


@pytest.mark.parametrize("share", [0.03, 0.2, 0.5])
def test_equal_variants_rarely_get_a_winner_however_often_one_looks(share):
    """400 experiments of 3,000 people a variant, looked at every 100 people: a fixed-sample test at 5 %
    would name a winner in about a quarter of them."""
    draw = random.Random(f"equal {share}")
    wrong = 0
    for _experiment in range(400):
        hits = [0, 0]
        for people in range(100, 3001, 100):
            for arm in (0, 1):
                hits[arm] += (
                    draw.binomialvariate(100, share)
                    if hasattr(draw, "binomialvariate")
                    else sum(draw.random() < share for _one in range(100))
                )
            both = [tally("a", people, hits[0]), tally("b", people, hits[1])]
            if statistics.is_enough(both, 100) and statistics.doubt(both) <= 1 - statistics.SURE:
                wrong += 1
                break
    assert wrong / 400 <= 0.05


def test_a_true_difference_is_found_with_as_many_people_as_announced():
    draw = random.Random("found")
    needed = statistics.people_needed(0.10, 0.05)
    assert 500 < needed < 3000
    found = 0
    for _experiment in range(100):
        both = [
            tally("a", needed, sum(draw.random() < 0.10 for _ in range(needed))),
            tally("b", needed, sum(draw.random() < 0.15 for _ in range(needed))),
        ]
        found += statistics.doubt(both) <= 0.05 and statistics.leader(both).key == "b"
    assert 65 <= found <= 95
    with pytest.raises(ValueError, match="without a difference"):
        statistics.people_needed(0.1, 0)


def test_nothing_is_concluded_early(experiment, people):
    test = experiment(least=100)
    groups = actions.expose(experiment=test, leads=people(150), now=NOW)
    play(test, groups, {"a": 0.0, "b": 1.0})
    found = results(test)
    assert found.verdict == Verdict.EARLY and "Too early" in found.sentence
    assert actions.decide_due(now=NOW + HOUR) == 0


def test_the_winner_is_taken_by_itself_and_the_figures_stay(experiment, people):
    heard = []
    signals.experiment_decided.connect(
        lambda experiment, **kw: heard.append(experiment.winner.key), weak=False
    )
    test = experiment(least=100)
    ids = people(600)
    groups = actions.expose(experiment=test, leads=ids, now=NOW)
    play(test, groups, {"a": 0.1, "b": 0.3})
    assert results(test).verdict == Verdict.WINNER and "“Green” is better" in results(test).sentence
    assert actions.decide_due(now=NOW + HOUR) == 1 and actions.decide_due(now=NOW + HOUR) == 0
    assert heard == ["b"]
    test = actions.of_place("page:1")
    assert actions.variant_of(test, None) == "b"
    Lead.objects.all().delete()
    found = results(test)
    assert found.people == 600 and "proved better" in found.sentence
    assert actions.expose(experiment=test, leads=people(5), now=NOW) and not test.exposures.exists()
    assert actions.convert(experiment=test, leads=ids, now=NOW) == 0


@pytest.mark.parametrize(("at_end", "winner"), [("first", "a"), ("leader", "b")])
def test_at_the_end_without_proof(at_end, winner, experiment, people):
    test = experiment(least=100, ends_at=NOW + HOUR, at_end=at_end, is_automatic=False)
    groups = actions.expose(experiment=test, leads=people(400), now=NOW)
    play(test, groups, {"a": 0.20, "b": 0.22})
    assert actions.decide_due(now=NOW) == 0
    assert actions.decide_due(now=NOW + HOUR) == 1
    test = actions.of_place("page:1")
    assert test.winner.key == winner and "without proof" in results(test).sentence


def test_beginning_anew_divides_anew(experiment, people):
    test, ids = experiment(), people(200)
    before = actions.expose(experiment=test, leads=ids, now=NOW)
    actions.decide(experiment=test, key="a", now=NOW)
    actions.start_again(experiment=test, now=NOW + HOUR)
    test = actions.of_place("page:1")
    assert not test.is_decided and results(test).people == 0
    after = actions.divide(test, ids)
    assert 0.3 < len(set(before["a"]) & set(after["a"])) / len(before["a"]) < 0.7


# Admin


def page(test):
    return reverse("wagtail_automation_experiment:results", args=[test.pk])


def test_the_result_page_says_it_in_words_and_decides(client, experiment, people):
    client.force_login(
        user_with(
            "wagtail_automation_audiences.change_experiment", "wagtail_automation_audiences.view_experiment"
        )
    )
    test = experiment([Variant("a", "<b>Blue"), Variant("b", "Green")])
    play(test, actions.expose(experiment=test, leads=people(600), now=NOW), {"a": 0.1, "b": 0.3})
    text = client.get(page(test)).content.decode()
    assert "“Green” is better" in text and "&lt;b&gt;Blue" in text and "style=" not in text.split("<main")[-1]
    assert client.post(page(test), {"winner": "nonsense"}, follow=True).status_code == 200
    assert not Experiment.objects.get().is_decided
    answer = client.post(page(test), {"winner": "a"}, follow=True)
    assert "Decided by hand" in answer.content.decode() and Experiment.objects.get().winner.key == "a"
    assert "decided already" in client.post(page(test), {"winner": "b"}, follow=True).content.decode()
    client.post(page(test), {"restart": "1"})
    assert not Experiment.objects.get().is_decided


def test_the_empty_list_says_how_one_begins(client, experiment):
    client.force_login(user_with("wagtail_automation_audiences.change_experiment"))
    index = reverse("wagtail_automation_experiment:index")
    text = client.get(index).content.decode()
    assert "One begins by itself" in text
    assert "A landing page with the section" in text and "A newsletter with a second subject" in text
    experiment()
    assert "One begins by itself" not in client.get(index).content.decode()
    assert "One begins by itself" not in client.get(index, {"q": "none"}).content.decode()


def test_the_list_and_its_rights(client, experiment, people, django_assert_max_num_queries):
    for number in range(5):
        actions.expose(experiment=experiment(place=f"p{number}"), leads=people(3), now=NOW)
    index = reverse("wagtail_automation_experiment:index")
    analyst = user_with("wagtail_automation_audiences.view_experiment")
    client.force_login(analyst)
    assert client.get(page(Experiment.objects.first())).status_code == 200
    assert client.post(page(Experiment.objects.first()), {"winner": "a"}).status_code in (302, 403)
    assert not Experiment.objects.exclude(decided_at=None).exists()
    client.force_login(user_with("wagtail_automation_audiences.change_experiment"))
    with django_assert_max_num_queries(25):
        text = client.get(index).content.decode()
    assert text.count("Headline") >= 5 and "automation/experiments/new" not in text
    client.force_login(user_with())
    assert client.get(page(Experiment.objects.first())).status_code in (302, 403)
