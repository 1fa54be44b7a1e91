"""Benchmarks on real pages and forms of the example site: ``automation_bench page``, ``… latency``."""

import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import threading
import time
import uuid

from django.conf import settings
from django.db import connection, transaction
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext
from wagtail.models import Page, Site

from example_site.pages.models import PlainPage
from wagtail_automation import clock
from wagtail_automation.audiences.models import Segment, SegmentMembership
from wagtail_automation.bench import percentile, register_suite
from wagtail_automation.leads.models import Lead

BROWSER = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36"
)
BLOCKS = 20
ORIGIN = "http://localhost"


def _client() -> Client:
    return Client(
        SERVER_NAME="localhost",
        HTTP_USER_AGENT=BROWSER,
        HTTP_ORIGIN=ORIGIN,
        HTTP_SEC_FETCH_SITE="same-origin",
    )


def _texts(count: int) -> list[dict]:
    return [
        {"type": "text", "id": str(uuid.uuid4()), "value": f"<p>Paragraph {number}</p>"}
        for number in range(count)
    ]


def _dynamic(segment: Segment, number: int) -> dict:
    rule = {
        "match": "all",
        "items": [{"id": str(uuid.uuid4()), "type": "in_segment", "value": {"segment": segment.pk}}],
    }
    return {
        "type": "dynamic",
        "id": str(uuid.uuid4()),
        "value": {
            "alternatives": [
                {
                    "type": "item",
                    "id": str(uuid.uuid4()),
                    "value": {"name": segment.name, "rule": rule, "content": _texts(1)},
                }
            ],
            "fallback": _texts(1),
        },
    }


def _page(parent: Page, slug: str, body: list[dict]) -> PlainPage:
    page = PlainPage(title=slug, slug=slug, locale=parent.locale)
    page.body = json.dumps(body)
    parent.add_child(instance=page)
    return page


def _known_visitor(client: Client, page: Page) -> Lead:
    """Consent and one page view, as the browser sends them; returns the anonymous lead they made."""
    client.post("/automation/consent/", {"choice": "grant"})
    event = {"type": "view", "url": ORIGIN + page.get_url()}
    client.post("/automation/collect/", json.dumps({"events": [event]}), content_type="application/json")
    return Lead.objects.order_by("-pk")[0]


def _measure(client: Client, url: str, rounds: int) -> dict:
    started = time.process_time()
    response = client.get(url)
    cold = (time.process_time() - started) * 1000
    if response.status_code != 200:
        raise RuntimeError(f"{url} answered {response.status_code}")
    with CaptureQueriesContext(connection) as captured:
        client.get(url)
    queries = len(captured)  # now: the next request empties the log
    times = []
    for _round in range(rounds):
        started = time.process_time()
        client.get(url)
        times.append((time.process_time() - started) * 1000)
    return {
        "queries": queries,
        "cpu_ms": statistics.median(times),
        "cold_cpu_ms": cold,
        "response": response,
    }


@register_suite("page")
def page(scale, out) -> dict:
    """Cost of personalisation per page view: queries and CPU beyond the same page without it.

    ``scale``: measured requests (default 200). Everything it writes is rolled back.
    """
    rounds = scale or 200
    figures = {"scale": rounds, "dynamic_blocks": BLOCKS, "segments": BLOCKS}
    with transaction.atomic():
        root = Site.objects.get(is_default_site=True).root_page
        now = clock.now()
        segments = [Segment.objects.create(name=f"Bench {number}") for number in range(BLOCKS)]
        plain = _page(root, "bench-plain", _texts(BLOCKS))
        personal = _page(
            root, "bench-personal", [_dynamic(one, number) for number, one in enumerate(segments)]
        )
        client = _client()
        lead = _known_visitor(client, plain)
        SegmentMembership.objects.bulk_create(
            SegmentMembership(segment=one, lead=lead, joined_at=now) for one in segments[::2]
        )
        without_app = [name for name in settings.MIDDLEWARE if "AutomationMiddleware" not in name]
        stranger = _client()
        with_middleware = _measure(stranger, plain.get_url(), rounds)
        with override_settings(MIDDLEWARE=without_app):
            bare = _measure(_client(), plain.get_url(), rounds)
        figures["page_without_personal_blocks"] = {
            "added_queries": with_middleware["queries"] - bare["queries"],
            "added_cpu_ms": round(with_middleware["cpu_ms"] - bare["cpu_ms"], 3),
            "sets_cookie": bool(with_middleware["response"].cookies),
            "vary": with_middleware["response"].headers.get("Vary", ""),
            "vary_without_package": bare["response"].headers.get("Vary", ""),
        }
        with override_settings(WAGTAIL_AUTOMATION={**settings.WAGTAIL_AUTOMATION, "PERSONALISE": "server"}):
            served = _measure(client, personal.get_url(), rounds)
            same = _measure(client, plain.get_url(), rounds)
            unknown = _measure(_client(), personal.get_url(), rounds)
        shown = served["response"].content.decode().count("Paragraph 0")
        figures["page_with_20_dynamic_blocks_server"] = {
            "added_queries": served["queries"] - same["queries"],
            "added_queries_against_a_stranger": served["queries"] - unknown["queries"],
            "added_cpu_ms_against_a_stranger": round(served["cpu_ms"] - unknown["cpu_ms"], 3),
            "added_cpu_ms_against_20_plain_texts": round(served["cpu_ms"] - same["cpu_ms"], 3),
            "cold_cpu_ms": round(served["cold_cpu_ms"], 2),
            "paragraphs_shown": shown,
        }
        fragments = _measure(client, f"/automation/fragments/{personal.pk}/", rounds)
        figures["fragment_request"] = {
            "queries_in_all": fragments["queries"],
            "cpu_ms_in_all": round(fragments["cpu_ms"], 3),
            "cold_cpu_ms": round(fragments["cold_cpu_ms"], 2),
        }
        transaction.set_rollback(True)
    for name, values in figures.items():
        if isinstance(values, dict):
            out(f"{name}: " + ", ".join(f"{key} {value}" for key, value in values.items()))
    return figures


