"""Ready-made designs: what a new email may begin with, in the site's own look and the email's language."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy


@dataclass(frozen=True)
class Design:
    """``content()`` gives ``(subject, preview text, [(block key, value), …])`` in the active language."""

    key: str
    label: str | Promise
    description: str | Promise
    content: Callable[[], tuple]
    is_transactional: bool = False

    def rows(self) -> list[dict]:
        """The body as stored, with ids of its own."""
        return [{"type": kind, "value": value, "id": str(uuid.uuid4())} for kind, value in self.content()[2]]


def _link(url: str = "") -> dict:
    return {"page": None, "url": url}


def _text(*paragraphs: str) -> tuple[str, dict]:
    return "rich_text", {"text": "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)}


def _heading(text: str, level: str = "h1") -> tuple[str, dict]:
    return "heading", {"text": text, "level": level}


def _button(label: str) -> tuple[str, dict]:
    return "button", {"label": label, "link": _link("/")}


def _hello() -> str:
    return _("Hello") + ' {{ lead.first_name | default: "" }},'


def _column(heading: str, text: str) -> dict:
    value = {"image": None, "alt": "", "heading": heading, "text": f"<p>{text}</p>"}
    return {
        "type": "item",
        "id": str(uuid.uuid4()),
        "value": {**value, "label": _("Read more"), "link": _link("/")},
    }


def _newsletter() -> tuple:
    body = [
        _heading(_("What is new this month")),
        _text(_hello(), _("two or three sentences: what you will find here, and why it is worth a minute.")),
        ("divider", {}),
        _heading(_("The most important thing first"), "h2"),
        _text(_("What happened, for whom it matters, and what one can do with it.")),
        _button(_("Read it all")),
        ("columns", {"columns": [
            _column(_("A second story"), _("One sentence that makes curious.")),
            _column(_("A third one"), _("One sentence that makes curious.")),
        ]}),
        ("social_links", {"text": _("See you there:"), "align": "left"}),
        ("footer", {**_text(_("You get this letter because you asked for it."))[1], "social": False}),
    ]  # fmt: skip
    return _("What is new this month"), _("Three stories in two minutes."), body


def _welcome() -> tuple:
    body = [
        _heading(_("Welcome")),
        _text(
            _hello(),
            _("thank you for joining us. Here is what to expect: what we write about, and how often."),
        ),
        _button(_("Begin here")),
        _text(_("Do you have a question? Answer this email: a person reads it.")),
    ]
    return _("Welcome"), _("Good that you are here."), body


def _invitation() -> tuple:
    body = [
        _heading(_("You are invited")),
        _text(_hello(), _("in one sentence: what it is, and for whom.")),
        ("quote", {"text": _("Day, date, hour") + "\n" + _("Place, street, city"), "author": ""}),
        _button(_("I am coming")),
        _text(_("Until when an answer is needed, how one gets there, and what to bring.")),
    ]
    return _("You are invited"), _("We should be glad to see you."), body


def _receipt() -> tuple:
    body = [
        _heading(_("Thank you for your order")),
        _text(
            _hello(),
            _("we have received your order {{ order.number }} of {{ order.date }}."),
            _("It comes to <b>{{ order.total }}</b>."),
        ),
        ("divider", {}),
        _text(_("What happens next, and whom to ask if something is wrong.")),
        _button(_("See the order")),
    ]
    return _("Your order {{ order.number }}"), _("We have received it."), body


def _survey() -> tuple:
    body = [
        _heading(_("How was it?")),
        _text(_hello(), _("three questions, one minute. Your answer decides what we do next.")),
        _button(_("Answer the three questions")),
        _text(_("What you will do with the answers, and until when.")),
    ]
    return _("How was it?"), _("Three questions, one minute."), body


def _letter() -> tuple:
    body = [
        _text(
            _hello(),
            _("write as you would to one person: short sentences, one subject, no picture needed."),
            _("Kind regards"),
            "{{ sender.name }}",
        )
    ]
    return _("A word from us"), "", body


DESIGNS = {
    design.key: design
    for design in (
        Design(
            "newsletter",
            gettext_lazy("Newsletter"),
            gettext_lazy("One story first, two beside each other."),
            _newsletter,
        ),
        Design(
            "welcome",
            gettext_lazy("Welcome"),
            gettext_lazy("The first letter after a subscription."),
            _welcome,
        ),
        Design(
            "invitation",
            gettext_lazy("Invitation"),
            gettext_lazy("What, when, where, and a yes."),
            _invitation,
        ),
        Design(
            "receipt",
            gettext_lazy("Receipt"),
            gettext_lazy("Sent by the site itself for an order."),
            _receipt,
            is_transactional=True,
        ),
        Design("survey", gettext_lazy("Survey"), gettext_lazy("A question and one button."), _survey),
        Design(
            "letter", gettext_lazy("Plain letter"), gettext_lazy("As one person writes to another."), _letter
        ),
    )
}
