"""Surveys: asked on pages, answered by one click in an email, counted, and shown in the admin."""

import datetime as dt
import json
import re
import uuid

import pytest
from django.contrib.auth.models import Permission, User
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse

from tests import browsers
from tests.content.conftest import BROWSER, one_block
from wagtail_automation import clock, liquid
from wagtail_automation.content.models import Survey, SurveyAnswer
from wagtail_automation.content.surveys import actions, kinds, tokens
from wagtail_automation.content.surveys.results import nps_of, results
from wagtail_automation.leads.merging import merge
from wagtail_automation.leads.models import Lead
from wagtail_automation.messaging.compiler import compile_email
from wagtail_automation.messaging.models import Email
from wagtail_automation.testing import clock as test_clock
from wagtail_automation.tracking.models import Event

pytestmark = pytest.mark.django_db

ROBOT = "Mozilla/5.0 (compatible; SafeLinksBot/1.0)"


def question(kind, words, key, **more):
    return {"type": kind, "id": str(uuid.uuid4()), "value": {"question": words, "answer_key": key, **more}}


@pytest.fixture
def survey(english):
    def make(*questions, **fields):
        asked = questions or (
            question("nps", "Recommend <us>?", "nps", required=True),
            question("text", "Why?", "why"),
        )
        links = [{"type": "link", "value": {"label": "Review us", "address": "https://reviews.example/"}}]
        return Survey.objects.create(
            name=fields.pop("name", "Opinion"),
            locale=english,
            questions=list(asked),
            review_links=links,
            thank_you_text="<p>You are kind.</p>",
            **fields,
        )

    return make


@pytest.fixture
def lead(db):
    return Lead.objects.create(status="known", email="ada@example.com", first_name="Ada")


def link(survey, number, lead):
    return reverse("wagtail_automation_content:survey_answer", args=[survey.uuid, number, tokens.make(lead)])


def send(url, client=None, headers=None, **data):
    sent = {"User-Agent": BROWSER, "Sec-Fetch-Site": "same-origin", **(headers or {})}
    return (client or Client()).post(url, data, headers=sent)


def said(**more):
    return list(SurveyAnswer.objects.filter(**more).order_by("pk").values_list("question", "number", "text"))


def test_following_a_link_answers_nothing_and_sending_the_page_does(survey, lead):
    opinion = survey()
    url = link(opinion, 9, lead)
    for agent in (BROWSER, ROBOT):
        page = Client().get(url, headers={"User-Agent": agent})
        assert page.status_code == 200 and "no-store" in page["Cache-Control"]
        assert 'value="9" checked' in page.content.decode()
        assert "Recommend &lt;us&gt;?" in page.content.decode() and "Ada" not in page.content.decode()
    Client().head(url)
    assert said() == []
    answer = send(url, **{"q-nps": "9", "auto": "1", "asked": "nps why"})
    assert said(lead=lead) == [("nps", 9, "")]
    page = answer.content.decode()
    assert "Why?" in page and "Recommend" not in page, "the rest is asked next"
    response = re.search(r'name="response" value="([^"]+)"', page)[1]
    thanks = send(url, **{"q-why": "Because", "asked": "why", "response": response, "content": "1"})
    assert said(lead=lead) == [("nps", 9, ""), ("why", None, "Because")]
    assert "You are kind" in thanks.content.decode() and "https://reviews.example/" in thanks.content.decode()
    assert set(SurveyAnswer.objects.values_list("channel", flat=True)) == {"email"}
    assert Event.objects.filter(name="survey_answered", lead=lead).count() == 2


def test_programs_do_not_answer_even_by_sending(survey, lead):
    opinion = survey()
    url = link(opinion, 9, lead)
    send(url, headers={"User-Agent": ROBOT}, **{"q-nps": "9"})
    send(url, **{"q-nps": "9", "website": "spam"})
    assert send(url, headers={"Sec-Fetch-Site": "cross-site"}, **{"q-nps": "9"}).status_code == 403
    assert said() == []