class _Sink:
    """A real SMTP server that notes when the message of each address arrived."""

    def __init__(self):
        from aiosmtpd.controller import Controller

        self.arrived: dict[str, float] = {}
        self.event = threading.Event()
        self.controller = Controller(self, hostname="127.0.0.1", port=settings.SMTP_PORT)

    async def handle_DATA(self, server, session, envelope):  # noqa: N802  aiosmtpd's name
        for address in envelope.rcpt_tos:
            self.arrived[address] = time.perf_counter()
        self.event.set()
        return "250 OK"


@register_suite("latency")
def latency(scale, out) -> dict:
    """Form submission to the first email handed over to SMTP, with one qcluster worker: p50 and p95.

    ``scale``: submissions (default 200). Needs the example data and the SMTP port free; leaves its leads.
    """
    from wagtail_automation.content import form_building, tokens
    from wagtail_automation.content.models import Form

    count = scale or 200
    with socket.socket() as probe:
        if probe.connect_ex(("127.0.0.1", settings.SMTP_PORT)) == 0:
            raise RuntimeError(f"Port {settings.SMTP_PORT} is in use: stop the example site first.")
    form = _started_form(Form)
    sink = _Sink()
    sink.controller.start()
    worker = subprocess.Popen(
        [sys.executable, "-m", "example_site.manage", "qcluster"],
        env={**os.environ, "WA_WORKERS": "1"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    waits, lost = [], 0
    try:
        time.sleep(5)  # the cluster starts; not measured
        lenient = {**settings.WAGTAIL_AUTOMATION, "FORM_MIN_SECONDS": 0, "FORM_RATE": (10**6, 60)}
        with override_settings(WAGTAIL_AUTOMATION=lenient):
            for number in range(count):
                address = f"bench-{uuid.uuid4().hex[:12]}@example.com"
                answers = _answers(form, address) | {form_building.TOKEN: str(tokens.make(form))}
                started = time.perf_counter()
                response = _client().post(f"/automation/forms/{form.uuid}/", answers)
                if response.status_code != 303:
                    raise RuntimeError(
                        f"submission {number}: {response.status_code} {response.content[:500]!r}"
                    )
                while address not in sink.arrived and time.perf_counter() - started < 10:
                    sink.event.wait(0.2)
                    sink.event.clear()
                if address in sink.arrived:
                    waits.append(sink.arrived[address] - started)
                else:
                    lost += 1
    finally:
        os.killpg(worker.pid, signal.SIGKILL)  # measured is measured: nothing is to be finished
        worker.wait()
        sink.controller.stop()
    figures = {
        "scale": count,
        "p50_seconds": round(percentile(waits, 0.5), 3) if waits else None,
        "p95_seconds": round(percentile(waits, 0.95), 3) if waits else None,
        "not_within_10_seconds": lost,
        "target_p95_seconds": 1.0,
    }
    out(f"{count} submissions: p50 {figures['p50_seconds']} s, p95 {figures['p95_seconds']} s, lost {lost}")
    return figures


def _started_form(form_model):
    """A form whose submission starts a running campaign that begins with an email."""
    from wagtail_automation.campaigns.models import Step, TriggerSubscription

    started = TriggerSubscription.objects.filter(event="form_submitted", campaign__state="running")
    for key, version in started.values_list("object_key", "campaign__current_version"):
        steps = Step.objects.filter(version=version).exclude(type__startswith="on_").order_by("position")
        first = steps.values_list("type", flat=True).first()
        form = form_model.objects.filter(translation_key=key).first()
        if first == "do_email_send" and form is not None:
            return form
    raise RuntimeError("No running campaign answers a form with an email: run automation_demo first.")


def _answers(form, address: str) -> dict:
    """An answer for every field that a visitor sees; the address where an email is asked for."""
    from wagtail_automation.content import form_building

    answers = {}
    for key, block, value in form_building.typed_fields(form):
        if block.is_visible:
            answer = {"email": address, "number": "1", "consent": "on"}.get(block.key, "Bench")
            if block.key == "choice":
                answer = block.options(value)[0]
            answers[f"{form_building.PREFIX}-{key}"] = answer
    return answers
