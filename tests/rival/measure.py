"""Ask one kind of the compared site for the same pages and print JSON: ``python -m tests.rival.measure``.

Makes the site first (the database is to be empty). WA_RIVAL and WA_DB_URL as in ``settings``, WA_ROUNDS:
measured requests of each (100).
"""

import json
import os
import statistics
import sys
import time
import uuid

import django

ORIGIN = "http://localhost"
BROWSER = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36"
)
CRAWLER = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
SEGMENTS = (0, 1, 20)
BLOCKS = 20
HITS = 50
WRITES = ("INSERT", "UPDATE", "DELETE")
HEADERS = ("Vary", "Cache-Control")


def client(agent: str = BROWSER, **more):
    """Somebody who has no cookie yet."""
    from django.test import Client

    return Client(
        SERVER_NAME="localhost",
        HTTP_USER_AGENT=agent,
        HTTP_ORIGIN=ORIGIN,
        HTTP_SEC_FETCH_SITE="same-origin",
        **more,
    )


def ask(who, url: str, rounds: int, *, forget: bool = False) -> dict:
    """Cost of a request; ``forget``: each time as somebody new. Processor time is that of the fastest tenth:
    what else the machine does makes a request slower, never faster."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    def once():
        if forget:
            who.cookies.clear()
        begun = time.process_time()
        response = who.get(url)
        return response, (time.process_time() - begun) * 1000

    once(), once()  # templates and what is known from then on
    with CaptureQueriesContext(connection) as captured:
        response, _ms = once()
    said = [query["sql"].lstrip().upper() for query in captured.captured_queries]
    said = [text for text in said if not text.startswith(("SAVEPOINT", "RELEASE", "BEGIN", "COMMIT"))]
    if response.status_code != 200:
        raise RuntimeError(f"{url} answered {response.status_code}")
    times = [once()[1] for _round in range(rounds)]
    return {
        "queries": len(said),
        "writes": sum(text.startswith(WRITES) for text in said),
        "cpu_ms": round(statistics.quantiles(times, n=10)[0], 2),
        "set_cookie": ", ".join(sorted(response.cookies)),
        **{name.lower().replace("-", "_"): response.headers.get(name, "") for name in HEADERS},
        "shown": response.content.decode().count("For you"),
    }


def paragraph(number: int, mark: str) -> str:
    return f"<p>{mark} {number}: what everybody or somebody reads.</p>"


def block(kind: str, value) -> dict:
    return {"type": kind, "id": str(uuid.uuid4()), "value": value}


class Bare:
    """Wagtail alone; the base of the others."""

    blocks = 0

    def segments(self, count: int) -> list:
        return []

    def personal(self, segment, number: int) -> dict:
        return block("text", paragraph(number, "For all"))

    def page(self, slug: str, segments: list):
        from wagtail.models import Site

        from .models import ComparedPage

        root = Site.objects.get(is_default_site=True).root_page
        body = [
            self.personal(segments[number % len(segments)], number)
            if segments
            else block("text", paragraph(number, "For all"))
            for number in range(BLOCKS)
        ]
        page = ComparedPage(title=slug, slug=slug, body=json.dumps(body), locale=root.locale)
        root.add_child(instance=page)
        return page

    def returning(self, page, segments: list):
        """Somebody who was here before and is in all segments."""
        who = client()
        who.get(page.get_url())
        return who

    def rows(self) -> dict:
        """Rows that visits leave behind."""
        from django.contrib.sessions.models import Session

        return {"session_rows": Session.objects.count()}

    def more(self, who, page, rounds: int) -> dict:
        return {}


class Theirs(Bare):
    """wagtail-personalisation; its cheapest rule, and one that everybody matches."""

    def segments(self, count):
        from wagtail_personalisation.models import Segment
        from wagtail_personalisation.rules import DayRule

        made = [Segment.objects.create(name=f"Segment {number}") for number in range(count)]
        days = dict.fromkeys(("mon", "tue", "wed", "thu", "fri", "sat", "sun"), True)
        DayRule.objects.bulk_create(DayRule(segment=segment, **days) for segment in made)
        return made

    def personal(self, segment, number):
        return block("personal", {"segment": str(segment.pk), "text": paragraph(number, "For you")})


class Ours(Bare):
    """wagtail-automation, with the profile *personalise*."""

    def segments(self, count):
        from wagtail_automation.audiences.models import Segment

        return [Segment.objects.create(name=f"Segment {number}", live=True) for number in range(count)]

    def personal(self, segment, number):
        asked = {"id": str(uuid.uuid4()), "type": "in_segment", "value": {"segment": segment.pk}}
        alternative = {
            "name": segment.name,
            "rule": {"match": "all", "items": [asked]},
            "content": [block("text", paragraph(number, "For you"))],
        }
        return block(
            "personal",
            {
                "alternatives": [block("item", alternative)],
                "fallback": [block("text", paragraph(number, "For all"))],
            },
        )

    def returning(self, page, segments):
        from wagtail_automation import clock
        from wagtail_automation.audiences.models import SegmentMembership
        from wagtail_automation.leads.models import Lead

        who = client()
        who.post("/automation/consent/", {"choice": "grant"})
        event = {"type": "view", "url": ORIGIN + page.get_url()}
        who.post("/automation/collect/", json.dumps({"events": [event]}), content_type="application/json")
        lead, now = Lead.objects.latest("pk"), clock.now()
        SegmentMembership.objects.bulk_create(
            SegmentMembership(segment=segment, lead=lead, joined_at=now) for segment in segments
        )
        return who

    def rows(self):
        from wagtail_automation.leads.models import Lead
        from wagtail_automation.tracking.models import Event, Visitor

        ours = {"visitors": Visitor, "leads": Lead, "events": Event}
        return super().rows() | {name: model.objects.count() for name, model in ours.items()}

    def more(self, who, page, rounds):
        """The request that brings a page's personal parts, and the page with them chosen on the server."""
        from django.conf import settings
        from django.test import override_settings

        found = {"fragments": ask(who, f"/automation/fragments/{page.pk}/", rounds)}
        there = {**settings.WAGTAIL_AUTOMATION, "PERSONALISE": "server"}
        with override_settings(WAGTAIL_AUTOMATION=there):
            found["returning, on the server"] = ask(who, page.get_url(), rounds)
            found["first, on the server"] = ask(client(), page.get_url(), rounds, forget=True)
        return found


