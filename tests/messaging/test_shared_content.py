"""Shared content in emails: who gets what, what is counted, where it is used, who follows a change."""

import datetime as dt
import logging
import re
import uuid

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from wagtail_automation import clock
from wagtail_automation.audiences.dynamic import elsewhere
from wagtail_automation.audiences.models import DynamicContent
from wagtail_automation.campaigns import actions as campaigns
from wagtail_automation.campaigns.testing import publish
from wagtail_automation.content.models import Showing
from wagtail_automation.content.showing.results import results
from wagtail_automation.messaging import choosing, preview, sender, shared_content, tokens
from wagtail_automation.messaging.models import EmailVersion, Message
from wagtail_automation.testing import clock as test_clock
from wagtail_automation.tracking.models import Event

from .bodies import body_of, compiled, rule

pytestmark = pytest.mark.django_db

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
FRENCH = rule("language_is", {"languages": ["fr"]})
BOB = rule("field_equals", {"field": "first_name", "value": "Bob"})


def part(words, **more):
    value = {
        "heading": words,
        "text": f"<p>{words} text</p>",
        "label": "Go",
        "address": f"https://x.org/{words}",
    }
    return {**value, **more}


@pytest.fixture
def shared(english):
    """``shared([(rule, words)…])``: a published shared content; each alternative has a button of its own."""

    def make(alternatives=((FRENCH, "Paris"), (BOB, "Bobs")), fallback="Everybody", live=True, **fields):
        return DynamicContent.objects.create(
            name=fields.pop("name", "Banner"),
            locale=fields.pop("locale", english),
            live=live,
            alternatives=[
                {
                    "type": "alternative",
                    "id": str(uuid.uuid4()),
                    "value": {"name": f"For {words}", "rule": asked, "content": part(words)},
                }
                for asked, words in alternatives
            ],
            fallback=[{"type": "content", "value": part(fallback)}],
            **fields,
        )

    return make


def block(content):
    return "shared_dynamic", {"content": content.pk}


@pytest.fixture
def three(make_lead):
    return [
        make_lead("fr@example.com", language="fr"),
        make_lead("bob@example.com", language="en", first_name="Bob"),
        make_lead("ann@example.com", language="en", first_name="Ann"),
    ]


@pytest.fixture
def send(three, smtp):
    """Send an email to the three people through a published campaign; ``{address: email}``."""

    def send(email):
        run = publish(("do_email_send", {"email": email.pk, "spread": 0}))
        now = clock.now()
        campaigns.enroll(campaign=run.campaign, leads=[lead.pk for lead in three], since=now, now=now)
        run.walk()
        sender.send_due()
        return {str(mail["To"]): mail for mail in smtp.messages}

    return send


def words_in(mail, kind="html") -> set:
    text = mail.get_body((kind,)).get_content()
    return {word for word in ("Paris", "Bobs", "Everybody") if f"{word} text" in text}


def message_of(lead) -> Message:
    return Message.objects.select_related("lead", "email_version", "site").get(lead=lead)


def link_of(message, words) -> int:
    return next(int(n[5:]) for n, link in message.email_version.links.items() if link["url"].endswith(words))


def get(client, kind, message, number=None, after=3600, agent=FIREFOX):
    name = {tokens.CLICK: "click", tokens.OPEN: "open"}[kind]
    url = reverse(f"wagtail_automation_messaging:{name}", args=[tokens.make(kind, message.pk, number)])
    with test_clock.shift(dt.timedelta(seconds=after)):
        return client.get(url, headers={"user-agent": agent})


def test_each_gets_the_first_alternative_that_matches_by_a_campaign(make_email, shared, send):
    mails = send(make_email(body=[("heading", {"text": "Hello"}), block(shared())]))
    for kind in ("html", "plain"):
        assert words_in(mails["fr@example.com"], kind) == {"Paris"}
        assert words_in(mails["bob@example.com"], kind) == {"Bobs"}
        assert words_in(mails["ann@example.com"], kind) == {"Everybody"}


def test_it_is_decided_at_hand_over(make_email, shared, queue, three, smtp):
    email = make_email(body=[block(shared())])
    queue(email, *three)
    three[2].first_name = "Bob"
    three[2].save()
    sender.send_due()
    assert [words_in(mail) for mail in smtp.messages if mail["To"] == "ann@example.com"] == [{"Bobs"}]


def test_seen_and_clicked_are_counted_as_on_pages(make_email, shared, send, three, client):
    content = shared()
    send(
        make_email(
            body=[block(content), ("button", {"label": "b", "link": {"page": None, "url": "https://x.org/"}})]
        )
    )
    french, bob, ann = map(message_of, three)
    get(client, tokens.OPEN, french)
    get(client, tokens.OPEN, french)
    get(client, tokens.OPEN, ann)
    get(client, tokens.CLICK, bob, link_of(bob, "Bobs"))
    get(client, tokens.CLICK, ann, link_of(ann, "x.org/"))
    get(client, tokens.CLICK, french, link_of(french, "Bobs"))  # stands in another's email
    get(client, tokens.OPEN, bob, agent="GoogleImageProxy")
    names = [(child.id, child.value["name"]) for child in content.alternatives]
    found = {row.name: (row.people, row.clickers) for row in results(str(content.translation_key), names)}
    assert found["For Paris"] == (1, 0)
    assert found["For Bobs"] == (1, 1)
    assert found[str(results("x", [])[0].name)] == (1, 0)
    events = Event.objects.filter(name__in=("content_seen", "content_clicked"))
    assert {(event.lead_id, event.name, event.channel) for event in events} == {
        (three[0].pk, "content_seen", "email"),
        (three[1].pk, "content_seen", "email"),
        (three[1].pk, "content_clicked", "email"),
    }
    assert {event.object_key for event in events} == {content.translation_key}


