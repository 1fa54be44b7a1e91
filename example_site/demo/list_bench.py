"""``automation_bench lead_list``: pages of the list of leads, as an administrator asks for them."""

import statistics
from urllib.parse import urlencode

from django.contrib.auth import get_user_model
from django.db import connection
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from wagtail_automation.audiences.bench import MARK, make_people
from wagtail_automation.audiences.models import LeadList
from wagtail_automation.bench import register_suite
from wagtail_automation.leads.models import Lead

SCALE, ROUNDS = 20_000, 5


def questions() -> dict[str, dict]:
    """What is asked of the list: each a query string."""
    return {
        "everybody": {},
        "page 2": {"p": 2},
        "page 100": {"p": 100},
        "by name": {"ordering": "last_name"},
        "by score": {"ordering": "-score"},
        "score at least 90": {"score_min": 90},
        "source": {"source": MARK},
        "list": {"list": LeadList.objects.get(name=MARK).pk},
        "search, many": {"q": "bench1"},
        "search, nobody": {"q": "zzzzzz"},
    }


@register_suite("lead_list")
def suite(scale: int | None, say) -> dict:
    """``scale`` leads with ten events each. Fills the database."""
    make_people(scale or SCALE)
    admin = get_user_model().objects.filter(is_superuser=True, is_active=True).first()
    client, address = Client(SERVER_NAME="localhost"), reverse("wagtail_automation_lead:index")
    client.force_login(admin)
    figures = {"scale": Lead.objects.count(), "pages": {}}
    for name, question in questions().items():
        url = f"{address}?{urlencode(question)}"
        figures["pages"][name] = found = measure(client, url)
        say(f"{name}: {found}")
    return figures


def measure(client: Client, url: str) -> dict:
    """Statements of one page and the time the database took for them; the median of five, after one cold."""
    queries, milliseconds = [], []
    with override_settings(DEBUG=False):
        for _round in range(ROUNDS + 1):
            with CaptureQueriesContext(connection) as captured:
                response = client.get(url)
            if response.status_code != 200:
                raise RuntimeError(f"{url} answered {response.status_code}")
            queries.append(len(captured))
            milliseconds.append(sum(float(one["time"]) for one in captured.captured_queries) * 1000)
    return {
        "queries": queries[-1],
        "database_ms": round(statistics.median(milliseconds[1:])),
        "cold_database_ms": round(milliseconds[0]),
    }
