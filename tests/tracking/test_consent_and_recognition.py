"""The choice, with and without script, and who a browser may become."""

import datetime as dt

import pytest
from django.core import signing

from wagtail_automation import clock
from wagtail_automation.leads import actions as leads
from wagtail_automation.leads.models import ConsentRecord, Lead
from wagtail_automation.testing import clock as test_clock
from wagtail_automation.tracking import actions, events, links, visitors
from wagtail_automation.tracking.models import ConsentNoticeSettings, Event, LeadTotals, Level, Visitor

pytestmark = pytest.mark.django_db


def known(address):
    return leads.identify(lead=None, identifiers={"email": address}, source="test", now=clock.now())


def recognise(browser, token, **extra):
    headers = {"sec-fetch-site": "same-origin", **extra}
    return browser.post("/automation/recognise/", {"token": token}, headers=headers)


# The notice


def test_the_notice_speaks_the_language_asked_for_and_may_be_cached(site, french, browser):
    own = ConsentNoticeSettings.objects.create(site=site)
    own.texts.create(locale=french, heading="Vos <choix>", text="Bonjour", accept_label="D'accord")
    own.save()
    response = browser.get("/automation/consent/notice/?lang=fr")
    html = response.content.decode()
    assert "Vos &lt;choix&gt;" in html
    assert "D&#x27;accord" in html
    assert 'lang="fr"' in html
    assert not response.cookies
    assert "public" in response["Cache-Control"]
    assert "Cookie" not in response.get("Vary", "")
    assert "Your privacy" in browser.get("/automation/consent/notice/?lang=en").content.decode()
    assert browser.get("/automation/consent/notice/?lang=../../etc").status_code == 200


def test_a_site_may_not_ask(site, browser):
    ConsentNoticeSettings.objects.create(site=site, enabled=False)
    assert browser.get("/automation/consent/notice/?lang=en").status_code == 204


def test_the_choice_works_without_script(site, browser):
    page = browser.get("/automation/consent/?next=/pricing/")
    html = page.content.decode()
    assert 'name="next" value="/pricing/"' in html
    assert not page.cookies
    assert "<script" not in html
    assert "style=" not in html
    response = browser.post("/automation/consent/", {"choice": "grant", "next": "/pricing/"})
    assert (response.status_code, response["Location"]) == (303, "/pricing/")
    assert browser.cookies["wa_consent"].value == "granted"
    assert "You accepted" in browser.get("/automation/consent/").content.decode()
    assert not Visitor.objects.exists()


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example", "javascript:alert(1)", "\\\\evil"]
)
def test_the_way_back_stays_on_the_site(site, browser, target):
    response = browser.post("/automation/consent/", {"choice": "deny", "next": target})
    assert response["Location"] == "/"
    assert "evil" not in browser.get("/automation/consent/", {"next": target}).content.decode()


def test_another_site_cannot_choose_for_the_visitor(site, browser):
    response = browser.accept(headers={"sec-fetch-site": "cross-site"})
    assert response.status_code == 403
    assert not response.cookies
    assert browser.choose("perhaps").status_code == 400


def test_the_ledger_has_the_words_of_the_language_chosen(site, french, consented):
    own = ConsentNoticeSettings.objects.create(site=site)
    own.texts.create(locale=french, text="Bonjour, on se souvient ?")
    own.save()
    consented.view("/fr/")
    assert "Bonjour, on se souvient ?" in ConsentRecord.objects.get().text


# Recognition


def test_a_signed_link_recognises_and_brings_the_anonymous_history(site, consented, lead):
    consented.view("/")
    response = recognise(consented, visitors.recognition_token(lead))
    assert response.status_code == 204
    visitor = Visitor.objects.get()
    assert (visitor.lead_id, visitor.level) == (lead.pk, Level.RECOGNISED)
    assert Lead.objects.count() == 1
    assert Event.objects.get(name=events.PAGE_VIEWED).lead_id == lead.pk
    assert Event.objects.get(name=events.LEAD_RECOGNISED).lead_id == lead.pk
    assert LeadTotals.objects.get().pk == lead.pk


def test_in_a_browser_never_seen_it_makes_a_visitor_of_the_lead(site, consented, lead):
    assert recognise(consented, visitors.recognition_token(lead)).status_code == 204
    assert Visitor.objects.get().lead_id == lead.pk
    assert Lead.objects.count() == 1
    consented.view("/")
    assert Event.objects.get(name=events.PAGE_VIEWED).lead_id == lead.pk


def test_recognition_waits_for_consent(site, browser, lead):
    token = visitors.recognition_token(lead)
    assert recognise(browser, token).status_code == 403
    assert not Visitor.objects.exists()
    browser.choose("deny")
    assert recognise(browser, token).status_code == 403


def test_tokens_end_after_fifteen_minutes(site, consented, lead):
    token = visitors.recognition_token(lead)
    with test_clock.shift(dt.timedelta(minutes=16)):
        assert recognise(consented, token).status_code == 400
    with test_clock.shift(dt.timedelta(minutes=14)):
        assert recognise(consented, token).status_code == 204