KINDS = {"bare": Bare, "theirs": Theirs, "ours": Ours}


def crawl(site: Bare, page) -> dict:
    """Rows that a crawler without cookies leaves behind."""
    before = site.rows()
    for _hit in range(HITS):
        client(CRAWLER).get(page.get_url())
    return {name: count - before[name] for name, count in site.rows().items()}


def measure(rounds: int) -> dict:
    """All figures of the kind that the settings name."""
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connection, transaction

    call_command("migrate", verbosity=0)
    site, figures = KINDS[settings.KIND](), {}
    for count in SEGMENTS:
        with transaction.atomic():
            segments = site.segments(count)
            plain = site.page(f"plain-{count}", [])
            found = {"plain": {
                "first": ask(client(), plain.get_url(), rounds, forget=True),
                "returning": ask(site.returning(plain, segments), plain.get_url(), rounds),
                "rows_after_50_crawler_hits": crawl(site, plain),
            }}  # fmt: skip
            transaction.set_rollback(True)
        if count and settings.KIND != "bare":
            with transaction.atomic():
                segments = site.segments(count)
                page = site.page(f"personal-{count}", segments)
                who = site.returning(page, segments)
                found["personal"] = {
                    "first": ask(client(), page.get_url(), rounds, forget=True),
                    "returning": ask(who, page.get_url(), rounds),
                    **site.more(who, page, rounds),
                    "rows_after_50_crawler_hits": crawl(site, page),
                }
                transaction.set_rollback(True)
        figures[str(count)] = found
    return {"kind": settings.KIND, "database": connection.vendor, "segments": figures}


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.rival.settings")
    django.setup()
    sys.stdout.write(json.dumps(measure(int(os.environ.get("WA_ROUNDS") or 100))) + "\n")
