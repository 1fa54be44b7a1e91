"""What a rule may ask about emails."""

import datetime as dt

from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from wagtail.blocks import CharBlock, ChoiceBlock, IntegerBlock

from wagtail_automation.admin.choosers import SnippetChooserBlock
from wagtail_automation.rules.conditions import Condition, Events, Time, conditions
from wagtail_automation.tracking import addresses, querysets
from wagtail_automation.tracking.events import (
    EMAIL_BOUNCED,
    EMAIL_CLICKED,
    EMAIL_DELIVERED,
    EMAIL_OPENED,
    EMAIL_REPLIED,
    EMAIL_SENT,
    EMAIL_UNSUBSCRIBED,
)
from wagtail_automation.tracking.matching import link_pattern

from .models import BounceKind, Message

GROUP = _("Email and text")


class AboutEmail(Condition):
    """Base: something that a person did with one email, in whatever language they got it."""

    email = SnippetChooserBlock("wagtail_automation_messaging.Email", label=_("Email"))
    waitable = True
    counted_from = "entry"
    event = ""

    def q(self, value, scope):
        if not value.get("email"):
            return scope.nobody()
        return scope.happened(self.event, about=value["email"])


@conditions.register
class EmailOpened(AboutEmail):
    key = "email_opened"
    keywords = (
        _("read"),
        _("seen"),
    )
    event = EMAIL_OPENED
    depends_on = Events(EMAIL_OPENED)

    class Meta:
        label = _("Opened the email")
        icon = "mail"
        group = GROUP
        tone = "blue"
        description = _(
            "The person opened the email. Some mail programs hide this, so that “no” is not certain."
        )

    def sentence(self, value) -> str:
        return _("Opened “%(email)s”") % {"email": value["email"]} if value.get("email") else str(self.label)


@conditions.register
class EmailClicked(AboutEmail):
    key = "email_clicked"
    keywords = (
        _("link"),
        _("reaction"),
    )
    event = EMAIL_CLICKED
    depends_on = Events(EMAIL_CLICKED)

    class Meta:
        label = _("Clicked in the email")
        icon = "link"
        group = GROUP
        tone = "blue"
        description = _("The person followed any link of the email.")

    def sentence(self, value) -> str:
        return (
            _("Clicked in “%(email)s”") % {"email": value["email"]} if value.get("email") else str(self.label)
        )


MAX_DAYS = 3650
ANY = "any"
#: short names of the kinds of bounces, for forms and sentences
KINDS = [
    (ANY, _("any kind")),
    (BounceKind.HARD, _("hard (for good)")),
    (BounceKind.SOFT, _("soft (for now)")),
    (BounceKind.BLOCKED, _("blocked")),
]


def kind_block() -> ChoiceBlock:
    return ChoiceBlock(choices=KINDS, default=ANY, label=_("Kind of bounce"))


def _days(value) -> int | None:
    days = value.get("days")
    whole = isinstance(days, int) and not isinstance(days, bool) and 1 <= days <= MAX_DAYS
    return days if whole else None


@conditions.register
class EmailSentRecently(Condition):
    """Any marketing email at all."""

    key = "email_sent_recently"
    counted_from = "window"
    depends_on = Events(EMAIL_SENT) | Time()

    days = IntegerBlock(label=_("In the last … days"), min_value=1, max_value=MAX_DAYS, default=7)

    class Meta:
        label = _("Was sent an email lately")
        icon = "mail"
        group = GROUP
        tone = "blue"
        description = _("Any email of yours was sent to the person in the last days, whatever it was.")

    def q(self, value, scope):
        days = _days(value)
        return scope.happened(EMAIL_SENT, within=dt.timedelta(days=days)) if days else scope.nobody()

    def sentence(self, value) -> str:
        days = _days(value)
        if not days:
            return str(self.label)
        return ngettext(
            "Was sent an email in the last %(days)d day",
            "Was sent an email in the last %(days)d days",
            days,
        ) % {"days": days}


@conditions.register
class EmailSent(AboutEmail):
    key = "email_sent"
    event = EMAIL_SENT
    depends_on = Events(EMAIL_SENT)

    days = IntegerBlock(
        label=_("In the last … days"),
        required=False,
        min_value=1,
        max_value=MAX_DAYS,
        help_text=_("Leave it empty to count from the entry into the campaign; elsewhere, for ever."),
    )

    class Meta:
        label = _("Was sent the email")
        icon = "mail"
        group = GROUP
        tone = "blue"
        description = _("The email was handed over to the mail server for the person.")

    def get_depends_on(self, value):
        return self.depends_on | Time() if value.get("days") else self.depends_on

    def q(self, value, scope):
        if value.get("days") is None:
            return super().q(value, scope)
        days = _days(value)
        if not value.get("email") or not days:
            return scope.nobody()
        return scope.happened(EMAIL_SENT, about=value["email"], within=dt.timedelta(days=days))

    def sentence(self, value) -> str:
        if not value.get("email"):
            return str(self.label)
        days = _days(value)
        if not days:
            return _("Was sent “%(email)s”") % {"email": value["email"]}
        return ngettext(
            "Was sent “%(email)s” in the last %(days)d day",
            "Was sent “%(email)s” in the last %(days)d days",
            days,
        ) % {"email": value["email"], "days": days}


