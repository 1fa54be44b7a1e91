"""Whether receiving servers will take our mail: records of the domain, and rates against their limits.

The limits are those that Gmail ("Email sender guidelines") and Yahoo ("Sender best practices") publish for
bulk senders: complaints below 0.1 %, never 0.3 %; SPF, DKIM and DMARC; one-click unsubscription; TLS.
"""

import datetime as dt
import re
from collections.abc import Callable
from dataclasses import dataclass

from django.conf import settings as django_settings
from django.db.models import Count, Max, Q
from django.db.models.functions import TruncDate
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from wagtail_automation.leads.permissions import about_visible
from wagtail_automation.messaging import addresses
from wagtail_automation.messaging.compiler import base_url
from wagtail_automation.messaging.models import Message

DAYS, SHOWN = 30, 25
#: complaints: the aim and the limit; bounces: where to look, and where providers begin to refuse
COMPLAINTS_AIM, COMPLAINTS_LIMIT = 0.1, 0.3
BOUNCES_LOOK, BOUNCES_LIMIT = 2.0, 5.0
#: with fewer messages a share says nothing
ENOUGH = 100
#: as many a day to one provider make a bulk sender
BULK = 5000
#: RFC 7208 §4.6.4: terms of SPF that cost a look-up, and how many a receiver makes
_COSTLY = re.compile(r"^[+?~-]?(include:|a\b|mx\b|ptr\b|exists:)|^redirect=", re.IGNORECASE)
MAX_LOOKUPS = 10

GOOD, WARN, BAD, OPEN = "good", "warn", "bad", "open"


@dataclass(frozen=True)
class Check:
    """One thing to have: ``state`` good, warn, bad, or open (not looked at); what to paste, and where."""

    name: str
    state: str
    text: str | Promise
    found: str = ""
    host: str = ""
    paste: str = ""


class NoLookupError(RuntimeError):
    """The DNS cannot be asked: the extra ``dns`` is not installed, or nobody answers."""


def lookup(name: str) -> list[str]:
    """TXT records of a name; empty for none. Needs the extra ``dns``. Raises NoLookupError."""
    try:
        import dns.exception
        import dns.resolver
    except ImportError:
        raise NoLookupError(_("Install the extra “dns” to look records up from here.")) from None
    try:
        found = dns.resolver.resolve(name, "TXT", lifetime=5)
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return []
    except dns.exception.DNSException as error:
        raise NoLookupError(_("The DNS does not answer.")) from error
    return [b"".join(record.strings).decode("utf-8", "replace") for record in found]


def domain_of(settings) -> str:
    """The domain of the From address of a site's emails."""
    address = settings.sender_address or django_settings.DEFAULT_FROM_EMAIL
    return addresses.domain(address.rpartition("<")[2].rstrip("> "))


def checks(settings, *, selector: str = "", ask: Callable | None = None) -> list[Check]:
    """What a site's sender should have. ``ask``: how to look TXT records up; None leaves them open."""
    domain = domain_of(settings)
    return [
        _spf(domain, ask),
        _dkim(domain, selector, ask),
        _dmarc(domain, settings, ask),
        _unsubscription(settings),
        _tls(),
    ]


def _records(ask: Callable | None, name: str, begin: str) -> list[str] | None:
    """Records of one kind; None if nobody was asked."""
    if ask is None:
        return None
    return [text for text in ask(name) if text.strip().lower().startswith(begin)]


def _spf(domain: str, ask) -> Check:
    uses_smtp = (
        "smtp" in django_settings.EMAIL_BACKEND if hasattr(django_settings, "EMAIL_BACKEND") else False
    )
    host = getattr(django_settings, "EMAIL_HOST", "")
    sender = (
        f"a:{host}"
        if uses_smtp and re.search(r"\.[a-z]", host, re.IGNORECASE)
        else "include:" + _("(your provider's name)")
    )
    paste = f"v=spf1 {sender} ~all"
    about = _("SPF says which servers may send for your domain.")
    found = _records(ask, domain, "v=spf1")
    if found is None:
        return Check("SPF", OPEN, about, host=domain, paste=paste)
    if not found:
        return Check("SPF", BAD, _("There is no SPF record."), host=domain, paste=paste)
    if len(found) > 1:
        text = _("There are several SPF records: then none counts. Join them in one.")
        return Check("SPF", BAD, text, " · ".join(found), domain, paste)
    terms = found[0].split()[1:]
    costly = sum(1 for term in terms if _COSTLY.search(term))
    if costly > MAX_LOOKUPS:
        text = _("It asks for more than ten look-ups: receivers give up. Take old services out.")
        return Check("SPF", BAD, text, found[0], domain)
    if not terms or (
        terms[-1].lower() not in ("~all", "-all") and not terms[-1].lower().startswith("redirect=")
    ):
        text = _("It should end in ~all or -all, else anybody may send for you.")
        return Check("SPF", WARN, text, found[0], domain, paste)
    return Check("SPF", GOOD, about, found[0], domain)


