"""Newsletters in words: reasons, figures, how far one came."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

#: why somebody who is chosen does not get it
LEFT_OUT = {
    "excluded": gettext_lazy("in a list or segment that is left out"),
    "no_address": gettext_lazy("without an email address"),
    "consent_withdrawn": gettext_lazy("refused emails"),
    "topic_withdrawn": gettext_lazy("do not want this topic"),
    "no_consent": gettext_lazy("never agreed to emails"),
    "suppressed": gettext_lazy("on the suppression list"),
}

#: what is shown of a newsletter on its way, in this order
FIGURES = {
    "waiting": gettext_lazy("Their turn is to come"),
    "queued": gettext_lazy("Queued"),
    "sent": gettext_lazy("Sent"),
    "opened": gettext_lazy("Opened"),
    "clicked": gettext_lazy("Clicked"),
    "unsubscribed": gettext_lazy("Unsubscribed"),
    "skipped": gettext_lazy("Not sent"),
    "failed": gettext_lazy("Failed"),
    "doubtful": gettext_lazy("Doubtful"),
    "cancelled": gettext_lazy("Cancelled"),
}


def left_out(by_reason: dict[str, int]) -> list[tuple[str, int]]:
    """``(words, people)``, most first."""
    found = [(LEFT_OUT.get(why, why), number) for why, number in by_reason.items() if why and number]
    return sorted(found, key=lambda pair: -pair[1])


def shown(counts: dict[str, int]) -> dict[str, int]:
    """The figures by name, as ``FIGURES`` has them."""
    found = {name: counts.get(name, 0) for name in FIGURES}
    found["queued"] += counts.get("in_hand", 0)
    found["cancelled"] += counts.get("never", 0)
    return found


def finished(counts: dict[str, int]) -> int:
    """How many will not be looked at again by a worker."""
    return sum(counts.get(name, 0) for name in ("sent", "skipped", "failed", "doubtful", "cancelled"))


def progress(done: int, total: int) -> str:
    return ngettext("%(done)d of %(total)d recipient", "%(done)d of %(total)d recipients", total) % {
        "done": done,
        "total": total,
    }


def people(number: int) -> str:
    return ngettext("%(count)d person", "%(count)d people", number) % {"count": number}


def when(newsletter) -> str:
    """When it is sent, in words."""
    from django.utils.formats import date_format
    from django.utils.timezone import localtime

    if newsletter.send_at is None:
        said = _("as soon as it is ordered")
    else:
        moment = date_format(localtime(newsletter.send_at), "SHORT_DATETIME_FORMAT")
        said = (
            _("%(moment)s where each person lives") % {"moment": moment}
            if newsletter.in_each_zone
            else moment
        )
    if newsletter.spread_hours:
        said += ngettext(
            ", spread over %(count)d hour", ", spread over %(count)d hours", newsletter.spread_hours
        ) % {"count": newsletter.spread_hours}
    return said
