"""The deliverability page: records as they may be found, rates against the limits, stopped campaigns."""

import datetime as dt
import uuid

import pytest
from django.contrib.auth.models import Group, User
from django.urls import reverse
from wagtail.models import ModelLogEntry

from wagtail_automation import clock
from wagtail_automation.admin.roles import create_groups
from wagtail_automation.messaging.delivery import health, health_views
from wagtail_automation.messaging.delivery.models import OriginPause
from wagtail_automation.messaging.models import EmailVersion, Message

pytestmark = pytest.mark.django_db
URL = health_views.PAGE


def states(brand, records, selector="s1"):
    found = health.checks(brand, selector=selector, ask=lambda name: records.get(name, []))
    return {check.name: check.state for check in found}


GOOD = {
    "atelier.example": ["google-site-verification=x", "v=spf1 include:_spf.mail.example ~all"],
    "s1._domainkey.atelier.example": ["v=DKIM1; k=rsa; p=MIIB"],
    "_dmarc.atelier.example": ["v=DMARC1; p=none; rua=mailto:x@atelier.example"],
}


def test_all_in_order(brand):
    found = states(brand, GOOD)
    assert [found[name] for name in ("SPF", "DKIM", "DMARC")] == ["good"] * 3


@pytest.mark.parametrize(
    ("name", "host", "texts", "state"),
    [
        ("SPF", "atelier.example", [], "bad"),
        ("SPF", "atelier.example", ["v=spf1 ~all", "v=spf1 -all"], "bad"),
        ("SPF", "atelier.example", ["v=spf1 include:a.example"], "warn"),
        ("SPF", "atelier.example", ["v=spf1 +all"], "warn"),
        ("SPF", "atelier.example", ["v=spf1 " + "include:a.example " * 11 + "-all"], "bad"),
        ("SPF", "atelier.example", ["v=spf1 redirect=_spf.a.example"], "good"),
        ("DKIM", "s1._domainkey.atelier.example", [], "bad"),
        ("DKIM", "s1._domainkey.atelier.example", ["v=DKIM1; p="], "bad"),
        ("DMARC", "_dmarc.atelier.example", [], "bad"),
        ("DMARC", "_dmarc.atelier.example", ["v=DMARC1; rua=mailto:x@y"], "bad"),
        ("DMARC", "_dmarc.atelier.example", ["v=DMARC1; p=reject"], "warn"),
    ],
)
def test_what_is_wrong_is_found(brand, name, host, texts, state):
    assert states(brand, {**GOOD, host: texts})[name] == state


def test_the_page_says_what_to_paste_where(marketer, brand, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST = "smtp.atelier.example"
    page = marketer.get(reverse(URL)).content.decode()
    for words in (
        "Deliverability - Wagtail</title>",
        "v=spf1 a:smtp.atelier.example ~all",
        "_dmarc.atelier.example",
        "v=DMARC1; p=none; rua=mailto:reponse@atelier.example",
        "_domainkey.atelier.example",
        "not https",
        "EMAIL_USE_TLS",
        "not looked up",
    ):
        assert words in page, words


def test_a_post_looks_up_and_a_dns_that_is_away_is_told(marketer, brand, monkeypatch):
    asked = []
    monkeypatch.setattr(health, "lookup", lambda name: asked.append(name) or GOOD.get(name, []))
    page = marketer.post(reverse(URL), {"selector": "s1"}).content.decode()
    assert "in order" in page and asked == list(GOOD)
    for wrong in ("a b", "x" * 64, "../..", "é"):
        asked.clear()
        marketer.post(reverse(URL), {"selector": wrong})
        assert asked == [], wrong

    def away(name):
        raise health.NoLookupError("The DNS does not answer.")

    monkeypatch.setattr(health, "lookup", away)
    page = marketer.post(reverse(URL), {"selector": ""}).content.decode()
    assert "The DNS does not answer" in page and "not looked up" in page


def test_rates_per_receiving_domain(marketer, make_lead):
    lead, now = make_lead(), clock.now()
    version = EmailVersion.objects.create(
        translation_key=uuid.uuid4(), language="en", name="x", created_at=now
    )

    def sent(domain, count, **fields):
        Message.objects.bulk_create(
            Message(
                key=f"{domain}{n}{sorted(fields)}",
                lead=lead,
                email_version=version,
                domain=domain,
                state="sent",
                sent_at=now - dt.timedelta(days=1),
                created_at=now,
                not_before=now,
                **fields,
            )
            for n in range(count)
        )

    sent("fine.example", 1000)
    sent("look.example", 999)
    sent("look.example", 1, complained_at=now)
    sent("bad.example", 994)
    sent("bad.example", 3, complained_at=now)
    sent("dead.example", 190)
    sent("dead.example", 10, bounce_kind="hard", bounced_at=now)
    sent("full.example", 100, bounce_kind="soft", bounced_at=now)
    sent("few.example", 3, bounce_kind="hard", bounced_at=now)
    user = User.objects.get(username="marketer")
    found = {rate.domain: rate.state for rate in health.rates(user, now)}
    assert found == {
        "fine.example": "good",
        "look.example": "warn",
        "bad.example": "bad",
        "dead.example": "bad",
        "full.example": "good",
        "few.example": "open",
    }
    assert health.busiest_day(user, now) == 1000
    page = marketer.get(reverse(URL)).content.decode()
    assert "over the limit" in page and "too few to tell" in page


def test_a_stopped_campaign_is_shown_and_let_go_on(marketer, client):
    OriginPause.objects.create(origin="campaign:7", reason="bounces", sent=60, bad=9, at=clock.now())
    page = marketer.get(reverse(URL)).content.decode()
    assert "campaign:7" in page and "9 of 60" in page
    url = reverse(health_views.RESUME, args=["campaign:7"])
    asked = marketer.get(url).content.decode()
    assert "9 of 60 emails of campaign:7" in asked and "Let the emails go on?" in asked
    assert OriginPause.objects.get().resumed_at is None, "only asked"
    assert marketer.get(reverse(health_views.RESUME, args=["campaign:8"])).status_code == 404
    assert marketer.post(url).status_code == 302
    assert OriginPause.objects.get().resumed_at
    assert ModelLogEntry.objects.filter(action=health_views.RESUME_LOG_ACTION).count() == 1
    assert marketer.post(url).status_code == 404, "once"


def test_salespeople_have_no_part_in_it(client):
    create_groups()
    seller = User.objects.create_user("theo", "t@example.com", "x")
    seller.groups.add(Group.objects.get(name="Salesperson"))
    client.force_login(seller)
    OriginPause.objects.create(origin="campaign:7", reason="bounces", sent=60, bad=9, at=clock.now())
    assert client.get(reverse(URL)).status_code in (302, 403)
    client.post(reverse(health_views.RESUME, args=["campaign:7"]))
    assert client.get(reverse(health_views.RESUME, args=["campaign:7"])).status_code in (302, 403)
    assert OriginPause.objects.get().resumed_at is None


def test_a_mail_server_in_the_admin(marketer):
    url = reverse("wagtail_automation_mail_server:add")
    data = {"name": "Second", "host": "smtp.example", "port": "587", "security": "tls", "order": "1"}
    marketer.post(url, {**data, "per_minute": "60", "secret": "second", "domains": "gmail.com"})
    assert "Second" in marketer.get(reverse("wagtail_automation_mail_server:index")).content.decode()
