"""``automation_bench fragments``: personal parts served and reports stored a second, beside bare inserts."""

import datetime as dt

from django.db import connection, transaction

from wagtail_automation import clock
from wagtail_automation.bench import percentile, register_suite, timed
from wagtail_automation.content import personal
from wagtail_automation.content.models import Showing
from wagtail_automation.content.showing import actions
from wagtail_automation.content.showing.tokens import Shown, read
from wagtail_automation.leads.models import Lead
from wagtail_automation.rules.rule import Rule

SCALE = 500
BLOCKS = 20
BATCH = 10
MARK = "bench:fragments"


def _rules() -> list[Rule]:
    return [
        Rule(
            {
                "match": "all",
                "items": [{"id": str(number), "type": "score_above", "value": {"value": number}}],
            }
        )
        for number in range(BLOCKS)
    ]


@register_suite("fragments")
def fragments(scale: int | None, out) -> dict:
    """Deciding a page of twenty blocks, and storing what was seen: one by one, ten at once, bare inserts."""
    count = scale or SCALE
    now = clock.now()
    figures: dict = {"scale": count, "blocks": BLOCKS, "database": connection.vendor}
    with transaction.atomic():
        lead = Lead.objects.create(source=MARK, score=BLOCKS // 2, created_at=now)
        rules, each = _rules(), []
        for _page in range(count):
            with timed() as watch:
                person = personal.Person.of_lead(lead)
                person.ask(rules)
            each.append(watch.cpu)
        figures["decide_ms_cpu_median"] = round(1000 * percentile(each, 0.5), 3)
        figures["decide_ms_cpu_95"] = round(1000 * percentile(each, 0.95), 3)
        out(f"deciding {BLOCKS} blocks: {figures['decide_ms_cpu_median']} ms of CPU")
        tokens = [str(Shown(lead.pk, f"{MARK}:{number}", "a")) for number in range(count)]
        with timed() as single:
            for token in tokens:
                actions.note(items=[(read(token), "seen")], lead_id=lead.pk, now=now)
        later = now + dt.timedelta(days=1)
        with timed() as batched:
            for start in range(0, count, BATCH):
                items = [(read(token), "seen") for token in tokens[start : start + BATCH]]
                actions.note(items=items, lead_id=lead.pk, now=later)
        with timed() as bare:
            for number in range(count):
                Showing.objects.create(
                    lead=lead, key=f"{MARK}:bare:{number}", alternative="a", first_at=now, last_at=now
                )
        rates = {
            "single": count / single.wall,
            "batched": count / batched.wall,
            "bare_insert": count / bare.wall,
        }
        figures |= {f"reports_per_second_{name}": round(rate) for name, rate in rates.items()}
        figures["ratio_single_to_bare"] = round(rates["single"] / rates["bare_insert"], 3)
        figures["ratio_batched_to_bare"] = round(rates["batched"] / rates["bare_insert"], 3)
        for name, value in figures.items():
            out(f"{name}: {value}")
        transaction.set_rollback(True)
    return figures
