"""A form on a page: no cookie, no script needed, nothing lost, everything in one transaction."""

import pytest
from django.test import Client

from wagtail_automation.content.models import FormSubmission
from wagtail_automation.leads.models import ConsentRecord, Lead
from wagtail_automation.testing import clock as test_clock
from wagtail_automation.tracking.models import Event

pytestmark = pytest.mark.django_db

GOOD = {"first_name": "Élodie", "email": "Elodie@Example.com", "message": "Hello"}


def test_page_with_a_form_sets_no_cookie_and_may_be_cached(client, landing):
    response = client.get("/landing/")
    assert response.status_code == 200
    assert not response.cookies
    assert "Cookie" not in response.get("Vary", "")
    assert "private" not in response.get("Cache-Control", "")


def test_submission_makes_a_known_lead_with_consent_and_event(client, landing, form, read_form):
    response = read_form().send(**GOOD, news="on")
    assert response.status_code == 303
    assert response.url.startswith("/landing/?wa_thanks=")
    submission = FormSubmission.objects.get()
    assert submission.data == {
        "first_name": "Élodie",
        "email": "elodie@example.com",
        "message": "Hello",
        "news": True,
        "origin": "tests",
        "source": "",
    }
    lead = Lead.objects.get()
    assert (lead.status, lead.email, lead.first_name) == ("known", "elodie@example.com", "Élodie")
    record = ConsentRecord.objects.get(subject="email")
    assert (record.lead, record.granted, record.text) == (lead, True, "I would like to receive emails.")
    event = Event.objects.get(name="form_submitted")
    assert (event.lead_id, event.object_kind, event.object_key) == (lead.pk, 3, form.translation_key)
    thanks = client.get(response.url.split("#")[0])
    assert b"Thanks a lot!" in thanks.content
    assert not thanks.cookies


def test_errors_show_the_page_again_with_values_kept(landing, read_form):
    response = read_form().send(first_name="", email="not an address", message="<b>Keep</b> me")
    assert response.status_code == 422
    html = response.content.decode()
    assert "<h1>Landing</h1>" in html
    assert "&lt;b&gt;Keep&lt;/b&gt; me" in html
    assert 'value="not an address"' in html
    assert "no-store" in response["Cache-Control"]
    again = read_form()
    again.read(response)
    name = again.soup.select_one("[name=f-first_name]")
    assert name["aria-invalid"] == "true"
    assert name.has_attr("autofocus")
    described = name["aria-describedby"].split()
    assert any("required" in again.soup.find(id=one).get_text() for one in described)
    assert not FormSubmission.objects.exists()
    assert again.send(first_name="Zoé", email="zoe@example.com").status_code == 303


def test_the_same_answers_twice_are_one_submission(landing, read_form):
    reader = read_form()
    assert reader.send(**GOOD).status_code == 303
    assert reader.send(**GOOD).status_code == 303
    assert FormSubmission.objects.count() == 1
    assert Event.objects.filter(name="form_submitted").count() == 1
    # A page from a shared cache carries the same token to another person.
    assert reader.send(first_name="Ann", email="ann@example.com").status_code == 303
    assert FormSubmission.objects.count() == 2


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": ""},
        {"Origin": "http://testserver", "Sec-Fetch-Site": "cross-site"},
    ],
)
def test_other_sites_are_refused(landing, read_form, headers):
    response = read_form().send(headers, **GOOD)
    assert response.status_code == 403
    assert not FormSubmission.objects.exists()


def test_tampered_token_is_told_and_nothing_is_lost(landing, read_form):
    reader = read_form()
    reader.values["wa_token"] = reader.values["wa_token"][:-4] + "AAAA"
    response = reader.send(**GOOD)
    assert response.status_code == 422
    assert b"could not be verified" in response.content
    reader.read(response)
    assert reader.values["f-email"] == "Elodie@Example.com"
    assert reader.send().status_code == 303


@pytest.mark.parametrize("token", ["", "x", "x" * 10_000, "a:b:c"])
def test_no_token_is_a_clear_error(landing, read_form, token):
    reader = read_form()
    reader.values["wa_token"] = token
    assert reader.send(**GOOD).status_code == 422