@conditions.register
class EmailDelivered(AboutEmail):
    """Few servers confirm; else what was accepted and did not come back counts, until it does."""

    key = "email_delivered"
    depends_on = Events(EMAIL_SENT, EMAIL_DELIVERED, EMAIL_BOUNCED)

    certainty = ChoiceBlock(
        choices=[
            ("accepted", _("confirmed, or accepted and not come back")),
            ("confirmed", _("confirmed by the provider or mail server")),
        ],
        default="accepted",
        label=_("Delivered means"),
    )

    class Meta:
        label = _("The email was delivered")
        icon = "mail"
        group = GROUP
        tone = "blue"
        description = _(
            "The receiving mail server took the email. Not every one says so: then what did not come back "
            "counts as delivered, and a bounce may still come later."
        )

    def q(self, value, scope):
        if not value.get("email"):
            return scope.nobody()
        if value.get("certainty") == "confirmed":
            return scope.happened(EMAIL_DELIVERED, about=value["email"])
        rows = Message.objects.reached().filter(email_version__translation_key=value["email"].key)
        if scope.until is not None:
            rows = rows.filter(sent_at__lte=scope.until)
        if scope.since is not None:
            rows = rows.filter(sent_at__gte=scope.since)
        return scope.where(rows)

    def sentence(self, value) -> str:
        if not value.get("email"):
            return str(self.label)
        return _("Got “%(email)s”") % {"email": value["email"]}


@conditions.register
class EmailBounced(AboutEmail):
    key = "email_bounced"
    event = EMAIL_BOUNCED
    depends_on = Events(EMAIL_BOUNCED)

    kind = kind_block()

    class Meta:
        label = _("The email bounced")
        icon = "warning"
        group = GROUP
        tone = "blue"
        description = _("The email came back as undeliverable.")

    def q(self, value, scope):
        if not value.get("email"):
            return scope.nobody()
        kind = value.get("kind") or ANY
        if kind == ANY:
            return scope.happened(EMAIL_BOUNCED, about=value["email"])
        if kind not in BounceKind.values:
            return scope.nobody()
        return scope.happened(EMAIL_BOUNCED, about=value["email"], data__kind=kind)

    def sentence(self, value) -> str:
        if not value.get("email"):
            return str(self.label)
        kind = value.get("kind") or ANY
        words = {"email": value["email"], "kind": dict(KINDS).get(kind, kind)}
        if kind == ANY:
            return _("“%(email)s” bounced") % words
        return _("“%(email)s” bounced: %(kind)s") % words


@conditions.register
class EmailUnsubscribed(AboutEmail):
    key = "email_unsubscribed"
    event = EMAIL_UNSUBSCRIBED
    depends_on = Events(EMAIL_UNSUBSCRIBED)

    class Meta:
        label = _("Unsubscribed by the email")
        icon = "cross"
        group = GROUP
        tone = "blue"
        description = _("The person unsubscribed through this email: its link, or the mail program's button.")

    def sentence(self, value) -> str:
        if not value.get("email"):
            return str(self.label)
        return _("Unsubscribed by “%(email)s”") % {"email": value["email"]}


@conditions.register
class EmailReplied(AboutEmail):
    key = "email_replied"
    event = EMAIL_REPLIED
    depends_on = Events(EMAIL_REPLIED)

    class Meta:
        label = _("Answered the email")
        icon = "mail"
        group = GROUP
        tone = "blue"
        description = _(
            "An answer of the person to this email arrived in a mailbox that the site reads; automatic "
            "answers do not count."
        )

    def sentence(self, value) -> str:
        return (
            _("Answered “%(email)s”") % {"email": value["email"]} if value.get("email") else str(self.label)
        )


def link_block() -> CharBlock:
    return CharBlock(
        max_length=500,
        label=_("Address of the link"),
        help_text=_("As it stands in the email. A star stands for anything, as in https://shop.example/*"),
    )


def link_q(text: str) -> Q | None:
    """Clicks on links of this address or pattern; None if it cannot be said."""
    address = addresses.web_address(text) if "*" not in text else None
    if address is not None:
        return Q(url=address)
    pattern = link_pattern(text)
    return querysets.url_matches(pattern) if pattern else None


@conditions.register
class EmailLinkClicked(AboutEmail):
    key = "email_link_clicked"
    event = EMAIL_CLICKED
    depends_on = Events(EMAIL_CLICKED)

    link = link_block()

    class Meta:
        label = _("Clicked a link of the email")
        icon = "link"
        group = GROUP
        tone = "blue"
        description = _("The person followed this link of the email.")

    def q(self, value, scope):
        matching = link_q((value.get("link") or "").strip())
        if not value.get("email") or matching is None:
            return scope.nobody()
        return scope.happened(EMAIL_CLICKED, about=value["email"], matching=matching)

    def sentence(self, value) -> str:
        if not value.get("email") or not value.get("link"):
            return str(self.label)
        return _("Clicked “%(link)s” in “%(email)s”") % {"link": value["link"], "email": value["email"]}