def test_those_held_back_get_the_fallback_and_count_for_the_alternative(
    make_email, shared, make_lead, queue, smtp, client
):
    content = shared([(BOB, "Bobs")], holdout=50)
    people = [make_lead(first_name="Bob") for _n in range(48)]
    messages = queue(make_email(body=[block(content)]), *people)
    sender.send_due()
    got = {str(mail["To"]): words_in(mail) for mail in smtp.messages}
    held = {lead.pk for lead in people if got[lead.email] == {"Everybody"}}
    assert 0 < len(held) < len(people)
    for message in messages:
        get(client, tokens.OPEN, message)
    rows = Showing.objects.filter(key=str(content.translation_key))
    assert set(rows.filter(is_held_back=True).values_list("lead", flat=True)) == held
    assert set(rows.values_list("alternative", flat=True)) == {content.alternatives[0].id}
    assert not Event.objects.filter(name="content_seen", lead__in=held).exists()
    # the same person is held back in the preview
    lead = next(lead for lead in people if lead.pk in held)
    assert "Everybody text" in preview.parts_for(messages[0].email_version.email, lead).html


@pytest.mark.parametrize("how", ["delete", "unpublish"])
def test_a_content_that_is_gone_shows_the_fallback_and_is_told_once(make_email, shared, send, caplog, how):
    content = shared()
    email = make_email(body=[block(content)])
    if how == "delete":
        DynamicContent.objects.filter(pk=content.pk).delete()
    else:
        DynamicContent.objects.filter(pk=content.pk).update(live=False)
    choosing._told.discard(content.pk)
    with caplog.at_level(logging.WARNING, "wagtail_automation"):
        mails = send(email)
        choosing.choose([(email.versions.get(), 1)], clock.now())
    assert all(words_in(mail) == {"Everybody"} for mail in mails.values()) and len(mails) == 3
    told = [record for record in caplog.records if "shared dynamic content" in record.getMessage()]
    assert len(told) == 1


def test_what_is_not_published_cannot_be_published_in_an_email(make_email, shared):
    content = shared(live=False)
    body = body_of(block(content))
    with pytest.raises(ValidationError):
        body[0].block.clean(body[0].value)


def test_a_change_reaches_the_emails_that_show_it(
    make_email, shared, send, django_capture_on_commit_callbacks
):
    content = shared()
    used, other = make_email(body=[block(content)]), make_email()
    draft = make_email(body=[block(content)], publish=False)
    content.alternatives[0].value["content"]["text"].source = "<p>Paris text, and Lyon</p>"
    with django_capture_on_commit_callbacks(execute=True):
        content.save_revision().publish()
    assert used.versions.count() == 2 and other.versions.count() == 1 and not draft.versions.exists()
    assert used.versions.get(is_current=True).revision_id == used.live_revision_id
    assert "and Lyon" in send(used)["fr@example.com"].get_body(("html",)).get_content()


def test_what_waits_shows_what_is_published_at_hand_over(make_email, shared, three, queue, smtp):
    content = shared()
    email = make_email(body=[block(content)])
    waiting = queue(email, *three)
    content.fallback[0].value["text"].source = "<p>Corrected text</p>"
    content.save_revision().publish()
    assert shared_content.compile_anew(str(content.translation_key)) == "1 of 1"
    assert {row.email_version_id for row in Message.objects.all()} == {email.versions.get(is_current=True).pk}
    assert waiting[0].email_version_id != Message.objects.first().email_version_id
    sender.send_due()
    mails = {str(mail["To"]): mail for mail in smtp.messages}
    assert "Corrected text" in mails["ann@example.com"].get_body(("html",)).get_content()
    assert words_in(mails["fr@example.com"]) == {"Paris"} and len(mails) == 3
    sent = email.versions.get(is_current=True).pk
    shared_content.compile_anew(str(content.translation_key))
    assert set(Message.objects.values_list("email_version", flat=True)) == {sent}, "what is sent stays"


def test_what_waits_keeps_the_publication_of_its_email(make_email, shared, three, queue):
    content = shared()
    email = make_email(body=[block(content)])
    queue(email, *three)
    first = email.versions.get().pk
    email.preheader = "Another publication"
    email.save_revision().publish()
    shared_content.compile_anew(str(content.translation_key))
    assert set(Message.objects.values_list("email_version", flat=True)) == {first}


