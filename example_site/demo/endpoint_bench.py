"""``automation_bench endpoints``: the two addresses that browsers call, asked as fast as one process can,
beside a loop of bare inserts of the same rows – every one of them committed."""

import json
import time
import uuid

from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from wagtail.models import Site

from example_site.demo.benches import BLOCKS, ORIGIN, _client, _dynamic, _known_visitor, _page, _texts
from wagtail_automation import clock
from wagtail_automation.audiences.models import Segment, SegmentMembership
from wagtail_automation.bench import percentile, register_suite
from wagtail_automation.tracking import events
from wagtail_automation.tracking.models import Event

SCALE = 500
BATCH = 10
PATHS = {"collect": "/automation/collect/", "fragments": "/automation/fragments/{page}/"}


def _reports(kind: str, page, count: int) -> str:
    url = ORIGIN + page.get_url()
    one = {"type": kind, "url": url} | ({"name": "bench"} if kind == "track" else {})
    return json.dumps({"events": [one] * count})


def _post(client, body: str) -> None:
    response = client.post(PATHS["collect"], body, content_type="application/json")
    if response.status_code != 204:
        raise RuntimeError(f"collect answered {response.status_code}")


def _timed(run, times: int) -> tuple[float, float]:
    """``(times a second, median milliseconds of processor time)``."""
    run()
    cpu, begun = [], time.perf_counter()
    for _time in range(times):
        started = time.process_time()
        run()
        cpu.append((time.process_time() - started) * 1000)
    return times / (time.perf_counter() - begun), percentile(cpu, 0.5)


def _collected(client, page, kind: str, batch: int, count: int) -> dict:
    """Events that landed a second: counted in the table, not in what was sent."""
    body, before = _reports(kind, page, batch), Event.objects.count()
    requests = max(count // batch, 20)
    rate, cpu = _timed(lambda: _post(client, body), requests)
    landed = Event.objects.count() - before
    if landed < (requests + 1) * batch:
        raise RuntimeError(f"only {landed} of {(requests + 1) * batch} events landed")
    with CaptureQueriesContext(connection) as captured:
        _post(client, body)
    return {
        "requests_per_second": round(rate),
        "events_per_second": round(rate * batch),
        "cpu_ms_per_event": round(cpu / batch, 3),
        "queries": len(captured),
    }


def _bare(lead_id: int, site, count: int) -> float:
    """Inserts of one event a second, each committed, as a statement written once."""
    fields = {
        "lead_id": lead_id, "site_id": site.pk, "name": events.PAGE_VIEWED, "url": "/", "data": "{}",
        "channel": "web", "human": True, "at": clock.now(),
    }  # fmt: skip
    quote = connection.ops.quote_name
    names, places = ", ".join(map(quote, fields)), ", ".join(["%s"] * len(fields))
    statement = f"INSERT INTO {quote(Event._meta.db_table)} ({names}) VALUES ({places})"  # noqa: S608
    values = list(fields.values())

    def insert():
        with connection.cursor() as cursor:
            cursor.execute(statement, values)

    return _timed(insert, count)[0]


@register_suite("endpoints")
def endpoints(scale: int | None, out) -> dict:
    """Requests and events a second of one process through Django's handler, without a network between.

    ``scale``: events of each kind (default 500). Leaves its page, person and events in the database.
    """
    count, now = scale or SCALE, clock.now()
    root = Site.objects.get(is_default_site=True).root_page
    with transaction.atomic():
        segments = [Segment.objects.create(name=f"Bench {number}") for number in range(BLOCKS)]
        plain = _page(root, f"bench-{uuid.uuid4().hex[:8]}", _texts(BLOCKS))
        body = [_dynamic(one, number) for number, one in enumerate(segments)]
        personal = _page(root, f"bench-{uuid.uuid4().hex[:8]}", body)
    client = _client()
    lead = _known_visitor(client, plain)
    SegmentMembership.objects.bulk_create(
        SegmentMembership(segment=one, lead=lead, joined_at=now) for one in segments[::2]
    )
    figures: dict = {"scale": count, "blocks": BLOCKS, "batch": BATCH}
    bare = _bare(lead.pk, plain.get_site(), count)
    figures["bare_inserts_per_second"] = round(bare)
    for name, page in (("twenty personal blocks", personal), ("no personal block", plain)):
        path = PATHS["fragments"].format(page=page.pk)
        rate, cpu = _timed(lambda path=path: client.get(path), count)
        figures[f"fragments, {name}"] = {"requests_per_second": round(rate), "cpu_ms": round(cpu, 2)}
    for kind in ("view", "track"):
        for batch in (1, BATCH):
            found = _collected(client, plain, kind, batch, count)
            found["ratio_to_bare"] = round(found["events_per_second"] / bare, 3)
            figures[f"collect, {kind} × {batch}"] = found
    for name, values in figures.items():
        out(f"{name}: {values}")
    return figures
