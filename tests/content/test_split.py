"""A/B inside one page: sticky, counted only for those who agreed, decided for everybody."""

import json

import pytest
from bs4 import BeautifulSoup
from django.core.exceptions import ValidationError
from django.urls import reverse

from tests.content.conftest import BROWSER, one_block
from tests.content.test_landing import hero, items, make_landing, marketer  # noqa: F401  fixtures
from wagtail_automation import clock
from wagtail_automation.audiences.experiments import actions as experiments
from wagtail_automation.audiences.experiments.models import Experiment, ExperimentExposure, ExperimentOutcome
from wagtail_automation.content.landing import ready_made, split
from wagtail_automation.content.models import FormSubmission

pytestmark = pytest.mark.django_db
SAME = {"sec-fetch-site": "same-origin", "user-agent": BROWSER}


def test_block(*texts, metric="form", goal=None):
    value = {
        "variants": items(*({"name": f"V{text}", "content": [hero(text)]} for text in texts)),
        "metric": metric,
        "goal": goal,
    }
    return one_block("split", value)


test_block.__test__ = False


@pytest.fixture
def page(make_landing, form):
    """A published page with a test of two headings above a form."""
    page = make_landing(
        [test_block("Alpha", "Beta"), one_block("form", {"heading": "", "text": "", "form": form.pk})]
    )
    page.save_revision().publish()
    page.refresh_from_db()
    return page


def heading(client):
    return BeautifulSoup(client.get("/start/").content, "html.parser").h1.get_text(strip=True)


def fetched(who, page):
    return who.get(reverse("wagtail_automation_content:fragments", args=[page.pk])).json()


def report(who, token, what="seen"):
    url = reverse("wagtail_automation_content:shown")
    body = json.dumps({"events": [[token, what]]})
    assert who.post(url, body, content_type="text/plain", headers=SAME).status_code == 204


@pytest.fixture
def of_variant(make_visitor):
    """``of_variant(page, "Beta")``: a browser that sees that variant, found by its lead's bucket."""

    def find(page, text):
        experiment = split.of_page(page).get()
        while True:
            who, lead = make_visitor("anonymous")
            if experiment.variants.get(key=experiments.variant_of(experiment, lead)).name == f"V{text}":
                return who, lead

    return find


def test_publishing_begins_an_experiment_and_again_changes_nothing(page):
    experiment = split.of_page(page).get()
    assert [one.name for one in experiment.variants.all()] == ["VAlpha", "VBeta"]
    assert (experiment.metric, experiment.name) == ("form", "Start")
    page.save_revision().publish()
    assert Experiment.objects.get() == experiment


def test_without_consent_everybody_sees_the_first_and_nothing_is_counted(client, page):
    response = client.get("/start/")
    assert not response.cookies
    assert heading(client) == "Alpha"
    assert fetched(client, page) == {"fragments": {}}
    assert not ExperimentExposure.objects.exists()


def test_each_visitor_sees_one_and_always_the_same(page, of_variant):
    for text in ("Alpha", "Beta"):
        who, lead = of_variant(page, text)
        for _time in range(2):
            (part,) = fetched(who, page)["fragments"].values()
            assert BeautifulSoup(part["html"], "html.parser").h1.get_text(strip=True) == text
        assert not ExperimentExposure.objects.filter(lead=lead).exists()  # asked for, not seen yet
        (token,) = fetched(who, page)["shown"].values()
        report(who, token)
        report(who, token)
        assert ExperimentExposure.objects.get(lead=lead).variant.name == f"V{text}"