def test_forged_truncated_and_foreign_tokens_are_refused(site, consented, lead):
    good = visitors.recognition_token(lead)
    forged = signing.Signer(salt="other").sign_object({"l": lead.uuid.hex, "t": 1})
    odd = [
        signing.Signer(salt="wagtail_automation.tracking.recognise").sign_object(payload)
        for payload in ([], {}, {"l": "x", "t": 1}, {"l": lead.uuid.hex, "t": None}, "text")
    ]
    for bad in (good[:-1], good[1:], good + "x", "", "\x00", "a:b", ":", forged, "é" * 4000, *odd):
        assert recognise(consented, bad).status_code == 400
    assert not Visitor.objects.exists()


def test_a_merged_lead_is_recognised_as_its_survivor(site, consented, lead):
    other = known("grace@example.com")
    token = visitors.recognition_token(other)
    leads.merge(source=other, target=lead, now=clock.now(), reason="test")
    assert recognise(consented, token).status_code == 204
    assert Visitor.objects.get().lead_id == lead.pk


def test_recognition_never_joins_two_known_leads(site, consented, lead):
    other = known("grace@example.com")
    recognise(consented, visitors.recognition_token(lead))
    consented.view("/first/")
    before = consented.cookies["wa_visitor"].value
    assert recognise(consented, visitors.recognition_token(other)).status_code == 204
    assert consented.cookies["wa_visitor"].value != before
    consented.view("/second/")
    assert Lead.objects.count() == 2
    assert Event.objects.get(url="/first/").lead_id == lead.pk
    assert Event.objects.get(url="/second/").lead_id == other.pk
    assert Visitor.objects.get(lead=other).level == Level.RECOGNISED


def test_a_forwarded_link_does_not_displace_somebody_identified(site, consented, lead):
    other = known("grace@example.com")
    consented.view("/")
    actions.attach(visitor=Visitor.objects.get(), lead=lead, level=Level.IDENTIFIED)
    recognise(consented, visitors.recognition_token(other))
    visitor = Visitor.objects.get()
    assert (visitor.lead_id, visitor.level) == (lead.pk, Level.IDENTIFIED)


def test_the_level_never_falls(site, consented, lead):
    consented.view("/")
    visitor = actions.attach(visitor=Visitor.objects.get(), lead=lead, level=Level.IDENTIFIED)
    visitor = actions.attach(visitor=visitor, lead=lead, level=Level.RECOGNISED)
    assert visitor.level == Level.IDENTIFIED


def test_submitting_another_address_makes_another_person_of_the_browser(site, consented, lead):
    other = known("grace@example.com")
    consented.view("/")
    first = actions.attach(visitor=Visitor.objects.get(), lead=lead, level=Level.IDENTIFIED)
    second = actions.attach(visitor=first, lead=other, level=Level.IDENTIFIED)
    assert second.pk != first.pk
    first.refresh_from_db()
    assert (first.lead_id, second.lead_id) == (lead.pk, other.pk)


def test_remember_follows_the_ledger_unless_the_browser_refused(rf, site, lead):
    def request(**cookies):
        made = rf.get("/", headers={"user-agent": "Mozilla/5.0 Firefox"})
        made.COOKIES.update(cookies)
        return made

    assert visitors.remember(request(), lead, Level.RECOGNISED) is None
    assert visitors.remember(request(wa_consent="denied"), lead, Level.RECOGNISED, consented=True) is None
    assert not Visitor.objects.exists()
    assert visitors.remember(request(), lead, Level.RECOGNISED, consented=True).lead_id == lead.pk


# Links


def test_a_tracked_link_redirects_and_notes_the_click(site, consented):
    consented.view("/")
    link = actions.link_for(url="https://example.org/book?x=1")
    assert actions.link_for(url="https://example.org/book?x=1").pk == link.pk
    response = consented.get(links.redirect_path(link))
    assert (response.status_code, response["Location"]) == (302, "https://example.org/book?x=1")
    click = Event.objects.get(name=events.LINK_CLICKED)
    assert (click.object_kind, click.object_key, click.human) == (4, link.uuid, True)
    assert "Firefox" in click.data["agent"]["ua"]
    assert consented.head(links.redirect_path(link)).status_code == 302
    assert Event.objects.filter(name=events.LINK_CLICKED).count() == 1


def test_without_consent_a_link_only_redirects(site, browser):
    link = actions.link_for(url="https://example.org/")
    response = browser.get(links.redirect_path(link))
    assert response.status_code == 302
    assert not response.cookies
    assert not Event.objects.exists()


def test_no_open_redirect(site, browser):
    link = actions.link_for(url="https://example.org/")
    good = links.token_of(link)
    for bad in (
        good[:-1],
        good[2:],
        "https://evil.example",
        "evil.example",
        link.uuid.hex,
        f"{link.uuid.hex}:x",
    ):
        assert browser.get(f"/automation/go/{bad}/").status_code == 404
    link.delete()
    assert browser.get(f"/automation/go/{good}/").status_code == 404
    for url in (
        "javascript:alert(1)",
        "data:text/html,x",
        "/relative",
        "//host",
        "http://",
        "ftp://x",
        "https://a\\@b",
    ):
        with pytest.raises(ValueError, match="http"):
            actions.link_for(url=url)
