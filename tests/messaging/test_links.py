"""Links of an email: each place apart, values in addresses; and text of others, in which no Liquid lives."""

import datetime as dt

import pytest
from bs4 import BeautifulSoup
from django.urls import reverse
from wagtail.models import Page

from tests.testapp.models import SimplePage
from wagtail_automation import clock
from wagtail_automation.messaging import compiler, preview, sender, targets, tokens
from wagtail_automation.messaging.delivery import clicks
from wagtail_automation.messaging.models import Email, EmailSettings, Message
from wagtail_automation.messaging.results.views import FRAME, STATISTICS
from wagtail_automation.tracking.models import Event, Link

from .bodies import compiled

pytestmark = pytest.mark.django_db

WITH_VALUES = "https://shop.example/for/{{ lead.city }}?who={{ lead.first_name }}&from=mail#top"


def button(url, label="Go"):
    return "button", {"label": label, "link": {"page": None, "url": url}}


@pytest.fixture
def page(site):
    return Page.objects.get(pk=site.root_page_id).add_child(
        instance=SimplePage(
            title="{{ lead.email }} & {% for %} {",
            slug="mill",
            search_description='Costs {{ 7 | times: 6 }} {% endif %} "x" </title>',
        )
    )


def click_url(message, number) -> str:
    return reverse("wagtail_automation_messaging:click", args=[tokens.make(tokens.CLICK, message.pk, number)])


def sent(email, people, queue):
    queue(email, *people)
    sender.send_due()
    Message.objects.update(sent_at=clock.now() - dt.timedelta(hours=1))
    return list(Message.objects.select_related("lead", "email_version", "site").order_by("lead_id"))


# -- places -----------------------------------------------------------------------------------------------


def test_two_links_to_one_address_are_told_apart_by_where_they_stand(
    make_email, make_lead, queue, smtp, marketer
):
    email = make_email(body=[button("https://x.org/a", "First"), button("https://x.org/a", "Second")])
    messages = sent(email, [make_lead(), make_lead()], queue)
    links = messages[0].email_version.links
    assert {link["label"] for link in links.values()} == {"First", "Second"}
    assert len({link["id"] for link in links.values()}) == 1, "one address in the statistics"
    second = next(int(name[5:]) for name, link in links.items() if link["label"] == "Second")
    for message in messages:
        marketer.get(click_url(message, second), headers={"user-agent": "Mozilla/5.0 Firefox/140.0"})
    html = marketer.get(reverse(FRAME, args=[email.pk]), {"clicks": "1"}).content.decode()
    drawn = {
        a.find(string=True, recursive=False).strip(): a.span["title"]
        for a in BeautifulSoup(html, "html.parser").find_all("a", href=lambda url: "#wa-link-" in (url or ""))
    }
    assert drawn == {"First": "0 people", "Second": "2 people"}
    rows = marketer.get(reverse(STATISTICS, args=[email.pk])).context["links"]
    assert [(row["url"], row["people"]) for row in rows] == [("https://x.org/a", 2)]


def test_clicks_of_an_earlier_version_stand_at_the_same_place(make_email, make_lead, queue, smtp, marketer):
    email = make_email(body=[button("https://x.org/a", "First"), button("https://x.org/a", "Second")])
    (message,) = sent(email, [make_lead()], queue)
    number = next(int(n[5:]) for n, one in message.email_version.links.items() if one["label"] == "Second")
    link = message.email_version.links[f"link_{number}"]
    clicks.note(message, number, link, human=True, data={}, now=clock.now())
    block = Email._meta.get_field("body").stream_block
    rows = [
        button("https://x.org/new", "Before"),
        button("https://x.org/a", "One"),
        button("https://x.org/a", "Two"),
    ]
    email.body = block.to_python([{"type": kind, "value": value} for kind, value in rows])
    email.save_revision().publish()
    html = marketer.get(reverse(FRAME, args=[email.pk]), {"clicks": "1"}).content.decode()
    drawn = BeautifulSoup(html, "html.parser").find_all("a", href=lambda url: "#wa-link-" in (url or ""))
    assert [a.span["title"] for a in drawn] == ["0 people", "0 people", "1 person"]


