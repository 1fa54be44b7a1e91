"""Six ready designs of landing pages: sections with words to replace, in the language of whoever begins."""

import datetime as dt
import uuid
from collections.abc import Callable
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from wagtail_automation import clock


@dataclass(frozen=True)
class Design:
    """``sections`` returns ``(kind, value)`` of each section, raw."""

    key: str
    name: str | Promise
    description: str | Promise
    palette: str
    sections: Callable[[], list[tuple[str, dict]]]

    def body(self) -> list[dict]:
        """The raw stream, with an id for each section."""
        return [{"type": kind, "value": value, "id": str(uuid.uuid4())} for kind, value in self.sections()]

    @property
    def kinds(self) -> list[str]:
        """The kinds of its sections, for a small picture of it."""
        return [kind for kind, _value in self.sections()]


def _items(*values) -> list[dict]:
    return [{"type": "item", "value": value, "id": str(uuid.uuid4())} for value in values]


def _button(label, address="#form") -> dict:
    return {"label": label, "page": None, "address": address}


def _hero(heading, text, button, *, arrangement="beside", tone="plain", kicker="") -> tuple[str, dict]:
    return "hero", {
        "kicker": kicker,
        "heading": heading,
        "text": text,
        "button": _button(button),
        "picture": None,
        "arrangement": arrangement,
        "tone": tone,
    }


def _features(tone="plain") -> tuple[str, dict]:
    text = _("Say in one sentence what people gain.")
    names = (_("First advantage"), _("Second advantage"), _("Third advantage"))
    items = _items(*({"picture": None, "heading": name, "text": text} for name in names))
    return "features", {"heading": _("What you get"), "items": items, "tone": tone}


def _voices(tone="soft") -> tuple[str, dict]:
    said = {"text": _("What a customer said about it."), "name": _("Name"), "role": "", "picture": None}
    return "testimonials", {
        "heading": _("What others say"),
        "items": _items(said, dict(said)),
        "tone": tone,
    }


def _questions() -> tuple[str, dict]:
    answer = _("The answer, in two sentences.")
    asked = {"question": _("A question people ask"), "answer": f"<p>{answer}</p>"}
    return "faq", {
        "heading": _("Questions and answers"),
        "items": _items(asked, dict(asked)),
        "tone": "plain",
    }


def _form(heading, tone="soft") -> tuple[str, dict]:
    return "form", {"heading": heading, "text": "", "form": None, "tone": tone, "anchor": "form"}


def _guide():
    return [
        _hero(
            _('{{ lead.first_name | default: "For you" }}: a free guide'),
            _("Say what is in it, and how long it takes to read."),
            _("Send me the guide"),
        ),
        _features(),
        _form(_("Where may we send it?")),
        _questions(),
    ]


def _event():
    ends_at = (clock.now() + dt.timedelta(days=30)).replace(minute=0, second=0, microsecond=0)
    return [
        _hero(
            _("The name of your event"),
            _("When, where, and what people take home."),
            _("Keep me a seat"),
            arrangement="centre",
            tone="strong",
        ),
        (
            "countdown",
            {
                "heading": _("It begins soon"),
                "ends_at": ends_at.isoformat(),
                "after": _("It has begun. Come in!"),
                "tone": "soft",
            },
        ),
        _features(),
        _form(_("Keep me a seat")),
    ]


def _launch():
    return [
        _hero(
            _("Something new is here"),
            _("Say what it does that nothing did before."),
            _("See what it costs"),
            kicker=_("New"),
            tone="soft",
        ),
        _features(),
        _voices(),
        _prices(),
        _questions(),
        _form(_("Ask us anything")),
    ]


def _prices():
    points = _items(_("What is in it"), _("And what else"))
    plans = [
        {
            "name": name,
            "price": "0 €",
            "text": "",
            "points": points,
            "button": _button(_("Choose")),
            "is_favourite": number == 1,
        }
        for number, name in enumerate((_("Small"), _("Medium"), _("Large")))
    ]
    return "pricing", {"heading": _("What it costs"), "items": _items(*plans), "tone": "plain"}


def _trial():
    return [
        _hero(
            _("Try it for thirty days"), _("No card, no obligation."), _("Begin now"), arrangement="centre"
        ),
        _form(_("Begin now"), tone="strong"),
        _features(),
        _prices(),
        _questions(),
    ]


def _soon():
    return [
        _hero(
            _("Coming soon"),
            _("Leave your address, and you are the first to know."),
            _("Tell me"),
            arrangement="centre",
            tone="strong",
        ),
        _form(_("Tell me first"), tone="plain"),
    ]


def _offer():
    return [
        _hero(
            _('{{ lead.first_name | default: "Good news" }}: an offer for you'),
            _("Say what it is, for whom, and until when."),
            _("I want it"),
            tone="soft",
        ),
        _voices(tone="plain"),
        _form(_("I want it")),
    ]


DESIGNS = [
    Design(
        "guide",
        gettext_lazy("Guide"),
        gettext_lazy("Something to read in exchange for an address."),
        "forest",
        _guide,
    ),
    Design(
        "event",
        gettext_lazy("Event"),
        gettext_lazy("A date, a countdown and a seat to keep."),
        "plum",
        _event,
    ),
    Design(
        "launch",
        gettext_lazy("Launch"),
        gettext_lazy("A new product, shown from all sides."),
        "ocean",
        _launch,
    ),
    Design(
        "trial",
        gettext_lazy("Trial"),
        gettext_lazy("The form first, the arguments after it."),
        "sunset",
        _trial,
    ),
    Design(
        "soon", gettext_lazy("Coming soon"), gettext_lazy("One sentence and one field."), "graphite", _soon
    ),
    Design("offer", gettext_lazy("Offer"), gettext_lazy("For people who know you already."), "gold", _offer),
]


def design(key: str) -> Design | None:
    """The design of that key; None if there is none."""
    return next((one for one in DESIGNS if one.key == key), None)