def test_a_second_click_changes_the_answer_and_a_month_later_gives_another(survey, lead):
    opinion, now = survey(), clock.now()
    with test_clock.freeze(now):
        send(link(opinion, 9, lead), **{"q-nps": "9"})
        send(link(opinion, 3, lead), **{"q-nps": "3"})
        send(link(opinion, 3, lead), **{"q-nps": "3"})
    assert said() == [("nps", 3, "")]
    assert Event.objects.filter(name="survey_answered").count() == 2
    with test_clock.freeze(now + dt.timedelta(days=30)):
        send(link(opinion, 10, lead), **{"q-nps": "10"})
    assert said(is_latest=True) == [("nps", 10, "")] and len(said()) == 2


@pytest.mark.parametrize("token", ["x", "", "a" * 32 + "~" + "b" * 27, "%00", "0" * 600, "../../admin"])
def test_nobody_answers_for_somebody_else(survey, token):
    opinion = survey()
    url = f"/automation/surveys/{opinion.uuid}/9/{token}/"
    assert Client().get(url).status_code == 404
    assert send(url, **{"q-nps": "9"}).status_code == 404
    assert said() == []


def test_a_merged_lead_answers_as_its_survivor(survey, lead):
    opinion, survivor = survey(), Lead.objects.create(status="known")
    url = link(opinion, 9, lead)
    actions.answer(survey=opinion, answers={"nps": (2, "")}, lead=lead, now=clock.now())
    later = clock.now() + dt.timedelta(days=3)
    actions.answer(survey=opinion, answers={"nps": (7, "")}, lead=survivor, now=later)
    merge(source=lead, target=survivor, now=later, reason="test")
    assert said(lead=survivor, is_latest=True) == [("nps", 7, "")]
    with test_clock.freeze(later + dt.timedelta(days=9)):
        send(url, **{"q-nps": "9"})
    assert SurveyAnswer.objects.filter(lead=survivor).count() == 3


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        ({"q-nps": "11", "asked": "nps"}, "Choose one of the answers"),
        ({"q-nps": "-1", "asked": "nps"}, "Choose one of the answers"),
        ({"q-nps": "9; DROP", "asked": "nps"}, "Choose one of the answers"),
        ({"asked": "nps why", "q-why": "<script>"}, "Please answer this question"),
    ],
)
def test_bad_answers_are_asked_again(survey, lead, data, problem):
    page = send(link(survey(), 9, lead), **data)
    assert page.status_code == 422 and problem in page.content.decode()
    assert "<script>" not in page.content.decode().split("</head>")[1]
    assert said() == []


def test_long_and_odd_answers_are_kept_within_bounds(survey, lead):
    opinion = survey()
    send(
        link(opinion, 9, lead),
        **{"q-nps": "9", "q-why": "x" * 20_000 + "\x00", "q-unknown": "1", "response": "no"},
    )
    assert [len(text) for _key, _number, text in said()] == [0, 5000]


def test_a_closed_survey_takes_no_answers(survey, lead):
    opinion = survey(is_closed=True)
    assert "closed" in Client().get(link(opinion, 9, lead)).content.decode()
    assert "closed" in send(link(opinion, 9, lead), **{"q-nps": "9"}).content.decode()
    assert said() == []
    assert Client().get(f"/automation/surveys/{uuid.uuid4()}/").status_code == 404


def test_on_a_page_of_the_site(survey, make_page, make_visitor):
    opinion = survey()
    make_page([one_block("survey", opinion.pk)])
    known, lead = make_visitor()
    pages = [who.get("/personal/") for who in (known, Client())]
    assert pages[0].content == pages[1].content and not pages[0].cookies
    action = re.search(r'<form id="wa-survey[^>]* action="([^"]+)"', pages[0].content.decode())[1]
    send(action, known, **{"q-nps": "8", "asked": "nps why"})
    send(action, **{"q-nps": "2", "asked": "nps why"})
    assert said(lead=lead) == [("nps", 8, "")]
    assert said(lead=None) == [("nps", 2, "")]
    assert Event.objects.filter(name="survey_answered").count() == 1


def test_a_stranger_does_not_change_the_response_of_another(survey, lead):
    opinion = survey()
    mine = actions.answer(survey=opinion, answers={"nps": (9, "")}, lead=lead, now=clock.now())
    send(f"/automation/surveys/{opinion.uuid}/", **{"q-nps": "0", "response": str(mine)})
    assert said(lead=lead) == [("nps", 9, "")] and said(lead=None) == [("nps", 0, "")]