def test_too_quick_too_old_and_the_trap(landing, read_form, settings):
    settings.WAGTAIL_AUTOMATION = {**settings.WAGTAIL_AUTOMATION, "FORM_MIN_SECONDS": 2, "FORM_MAX_AGE": 3600}
    reader = read_form()
    assert b"very quick" in reader.send(**GOOD).content
    import datetime as dt

    with test_clock.shift(dt.timedelta(seconds=3)):
        reader.values["wa_website"] = "http://spam.example"
        assert b"people cannot see" in reader.send(**GOOD).content
        reader.values["wa_website"] = ""
    with test_clock.shift(dt.timedelta(hours=2)):
        assert b"very long time" in reader.send(**GOOD).content
    with test_clock.shift(dt.timedelta(seconds=3)):
        assert reader.send(**GOOD).status_code == 303


def test_flood_is_slowed_down(landing, read_form, settings):
    settings.WAGTAIL_AUTOMATION = {**settings.WAGTAIL_AUTOMATION, "FORM_RATE": (3, 600)}
    reader = read_form()
    codes = [reader.send(first_name="A", email=f"a{n}@example.com").status_code for n in range(5)]
    assert codes == [303, 303, 303, 429, 429]
    assert FormSubmission.objects.count() == 3


BAD = "\x00\x07‮<script>alert(1)</script>\" onload='x'"


@pytest.mark.parametrize("key", ["first_name", "email", "message"])
def test_html_and_control_characters(landing, read_form, key):
    response = read_form().send(**{**GOOD, key: BAD})
    html = response.content.decode()
    assert response.status_code == 422
    assert "\x00" not in html
    assert "\x07" not in html
    assert "<script>alert" not in html
    assert not FormSubmission.objects.exists()


def test_markup_without_control_characters_is_text(landing, read_form):
    text = "<script>alert(1)</script>"
    assert read_form().send(first_name=text, email="a@example.com", message=text).status_code == 303
    assert FormSubmission.objects.get().data["message"] == text


@pytest.mark.parametrize(
    "email",
    ["x" * 300 + "@example.com", "a@" + "b" * 70 + ".com", "a@b", "a b@example.com", "@", "a@example.com\n"],
)
def test_bad_addresses(landing, read_form, email):
    response = read_form().send(first_name="A", email=email)
    if email.endswith("\n"):  # white space around an address is nobody's fault
        assert response.status_code == 303
        return
    assert response.status_code == 422
    assert not Lead.objects.exists()


def test_huge_answers_are_refused_at_their_field(landing, read_form):
    response = read_form().send(first_name="x" * 5000, email="a@example.com", message="y" * 20_000)
    assert response.status_code == 422
    assert response.content.count(b"wa-field--invalid") == 2


def test_unknown_and_missing_fields(landing, read_form, client):
    reader = read_form()
    assert reader.send(**GOOD, is_admin="1", origin="forged").status_code == 303
    data = FormSubmission.objects.get().data
    assert "is_admin" not in data
    assert data["origin"] == "tests"
    bare = client.post(reader.action, {}, headers={"Origin": "http://testserver"})
    assert bare.status_code == 422


def test_campaign_parameters_come_from_the_page_address(landing, read_form):
    referer = "http://testserver/landing/?utm_source=paper%00<b>"
    read_form().send({"Referer": referer}, **GOOD)
    assert FormSubmission.objects.get().data["source"] == "paper<b>"


def test_form_that_left_its_page_answers_on_its_own(landing, read_form):
    reader = read_form()
    landing.unpublish()
    response = reader.send(first_name="", email="")
    assert response.status_code == 422
    assert b"wa-field--invalid" in response.content
    assert b"Landing" not in response.content
    response = reader.send(**GOOD)
    assert response.status_code == 303
    assert b"Thanks a lot!" in Client().get(response.url.split("#")[0]).content


def test_another_page_id_cannot_redirect_elsewhere(landing, read_form):
    for page_id in ("999999", "-1", "9" * 40, "x", "//evil.example"):
        reader = read_form()
        reader.values["wa_page"] = page_id
        response = reader.send(first_name="A", email=f"a{abs(hash(page_id))}@example.com")
        assert response.status_code == 303
        assert response.url.startswith("/automation/forms/")
