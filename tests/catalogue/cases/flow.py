"""Steps that hold and move people."""

import datetime as dt

from wagtail_automation.campaigns.testing import Step, flow

SCORED = {"match": "all", "items": [{"id": "1", "type": "score_above", "value": {"value": 0}}]}


@flow("wait_days")
def at_the_same_time_of_day_where_they_live(world):
    ada = world.lead(time_zone="Europe/Paris")
    run = yield Step({"amount": 20, "unit": "days"}, [ada])
    # the clock changes on 29 March
    assert run.waits_until(ada) == dt.datetime(2026, 3, 30, 8, 0, tzinfo=dt.UTC)
    with run.later(days=19):
        assert not run.passed(ada)
    with run.later(days=20):
        assert run.left(ada) == "finished"


@flow("wait_minutes")
def so_many_minutes(world):
    ada = world.lead()
    run = yield Step({"amount": 30, "unit": "minutes"}, [ada])
    with run.later(minutes=29):
        assert not run.passed(ada)
    with run.later(minutes=30):
        assert run.passed(ada)


@flow("decision")
def waits_for_yes_and_goes_to_no_in_the_end(world):
    at_once, late, never = world.lead(score=1), world.lead(), world.lead()
    run = yield Step({"rule": SCORED, "patience": 3, "unit": "days"}, [at_once, late, never])
    assert (run.branch(at_once), run.branch(late), run.branch(never)) == ("yes", "", "")
    late.score = 1
    late.save()
    with run.later(days=3):
        assert (run.branch(late), run.branch(never)) == ("yes", "no")


@flow("go_to")
def goes_round_through_a_wait(world):
    ada = world.lead()
    pause = ("wait_minutes", {"amount": 30, "unit": "minutes"})
    run = yield Step({"step": "@0"}, [ada], before=[pause])
    assert not run.passed(ada)
    with run.later(minutes=30) as moment:
        assert run.passed(ada)
        assert run.waits_until(ada) == moment + dt.timedelta(minutes=30)