@pytest.mark.parametrize(
    ("kind", "more", "best", "others"),
    [
        ("nps", {}, [9, 10], [0, 6, 8]),
        ("csat", {}, [4, 5], [1, 3]),
        ("stars", {}, [4, 5], [1, 3]),
        ("scale", {"steps": 3}, [3], [1, 2]),
    ],
)
def test_only_the_content_are_asked_for_a_review(survey, lead, kind, more, best, others):
    opinion = survey(question(kind, "How?", "how", **more))
    for number in [*best, *others]:
        page = send(link(opinion, number, lead), **{"q-how": str(number)}).content.decode()
        assert ("reviews.example" in page) is (number in best), number


def test_results(survey, django_assert_num_queries):
    opinion = survey(
        question("nps", "N?", "nps"), question("stars", "S?", "stars"), question("text", "T?", "t")
    )
    start = dt.datetime(2026, 1, 15, 12, tzinfo=dt.UTC)
    for month, number in ((0, 10), (0, 9), (0, 7), (1, 0), (1, 10)):
        person = Lead.objects.create()
        at = start + dt.timedelta(days=31 * month)
        actions.answer(
            survey=opinion,
            answers={"nps": (number, ""), "stars": (4, ""), "t": (None, "hm")},
            lead=person,
            now=at,
        )
    with django_assert_num_queries(2):
        nps, stars, text = results(opinion)
    assert (nps.people, nps.nps, nps.average) == (5, 40.0, 7.2)
    assert [(month.month, people, round(value)) for month, people, value in nps.trend] == [
        (2, 2, 0),
        (1, 3, 67),
    ]
    assert nps.rows[10] == ("10", 2) and (stars.average, text.people) == (4.0, 5)
    assert nps_of(0, 0, 0) is None


def test_the_trend_is_drawn_from_its_table(client, admin_user, survey, lead):
    opinion = survey(question("nps", "N?", "nps"), question("stars", "S?", "stars"))
    for month, number, stars in ((1, 10, 5), (2, 0, 4), (2, 0, 5)):
        at = dt.datetime(2026, month, 15, 12, tzinfo=dt.UTC)
        said = {"nps": (number, ""), "stars": (stars, "")}
        actions.answer(survey=opinion, answers=said, lead=Lead.objects.create(), now=at)
    client.force_login(admin_user)
    page = client.get(reverse("wagtail_automation_survey_results", args=[opinion.pk])).content.decode()
    drawn = re.findall(r'data-label="([^"]+)" data-value="([^"]+)"', page)
    # bars of people as whole numbers; then the result of each month, newest first, negative and with decimals
    assert [row for row in drawn if "2026" in row[0]] == [
        ("February 2026", "-100.00"), ("January 2026", "100.00"),
        ("February 2026", "4.50"), ("January 2026", "5.00"),
    ]  # fmt: skip
    assert ("10", "1") in drawn and page.count('data-wa-chart-kind-value="line"') == 2
    assert "−100" in page and "+100" in page and "NPS, month by month" in page


def test_a_kind_of_question_is_one_class(survey, lead):
    class YesNo(kinds.QuestionBlock):
        key = "yes_no"

        class Meta:
            label = "Yes or no"

        def numbers(self, value):
            return [(0, "No"), (1, "Yes")]

    with kinds.question_kinds.temporarily(YesNo):
        opinion = survey(question("yes_no", "Really?", "really"))
        send(link(opinion, 1, lead), **{"q-really": "1"})
        assert said() == [("really", 1, "")]
    opinion = Survey.objects.get(pk=opinion.pk)
    assert opinion.asked() == [] and Client().get(link(opinion, 1, lead)).status_code == 200
    opinion.save()
    stream = Survey._meta.get_field("questions").stream_block
    assert stream.get_prep_value(Survey.objects.get(pk=opinion.pk).questions)[0]["type"] == "yes_no"