def test_the_text_part_uses_the_same_places_and_no_others(site, english):
    found = compiled(
        site,
        english,
        button("https://x.org/a", "First"),
        (
            "rich_text",
            {"text": '<p><a href="https://x.org/b">B</a> and <a href="https://x.org/a">again</a></p>'},
        ),
    )
    assert found.text.index("First:\n{{ link_1 }}") < found.text.index("again ({{ link_3 }})")
    assert found.links == {
        "link_1": ("https://x.org/a", "First"),
        "link_2": ("https://x.org/b", "B"),
        "link_3": ("https://x.org/a", "again"),
    }


def test_picture_title_and_button_of_one_page_are_one_address_for_a_fast_person(
    client, make_email, make_lead, queue, smtp, page
):
    email = make_email(body=[("page_teaser", {"page": page.pk}), button("https://x.org/a")])
    (message,) = sent(email, [make_lead()], queue)
    same = [int(name[5:]) for name, link in message.email_version.links.items() if "mill" in link["url"]]
    assert len(same) > 1
    for number in [*same, *same]:
        client.get(click_url(message, number), headers={"user-agent": "Mozilla/5.0 Firefox/140.0"})
    assert Event.objects.filter(name="email_clicked", human=True).exists()
    assert not Event.objects.filter(name="email_clicked", human=False).exists()


# -- values in addresses ----------------------------------------------------------------------------------


def test_a_link_with_values_is_tracked_and_leads_where_it_should(client, make_email, make_lead, queue, smtp):
    email = make_email(body=[button(WITH_VALUES)])
    people = [
        make_lead(first_name="Zoé & x=1", city="Le Puy/../../evil"),
        make_lead(first_name="Ann", city="Lyon"),
    ]
    first, second = sent(email, people, queue)
    html = smtp.messages[0].get_body(("html",)).get_content()
    assert "/for/" not in html and "Puy" not in html, "the address says neither where nor who"
    answer = client.get(click_url(first, 1), headers={"user-agent": "Mozilla/5.0 Firefox/140.0"})
    assert answer.status_code == 302
    assert answer["Location"].split("wa=")[0].rstrip("&") == (
        "https://shop.example/for/Le%20Puy%2F..%2F..%2Fevil?who=Zo%C3%A9+%26+x%3D1&from=mail#top"
    )
    client.get(click_url(second, 1), headers={"user-agent": "Mozilla/5.0 Firefox/140.0"})
    assert Link.objects.get(url__contains="shop.example").url == WITH_VALUES, "grouped by the template"
    events = Event.objects.filter(name="email_clicked")
    assert {event.url for event in events} == {WITH_VALUES} and events.count() == 2


def test_it_leads_on_when_the_values_were_emptied(monkeypatch, client, make_email, make_lead, queue, smtp):
    email = make_email(body=[button(WITH_VALUES)])
    (message,) = sent(email, [make_lead(first_name="Ann", city="Lyon")], queue)
    Message.objects.update(variables={})
    answer = client.get(click_url(message, 1), headers={"user-agent": "Googlebot"})
    assert answer["Location"] == "https://shop.example/for/Lyon?who=Ann&from=mail#top"
    monkeypatch.setattr("wagtail_automation.messaging.views.MAX_URL", 40)
    long = client.get(click_url(message, 1), headers={"user-agent": "Googlebot"})
    assert long["Location"] == "https://shop.example/for/?who=&from=mail#top", "never a page of errors"


@pytest.mark.parametrize(
    "value",
    [
        "//evil.example",
        "\\\\evil.example",
        "@evil.example",
        "x\r\nLocation: https://evil.example",
        "?#",
        "{{ 1 }}",
    ],
)
def test_no_value_leads_to_another_host(value):
    data = {"lead": {"code": value}}
    for template in (
        "https://x.org/{{ lead.code }}",
        "https://x.org/?r={{ lead.code }}",
        "https://x.org/#{{ lead.code }}",
    ):
        found = targets.fill(template, data)
        assert found.startswith("https://x.org/") and "\n" not in found and "\\" not in found
        assert (
            "evil.example" not in found
            or "%2F%2Fevil" in found
            or "%40evil" in found
            or "%5Cevil" in found
            or "%0A" in found
        )


def test_tags_and_encoded_values_are_left_alone():
    template = "https://x.org/a{% if lead.code != '' %}?r={{ lead.code | url_encode }}{% endif %}"
    assert targets.fill(template, {"lead": {"code": "a b"}}) == "https://x.org/a?r=a+b"
    assert targets.fill(template, {"lead": {"code": ""}}) == "https://x.org/a"