def test_a_form_of_the_page_counts_for_who_saw_it(page, form, of_variant):
    who, lead = of_variant(page, "Beta")
    stranger, _other = of_variant(page, "Alpha")  # sends without having seen
    (token,) = fetched(who, page)["shown"].values()
    report(who, token)
    for browser, email in ((who, "a@example.com"), (stranger, "b@example.com")):
        soup = BeautifulSoup(browser.get("/start/").content, "html.parser")
        data = {one["name"]: one.get("value", "") for one in soup.select(".wa-form input[type=hidden]")}
        data |= {"f-first_name": "Ann", "f-email": email}
        action = soup.select_one(".wa-form form")["action"]
        assert browser.post(action, data, headers={"Origin": "http://testserver"}).status_code == 303
    assert FormSubmission.objects.count() == 2
    assert [row.lead_id for row in ExperimentOutcome.objects.all()] == [lead.pk]


def test_clicks(make_landing, of_variant):
    page = make_landing([test_block("Alpha", "Beta", metric="click")])
    page.save_revision().publish()
    who, lead = of_variant(page, "Alpha")
    (token,) = fetched(who, page)["shown"].values()
    report(who, token, "clicked")
    assert ExperimentOutcome.objects.get().lead == lead
    report(who, token + "x", "clicked")
    other, _lead = of_variant(page, "Beta")
    report(other, token, "clicked")  # somebody else's token
    assert ExperimentOutcome.objects.count() == 1


def test_the_winner_is_for_everybody(client, page, of_variant):
    who, _lead = of_variant(page, "Alpha")
    experiment = split.of_page(page).get()
    winner = experiment.variants.get(name="VBeta")
    experiments.decide(experiment=experiment, key=winner.key, now=clock.now())
    assert heading(client) == "Beta"
    assert fetched(who, page)["fragments"] == {}


def test_on_the_server(page, of_variant, settings):
    settings.WAGTAIL_AUTOMATION = {**settings.WAGTAIL_AUTOMATION, "PERSONALISE": "server"}
    who, lead = of_variant(page, "Beta")
    assert heading(who) == "Beta"
    assert not ExperimentExposure.objects.exists()  # given out, not seen yet: a page view writes nothing here
    soup = BeautifulSoup(who.get("/start/").content, "html.parser")
    report(who, soup.select_one("[data-wa-seen]")["data-wa-seen"])
    assert ExperimentExposure.objects.get().lead == lead


def test_previews_and_results(client, page, marketer):
    assert [str(label) for key, label in page.preview_modes if "alternative" in key] == ["VAlpha", "VBeta"]
    html = client.get(reverse("wagtail_automation_landing_results", args=[page.pk])).content.decode()
    assert reverse("wagtail_automation_experiment:results", args=[split.of_page(page).get().pk]) in html


def test_who_sees_which_variant_and_where_its_figures_are(client, admin_user, page, of_variant):
    _who, lead = of_variant(page, "Beta")
    client.force_login(admin_user)
    results = reverse("wagtail_automation_experiment:results", args=[split.of_page(page).get().pk])
    places = client.get(reverse("wagtail_automation_places")).content.decode()
    assert results in places and "A/B test" in places
    url = reverse("wagtail_automation_why_page", args=[page.pk])
    why = BeautifulSoup(client.get(url, {"lead": lead.pk}).content, "html.parser")
    part = why.select_one(".wa-why__place")
    assert part.select_one("h2 a")["href"] == results and "Drawn by lot" in part.get_text()
    (seen,) = [one for one in part.select("h3") if "sees this" in one.get_text()]
    assert "VBeta" in seen.get_text() and "matches no rule" not in part.get_text()
    bare = client.get(url).content.decode()
    assert "VAlpha" in bare and "sees this" not in bare


@pytest.mark.parametrize("number", [0, 1, 11])
def test_two_to_ten_variants(number, make_landing):
    block = ready_made.SplitSection()
    raw = test_block(*map(str, range(number)))["value"]
    with pytest.raises(ValidationError):
        block.clean(block.to_python(raw))
    page = make_landing([test_block(*map(str, range(number)))])
    split.set_up(page)  # a draft that got published all the same breaks nothing
    assert not Experiment.objects.exists()
    assert page.get_url()