def test_the_block_in_an_email_has_a_link_for_each_answer(survey, lead, site):
    opinion = survey()
    email = Email(name="Ask", subject="Ask", locale=opinion.locale)
    raw = [{"type": "survey", "id": str(uuid.uuid4()), "value": {"survey": opinion.pk}}]
    email.body = Email._meta.get_field("body").stream_block.to_python(raw)
    from wagtail_automation.messaging.models import EmailSettings

    compiled = compile_email(email, site=site, settings=EmailSettings.for_site(site))
    token = liquid.contexts([lead], ["survey"])[lead.pk]["survey"]["token"]
    html = compiled.html.replace("{{ survey.token }}", token)
    links = re.findall(r'href="(http[^"]+/surveys/[^"]+)"', html)
    assert len(links) == 11 and "Recommend &lt;us&gt;?" in html
    path = links[9].partition("//")[2].partition("/")[2]
    assert 'value="9" checked' in Client().get(f"/{path}").content.decode()
    assert compiled.text.count("/surveys/") == 11


def test_in_the_admin(client, admin_user, survey, lead, django_assert_max_num_queries):
    opinion = survey()
    actions.answer(
        survey=opinion, answers={"nps": (9, ""), "why": (None, "<b>So nice")}, lead=lead, now=clock.now()
    )
    client.force_login(admin_user)
    base = "wagtailsnippets_wagtail_automation_content_survey"
    assert "Opinion" in client.get(reverse(f"{base}:list")).content.decode()
    assert client.get(reverse(f"{base}:add")).status_code == 200
    assert client.get(reverse(f"{base}:edit", args=[opinion.pk])).status_code == 200
    page = client.get(reverse("wagtail_automation_survey_results", args=[opinion.pk])).content.decode()
    assert "+100" in page and "&lt;b&gt;So nice" in page and "Ada" in page
    assert (
        "&lt;b&gt;So nice"
        in client.get(reverse("wagtail_automation_lead:inspect", args=[lead.pk])).content.decode()
    )


def test_words_of_foreign_leads_are_not_shown(client, survey, lead):
    other = User.objects.create_user("other")
    lead.owner = other
    lead.save()
    opinion = survey()
    actions.answer(
        survey=opinion, answers={"nps": (9, ""), "why": (None, "Zzyzx")}, lead=lead, now=clock.now()
    )
    seller = User.objects.create_user("seller")
    for name in ("access_admin", "view_surveyanswer", "view_lead"):
        seller.user_permissions.add(Permission.objects.get(codename=name))
    client.force_login(seller)
    results_url = reverse("wagtail_automation_survey_results", args=[opinion.pk])
    page = client.get(results_url)
    assert page.status_code == 200 and "Zzyzx" not in page.content.decode()
    client.force_login(other)
    assert client.get(reverse("wagtail_automation_survey_results", args=[opinion.pk])).status_code in (
        302,
        403,
    )


@pytest.mark.parametrize(
    "value",
    [
        {"question": "", "operator": "is", "value": "1"},
        {"question": "nps", "operator": "at_least", "value": "many"},
        {"question": "nps", "operator": "at_most", "value": "9" * 30},
        {"question": "why", "operator": "contains", "value": ""},
    ],
)
def test_conditions_that_cannot_be_meant(survey, value):
    from wagtail_automation.content.surveys.conditions import SurveyAnswered

    block = SurveyAnswered()
    with pytest.raises(ValidationError):
        block.clean(block.to_python({"survey": survey().pk, **value}))


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("script", [True, False])
def test_one_click_in_a_browser(chromium_path, live_server, site, survey, lead, script):
    opinion = survey()
    browser = browsers.shared(chromium_path)
    try:
        context = browser.new_context(java_script_enabled=script, user_agent=BROWSER)
        page = context.new_page()
        page.goto(live_server.url + link(opinion, 10, lead))
        if script:
            page.wait_for_function("!document.querySelector('[name=q-nps]')")
            assert said() == [("nps", 10, "")]
        else:
            assert said() == []
        page.get_by_label("Why?").fill("Good wood")
        page.get_by_role("button", name="Send").click()
        page.get_by_role("link", name="Review us").wait_for()
        assert context.cookies() == []
    finally:
        browsers.close_contexts()
    assert said(lead=lead) == [("nps", 10, ""), ("why", None, "Good wood")]
    assert json.dumps(said())