def test_a_forged_link_leads_nowhere(client, make_email, make_lead, queue, smtp):
    email = make_email(body=[button(WITH_VALUES)])
    (message,) = sent(email, [make_lead(city="Lyon", first_name="Ann")], queue)
    good = click_url(message, 1).rstrip("/")
    forged = f"{good[:-1]}{'A' if good[-1] != 'A' else 'B'}/"
    for bad in (forged, click_url(message, 7)):
        assert client.get(bad).status_code == 404
    answer = client.get(f"{good}/?to=https://evil.example&template=https://evil.example")
    assert answer["Location"].startswith("https://shop.example/for/Lyon")


def test_an_address_of_a_loop_is_sent_as_it_is(site, english):
    source = (
        "<mj-text>{% assign words = 'a,b' | split: ',' %}{% for word in words %}"
        '<a href="https://x.org/{{ word }}">{{ word }}</a>{% endfor %}'
        '<a href="https://x.org/?u={{ unsubscribe_url }}">u</a></mj-text>'
    )
    found = compiled(site, english, ("raw_mjml", {"source": source, "text": ""}))
    assert found.links == {} and 'href="https://x.org/{{ word }}"' in found.html


def test_an_unknown_value_in_an_address_is_refused(make_email, site, english):
    from django.core.exceptions import ValidationError

    with pytest.raises(ValidationError, match="not known"):
        make_email(body=[button("https://x.org/?r={{ lead.no_such_thing }}")])


def test_the_preview_and_transactional_emails_show_the_filled_address(make_email, make_lead, english):
    email = make_email(body=[button(WITH_VALUES)], publish=False)
    parts = preview.parts_for(email, make_lead(first_name="Ann B", city="Lyon"))
    assert 'href="https://shop.example/for/Lyon?who=Ann+B&amp;from=mail#top"' in parts.html


# -- text of others ---------------------------------------------------------------------------------------


def test_liquid_in_a_page_is_text(make_email, make_lead, queue, smtp, page):
    email = make_email(body=[("page_teaser", {"page": page.pk})])
    (message,) = sent(email, [make_lead("secret@example.com")], queue)
    mail = smtp.messages[0]
    html, text = (mail.get_body((kind,)).get_content() for kind in ("html", "plain"))
    shown = BeautifulSoup(html, "html.parser").get_text(" ")
    for part in (shown, text):
        assert "{{ lead.email }} & {% for %} {" in part
        assert 'Costs {{ 7 | times: 6 }} {% endif %} "x" </title>' in part
    assert "secret@example.com" not in html
    labels = {link["label"] for link in message.email_version.links.values()}
    assert "{{ lead.email }} & {% for %} {" in labels


def test_liquid_in_the_brand_is_text(site, english, make_lead):
    settings = EmailSettings(site=site, sender_name="A {{ lead.email }}", postal_address="{% if %} street")
    settings.social_profiles = EmailSettings._meta.get_field("social_profiles").stream_block.to_python(
        [
            {
                "type": "profile",
                "value": {"network": "other", "url": "https://x.org/", "name": "{{ lead.email }}"},
            }
        ]
    )
    found = compiled(site, english, ("social_links", {"text": "", "align": "left"}), settings=settings)
    from wagtail_automation import liquid

    for source in (found.html, found.text):
        assert "lead.email" not in liquid.parse(source).variables


@pytest.mark.parametrize("own_html", ["", "<p>Hello</p>"])
def test_the_subject_is_escaped_in_the_title(site, english, own_html):
    subject = "\"Q\" & A </title><script>alert(1)</script> {{ lead.first_name | default: 'x' }}"
    email = Email(name="x", subject=subject, locale=english, html=own_html)
    found = compiler.compile_email(email, site=site, settings=EmailSettings(site=site))
    assert "<script" not in found.html and found.html.lower().count("</title>") == 1
    title = BeautifulSoup(found.html, "html.parser").title.string
    assert title == "\"Q\" & A </title><script>alert(1)</script> {{ lead.first_name | default: 'x' }}"
    assert found.subject == subject


def test_a_value_in_the_subject_is_escaped_in_the_title(make_email, make_lead, queue, smtp):
    email = make_email(subject="Hello {{ lead.first_name }}")
    lead = make_lead()
    lead.first_name = "</title><script>alert(1)</script>"
    lead.save()
    sent(email, [lead], queue)
    html = smtp.messages[0].get_body(("html",)).get_content()
    assert "<script>" not in html and "Hello &lt;/title&gt;" in html
