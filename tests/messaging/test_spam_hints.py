"""Hints before publishing: phrases by which filters take a letter for spam, in the email's own language."""

import pytest

from wagtail_automation.messaging.writing import checks, spam

pytestmark = pytest.mark.django_db
PLAIN = [("rich_text", {"text": "<p>Hello {{ lead.first_name }}, the shop is open on Friday.</p>"})]


def hints(email) -> list[str]:
    return [one.text for one in checks.check_email(email) if "spam" in one.text.lower()]


def test_a_plain_letter_gets_none(make_email):
    assert hints(make_email(subject="Open on Friday", body=PLAIN)) == []


def test_phrases_of_subject_and_text_are_named_and_nothing_is_refused(make_email):
    body = [("rich_text", {"text": "<p>CLICK HERE for a free\u00a0gift, 100 % free.</p>"}), *PLAIN]
    email = make_email(subject="You won, {{ lead.first_name | default: 'winner' }}", body=body)
    assert email.live
    assert hints(email) == [
        "Filters may take this for spam: “you won”, “click here”, “free gift”, “100% free”"
    ]
    found = [one for one in checks.check_email(email) if "spam" in one.text]
    assert {one.level for one in found} == {checks.WARNING}


def test_each_language_has_its_own(make_email, french):
    body = [
        ("rich_text", {"text": "<p>Offre limitée\u202f: cliquez ici, c’est sans engagement. Click here.</p>"})
    ]
    email = make_email(subject="Félicitations", body=body, locale=french)
    (hint,) = hints(email)
    assert hint.endswith("“félicitations”, “offre limitée”, “cliquez ici”, “sans engagement”")


@pytest.mark.parametrize(
    ("subject", "is_loud"),
    [
        ("OPEN ON FRIDAY", True),
        ("Open on Friday!!", True),
        ("ÉTÉ À LA FERME", True),
        ("Open on Friday!", False),
        ("RSVP", False),
        ("NASA and the BBC", False),
        ("{{ lead.first_name }}", False),
        ("", False),
    ],
)
def test_loud_subjects(subject, is_loud):
    assert spam.shouts(checks.LIQUID.sub("", subject)) is is_loud


def test_parts_of_words_and_unknown_languages_are_no_hint():
    assert spam.phrases_in("The winners were urgently cheaper", "en") == []
    assert spam.phrases_in("Click here", "de") == []
    assert spam.phrases_in("Click here", "en-GB") == ["click here"]
    assert all(spam.phrases_in(phrase, code) for code, list_ in spam.PHRASES.items() for phrase in list_)


def test_a_long_text_is_no_trouble():
    text = "a" * 200_000 + " click " * 20_000
    assert spam.phrases_in(text, "en") == []