def test_a_second_subject_stays(make_email, shared, three, queue, make_newsletter):
    content = shared()
    email = make_email(body=[block(content)], subject="First")
    ann = queue(email, *three)[2]
    values = {f.name: getattr(ann.email_version, f.name) for f in EmailVersion._meta.concrete_fields}
    second = EmailVersion.objects.create(**{**values, "id": None, "subject": "Second", "is_current": False})
    newsletter = make_newsletter(email=email, version_b=second)
    Message.objects.filter(pk=ann.pk).update(email_version=second)
    content.fallback[0].value["text"].source = "<p>Corrected text</p>"
    content.save_revision().publish()
    shared_content.compile_anew(str(content.translation_key))
    ann.refresh_from_db()
    newsletter.refresh_from_db()
    assert ann.email_version.subject == "Second" and "Corrected text" in ann.email_version.html
    assert newsletter.version_b == ann.email_version != second and not ann.email_version.is_current
    others = Message.objects.exclude(pk=ann.pk).values_list("email_version__subject", flat=True)
    assert set(others) == {"First"}


def test_an_email_that_cannot_be_compiled_keeps_its_version(make_email, shared, caplog):
    content = shared()
    email = make_email(body=[block(content)])
    type(email).objects.filter(pk=email.pk).update(subject="")
    with caplog.at_level(logging.WARNING, "wagtail_automation"):
        assert shared_content.compile_anew(str(content.translation_key)) == "0 of 1"
    assert email.versions.filter(is_current=True).count() == 1
    assert "was not compiled anew" in caplog.text


def test_the_translation_of_the_content_is_shown(make_email, shared, french, site):
    content = shared()
    other = shared(
        [(FRENCH, "Bobs")], fallback="Everybody", locale=french, translation_key=content.translation_key
    )
    assert "Bobs text" in compiled(site, french, block(content)).html
    DynamicContent.objects.filter(pk=other.pk).update(live=False)
    assert "Paris text" in compiled(site, french, block(content)).html


def test_a_preview_for_each_alternative_and_as_a_lead(make_email, shared, three, marketer, client):
    dynamic = ("dynamic", {"alternatives": [], "fallback": []})
    email = make_email(body=[dynamic, block(shared())], publish=False)
    modes = {str(label): mode for mode, label in preview.modes(marketer.user, email)}
    for name, words in (("For Paris", "Paris"), ("For Bobs", "Bobs")):
        mode = modes[f"Alternative: {name}"]
        who, chosen = preview.person(mode, marketer.user), preview.alternative_of(mode)
        html = preview.parts_for(email, who, chosen=chosen).html
        assert f"{words} text" in html and "Everybody text" not in html
    assert "Paris text" in preview.parts_for(email, three[0]).html
    assert "Everybody text" in preview.parts_for(email, three[2]).html


def test_the_report_and_the_usage_page_name_the_email(make_email, shared, marketer, client):
    content = shared(name="Front banner")
    email = make_email(body=[block(content)], name="Spring letter")
    html = client.get(reverse("wagtail_automation_places")).content.decode()
    assert "Spring letter" in html and "Front banner" in html and "For Paris, For Bobs" in html
    usage = reverse(content.snippet_viewset.get_url_name("usage"), args=[content.pk])
    assert "Spring letter" in client.get(usage).content.decode()
    delete = reverse(content.snippet_viewset.get_url_name("delete"), args=[content.pk])
    client.post(delete)
    assert DynamicContent.objects.filter(pk=content.pk).exists(), "still in use"
    email.delete()
    assert "Spring letter" not in client.get(reverse("wagtail_automation_places")).content.decode()


def test_who_may_not_see_emails_does_not_see_them_in_the_report(make_email, shared):
    make_email(body=[block(shared())])
    assert elsewhere.uses(User.objects.create_user("nobody", "n@example.com", "x")) == []


def test_its_words_are_no_liquid_and_no_markup(make_email, shared, make_lead, queue, smtp):
    content = shared([(BOB, "{{ lead.email }}")], fallback="{% for %} <script>")
    queue(make_email(body=[block(content)]), make_lead("secret@example.com", first_name="Bob"), make_lead())
    sender.send_due()
    html = [mail.get_body(("html",)).get_content() for mail in smtp.messages]
    assert any("{{ lead.email }} text" in text for text in html)
    assert any("{% for %} &lt;script&gt;" in text for text in html)
    assert not any("secret@example.com" in re.sub(r'href="[^"]*"', "", text) for text in html)


def test_two_queries_a_batch_for_any_number(make_email, shared, make_lead, queue, smtp):
    email = make_email(body=[block(shared()), block(shared(name="Two"))])
    version = email.versions.get()
    few, many = [make_lead() for _n in range(2)], [make_lead() for _n in range(9)]
    counts = []
    for people in (few, many):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            choosing.choose({(version, lead.pk) for lead in people}, clock.now())
        counts.append(len(queries))
    assert counts[0] == counts[1] == 2


def test_the_editor_chooses_one(marketer, client, make_email, shared):
    email = make_email(body=[block(shared())], publish=False)
    html = client.get(reverse(email.snippet_viewset.get_url_name("edit"), args=[email.pk])).content.decode()
    assert "Shared dynamic content" in html