def _dkim(domain: str, selector: str, ask) -> Check:
    about = _("DKIM signs every email. Your provider shows the record; its name holds a selector of theirs.")
    name = selector or _("(selector)")
    host = f"{name}._domainkey.{domain}"
    paste = "v=DKIM1; k=rsa; p=" + _("(the key that your provider shows)")
    if ask is None or not selector:
        return Check("DKIM", OPEN, about, host=host, paste=paste)
    found = [text for text in ask(host) if "p=" in text.replace(" ", "")]
    if not found:
        return Check("DKIM", BAD, _("There is no key with this selector."), host=host, paste=paste)
    if re.search(r"\bp=\s*(;|$)", found[0]):
        return Check("DKIM", BAD, _("The key is empty: it was withdrawn."), found[0], host, paste)
    return Check("DKIM", GOOD, about, found[0][:120], host)


def _dmarc(domain: str, settings, ask) -> Check:
    about = _(
        "DMARC says what becomes of mail that pretends to come from you. Begin with p=none, and read reports."
    )
    host = f"_dmarc.{domain}"
    paste = f"v=DMARC1; p=none; rua=mailto:{settings.reply_to or f'postmaster@{domain}'}"
    found = _records(ask, host, "v=dmarc1")
    if found is None:
        return Check("DMARC", OPEN, about, host=host, paste=paste)
    if not found:
        return Check("DMARC", BAD, _("There is no DMARC record."), host=host, paste=paste)
    if len(found) > 1 or not re.search(r"\bp=(none|quarantine|reject)\b", found[0], re.IGNORECASE):
        return Check("DMARC", BAD, _("The record cannot be read."), " · ".join(found), host, paste)
    if "rua=" not in found[0].replace(" ", ""):
        text = _("Nobody gets its reports: add rua=mailto:…")
        return Check("DMARC", WARN, text, found[0], host, paste)
    return Check("DMARC", GOOD, about, found[0], host)


def _unsubscription(settings) -> Check:
    site = settings.site if settings.site_id else None
    url = base_url(site)
    if not url.startswith("https://"):
        text = _("Every email offers it, but its address is not https: mail programs then show no button.")
        return Check("List-Unsubscribe", BAD, text, url)
    if not settings.return_path:
        text = _("One click unsubscribes. By mail too, as soon as the email settings say where bounces go.")
        return Check("List-Unsubscribe", GOOD, text, url)
    return Check("List-Unsubscribe", GOOD, _("One click unsubscribes, and by mail too."), url)


def _tls() -> Check:
    if hasattr(django_settings, "MAILERS"):
        return Check("TLS", OPEN, _("Look into MAILERS: use_tls or use_ssl must be on."))
    backend = django_settings.EMAIL_BACKEND
    if "anymail" in backend:
        return Check("TLS", GOOD, _("The provider is reached by https."), backend.rpartition(".")[0])
    if django_settings.EMAIL_USE_TLS or django_settings.EMAIL_USE_SSL:
        return Check("TLS", GOOD, _("The mail server is reached encrypted."), django_settings.EMAIL_HOST)
    if django_settings.EMAIL_HOST in ("localhost", "127.0.0.1", "::1"):
        text = _("The mail server is on this machine; it must use TLS towards others.")
        return Check("TLS", WARN, text, django_settings.EMAIL_HOST)
    text = _("Set EMAIL_USE_TLS or EMAIL_USE_SSL: the mail server is reached unencrypted.")
    return Check("TLS", BAD, text, django_settings.EMAIL_HOST)


# -- rates -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Rate:
    """One receiving domain in the last days; shares in per cent, None of too few messages."""

    domain: str
    sent: int
    bounced: int
    complained: int
    bounce_share: float | None
    complaint_share: float | None
    state: str


STATES = {
    GOOD: gettext_lazy("within the limits"),
    WARN: gettext_lazy("look at it"),
    BAD: gettext_lazy("over the limit"),
    OPEN: gettext_lazy("too few to tell"),
}


def rates(user, now: dt.datetime) -> list[Rate]:
    """The receiving domains with most messages; one query."""
    since = now - dt.timedelta(days=DAYS)
    rows = about_visible(Message.objects.filter(sent_at__gte=since).exclude(domain=""), user)
    found = (
        rows.order_by()
        .values("domain")
        .annotate(
            sent=Count("pk"),
            bounced=Count("pk", filter=Q(bounce_kind__in=("hard", "blocked"))),
            complained=Count("pk", filter=Q(complained_at__isnull=False)),
        )
    )
    return [_rate(**row) for row in found.order_by("-sent", "domain")[:SHOWN]]


def _rate(domain: str, sent: int, bounced: int, complained: int) -> Rate:
    if sent < ENOUGH:
        return Rate(domain, sent, bounced, complained, None, None, OPEN)
    bounces, complaints = 100 * bounced / sent, 100 * complained / sent
    state = GOOD
    if complaints >= COMPLAINTS_AIM or bounces >= BOUNCES_LOOK:
        state = WARN
    if complaints >= COMPLAINTS_LIMIT or bounces >= BOUNCES_LIMIT:
        state = BAD
    return Rate(domain, sent, bounced, complained, round(bounces, 2), round(complaints, 2), state)


def busiest_day(user, now: dt.datetime) -> int:
    """The most messages to one domain in a day: from ``BULK`` on the strict rules apply; one query."""
    since = now - dt.timedelta(days=DAYS)
    rows = about_visible(Message.objects.filter(sent_at__gte=since).exclude(domain=""), user)
    days = rows.order_by().values("domain", day=TruncDate("sent_at")).annotate(count=Count("pk"))
    return days.aggregate(most=Max("count"))["most"] or 0
