"""What people must pass before each step: the campaign's goal and exit rule, and for messages the limits.

Each check is one question for the whole group; those it concerns are disposed of with the reason.
"""

from wagtail_automation.rules.compiler import Unanswerable
from wagtail_automation.rules.rule import Rule

from . import calendar, reasons
from .outcomes import Outcome

#: In the order in which they are asked: who reached the goal has not failed.
LEAVING = (("goal", "goal_reached"), ("exit", "exit_rule"))


def let_out(walk, step, lap: int, ids: list[int]) -> list[int]:
    """Let those leave whom the campaign's goal or exit rule is true of; returns the others."""
    for name, reason in LEAVING:
        raw = walk.plan.rules.get(name)
        if not raw or not ids:
            continue
        try:
            out = walk.book.true_of(Rule(raw), ids)
        except Unanswerable as why:
            # nobody may go on who perhaps should have left
            walk.hold(step, lap, ids, reasons.unanswerable(str(why)))
            return []
        walk.leave(step, lap, [pk for pk in ids if pk in out], reason)
        ids = [pk for pk in ids if pk not in out]
    return ids


def let_write(walk, step, lap: int, ids: list[int]) -> list[int]:
    """Of people about to get a message, those who may get it now. Others wait for an open hour, or skip it
    when they have had enough."""
    rules = walk.book.contact_rules()
    if rules.has_hours:
        ids = _wait_for_hours(walk, step, lap, ids, rules)
    if rules.cap and ids:
        full = walk.book.written_to(ids, rules.cap, rules.cap_days)
        skipped = [pk for pk in ids if pk in full]
        walk.send_on(step, lap, skipped, Outcome.SKIPPED, step.next, reason="frequency_cap")
        ids = [pk for pk in ids if pk not in full]
    return ids


def _wait_for_hours(walk, step, lap: int, ids: list[int], rules) -> list[int]:
    here, known, open_now = calendar.site_zone(), {}, []
    waiting: dict[str, dict] = {}
    for pk, name, country in walk.book.leads(ids, "time_zone", "country"):
        place = (name, country)
        if place not in known:
            known[place] = rules.next_moment(walk.now, calendar.zone(name) or here, country)
        moment, reason = known[place]
        if moment <= walk.now:
            open_now.append(pk)
        else:
            waiting.setdefault(reason, {})[pk] = moment
    for reason, moments in waiting.items():
        walk.delay(step, lap, moments, reason)
    return open_now
