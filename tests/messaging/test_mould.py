"""Messages from the mould say, octet for octet of their content, what the messages say that Django builds."""

import datetime as dt
import quopri
import re
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.utils import parsedate_to_datetime

import pytest
from django.core.mail import EmailMultiAlternatives
from django.core.signing import Signer
from django.utils.crypto import salted_hmac
from hypothesis import example, given
from hypothesis import strategies as st

from wagtail_automation import clock, digests
from wagtail_automation.messaging import sender, tokens
from wagtail_automation.messaging.models import Message
from wagtail_automation.messaging.mould import Finished, Mould, open_ended, quoted, subject_line
from wagtail_automation.messaging.preparing import MessagePreparer
from wagtail_automation.outbox import State
from wagtail_automation.testing import clock as test_clock

AWKWARD = {
    "empty": "",
    "accents": "Élodie Ñuñez",
    "right to left": "محمد بن سلمان",
    "emoji": "👩‍👩‍👧‍👦 " * 30,
    "very long": "Wolfeschlegelsteinhausenbergerdorff" * 120,
    "long words": "wörter " * 400,
    "liquid": "{{ lead.email }}{% for i in (1..9) %}x{% endfor %}{{",
    "html": '<script>alert("1")</script> & \' &amp; <b',
    "header": "Eve\r\nBcc: all@example.com\r\n\r\n.\r\nQUIT\r\n",
    "dots": ".\n..\n.a\n. \n.",
    "line ends": "a\rb\nc\r\nd\n\n\r\re",
    "spaces": "  a  \n\t b \t\n end   ",
    "encoded": "=?utf-8?q?=41?= =3D=\n=",
    "controls": "a\x07b\x0bc\x1fd\x7f\u2028e\u0085f",
    "boundary": '--=_x\n--=_x--\nFrom me\nContent-Type: text/html; boundary="y"',
}
BODY = [
    ("heading", {"text": "Hello {{ lead.first_name | default: 'you' }}", "level": "h1"}),
    (
        "rich_text",
        {"text": '<p>.Read <a href="/guide/">the guide</a>, {{ lead.company }}{{ lead.city }}.</p>'},
    ),
    (
        "rich_text",
        {
            "text": "<p>{% assign who = lead.first_name | upcase %}{% if lead.city == 'Lyon' %}Oui{% else %}"
            "{{ who }}{% endif %} {% for n in (1..3) %}{{ n }} {{ lead.company }}, {% endfor %}</p>"
        },
    ),
    ("rich_text", {"text": f"<p>{'Ünd so weiter. ' * 200}</p>"}),
    (
        "button",
        {"label": "Preise für {{ lead.city }}", "link": {"page": None, "url": "https://shop.example/"}},
    ),
]


def prepared(rows) -> list[tuple]:
    """``(from the mould, built by Django)`` of each message."""
    with test_clock.freeze(clock.now()):
        fast = MessagePreparer(by_smtp=True).prepare(rows)
        return [(fast[pk](), stock()) for pk, stock in MessagePreparer().prepare(rows).items()]


def moment(date: str) -> dt.datetime:
    """Django 6.1 writes +0000, earlier ones -0000: UTC, and nothing about a zone (RFC 5322 §3.3)."""
    read = parsedate_to_datetime(str(date))
    return read if read.tzinfo else read.replace(tzinfo=dt.UTC)


def undotted(wire: bytes) -> bytes:
    """As the server keeps it (RFC 5321 §4.5.2)."""
    assert wire.endswith(b"\r\n") and not re.search(rb"(^|\n)\.(?!\.)", wire)
    return re.sub(rb"(?m)^\.\.", b".", wire)


def content(message, kind: str) -> str:
    """A part of the body with one kind of line end. Django 6.1 ends it with one that nobody wrote."""
    text = message.get_body((kind,)).get_content()
    return text.replace("\r\n", "\n").replace("\r", "\n").removesuffix("\n")


def assert_same(fast: Finished, stock: EmailMultiAlternatives) -> None:
    assert isinstance(fast, Finished) and isinstance(stock, EmailMultiAlternatives)
    assert fast.wire.endswith(b"\r\n.\r\n")
    raw = undotted(fast.wire[:-3])
    ours = message_from_bytes(raw, policy=policy.default)
    theirs = message_from_bytes(stock.message().as_bytes(), policy=policy.default)
    for part in ours.walk():
        assert part.defects == []
    assert sorted(set(ours)) == sorted(set(theirs)) and len(ours) == len(set(ours))
    for name in {*ours} - {"Date", "Content-Type", "Subject"}:
        assert str(ours[name]).strip() == str(theirs[name]).strip(), name
    assert str(ours["Subject"]) == stock.subject
    assert abs((moment(ours["Date"]) - moment(theirs["Date"])).total_seconds()) < 60
    assert ours.get_content_type() == theirs.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in ours.iter_parts()] == ["text/plain", "text/html"]
    assert content(ours, "plain") == content(theirs, "plain")
    assert content(ours, "html") == content(theirs, "html")
    assert fast.to == stock.to[0] and fast.sender == (stock.return_path or "bonjour@atelier.example")
    lines = raw.split(b"\r\n")
    assert b"\n" not in b"".join(lines) and b"\r" not in b"".join(lines), "RFC 5321 2.3.8"
    assert raw.isascii()
    head, _blank, body = raw.partition(b"\r\n\r\n")
    assert max(map(len, body.split(b"\r\n"))) <= 76, "RFC 2045 6.7 (5)"
    assert max(map(len, head.split(b"\r\n"))) <= 998, "RFC 5321 4.5.3.1.6"


@pytest.fixture
def awkward(make_lead):
    return [
        make_lead(f"p{number}@example.com", first_name=text[:100], company=text[:100], city=text[:90])
        for number, text in enumerate(AWKWARD.values())
    ]


@pytest.mark.django_db
@pytest.mark.parametrize("return_path", ["", "bounces@atelier.example"])
def test_the_same_message_for_awkward_values(make_email, awkward, queue, brand, return_path):
    brand.return_path = return_path
    brand.save()
    rows = queue(make_email(subject="{{ lead.first_name }}: news, {{ lead.city }}!", body=BODY), *awkward)
    pairs = prepared(rows)
    assert len(pairs) == len(AWKWARD)
    for fast, stock in pairs:
        assert_same(fast.email, stock.email)
        assert fast.variables == stock.variables


@pytest.mark.django_db
def test_values_of_any_length(make_email, make_lead, queue):
    """Longer than any field: an object of the site's own brings it."""
    email = make_email(subject="News", body=BODY)
    (row,) = queue(email, make_lead())
    (pair,) = prepared([row])
    version = Message.objects.get(pk=row.pk).email_version
    preparer = MessagePreparer(by_smtp=True)
    site = preparer.sites().get(version.site_id)
    settings = preparer.sites().settings(site)
    mould = Mould.cast(version, settings=settings, site=site, person=None)
    from wagtail_automation.messaging import mime, rendering

    for text in AWKWARD.values():
        data = {
            "lead": {"first_name": text, "company": text, "city": text},
            "site": rendering.site_data(site),
        }
        urls = rendering.message_urls(row.pk, version.links, site)
        parts = rendering.render(version, data=data, urls=urls, now=clock.now())
        stock = mime.marketing(
            parts,
            to="a@example.com",
            settings=settings,
            message_id=row.message_id,
            unsubscribe_url=urls["unsubscribe_url"],
            pk=row.pk,
        )
        fast, variables = mould.fill(
            data, to="a@example.com", message_id=row.message_id, pk=row.pk, now=clock.now()
        )
        assert_same(fast, stock)
        assert variables == parts.variables
    assert isinstance(pair[0].email, Finished)


@pytest.mark.django_db
def test_what_needs_the_ordinary_way_goes_it(make_email, make_lead, queue, smtp):
    """An address with letters beyond ASCII in its domain, and one whose name needs quotes."""
    people = [make_lead(), make_lead(), make_lead("x@example.com")]
    people[0].email, people[1].email = "ju@bücher.example", '"odd"@example.com'
    for lead in people[:2]:
        lead.save()
    rows = queue(make_email(), *people)
    kinds = [type(fast.email) for fast, _stock in prepared(rows)]
    assert kinds == [EmailMultiAlternatives, EmailMultiAlternatives, Finished]
    assert sender.send_due().counts == {State.SENT: 3}
    assert {mail["To"] for mail in smtp.messages} == {
        "ju@xn--bcher-kva.example",
        "odd@example.com",
        "x@example.com",
    }


@pytest.mark.django_db
def test_another_mailer_gets_messages_of_django(make_email, make_lead, queue, mailoutbox):
    queue(make_email(), make_lead())
    sender.send_due()
    (message,) = mailoutbox
    assert isinstance(message, EmailMultiAlternatives)


@pytest.mark.django_db
def test_what_cannot_be_built_says_so_on_both_ways(make_email, make_lead, queue):
    (row,) = queue(make_email(), make_lead())
    version = row.email_version
    type(version).objects.update(text="{{ 1 | divided_by: 0 }}" + version.text)
    for fast, stock in prepared(Message.objects.all()):
        assert fast == stock and fast.reason == "cannot_be_built"


def from_name(wire: bytes) -> str:
    return message_from_bytes(wire, policy=policy.default)["From"].addresses[0].display_name


@pytest.mark.django_db
def test_brand_and_publication_are_asked_while_it_runs(make_email, make_lead, queue, brand):
    """A mould is kept; what it was made from is not taken for granted."""
    email = make_email()
    first, second, third = queue(email, *[make_lead() for _ in range(3)])
    preparer = MessagePreparer(by_smtp=True)
    assert from_name(preparer.prepare([first])[first.pk]().email.wire).startswith("Atelier S")
    brand.sender_name = "Somebody else"
    brand.save()
    preparer._sites_at -= 3  # two seconds later
    assert from_name(preparer.prepare([second])[second.pk]().email.wire) == "Somebody else"
    email.unpublish()
    assert preparer.prepare([third])[third.pk].reason == "email_unpublished"


# -- the pieces --------------------------------------------------------------------------------------------
TEXT = st.text(st.characters(exclude_categories=["Cs"]))


@given(TEXT)
@example("000\x08" + "\x80" * 8 + "\u0800\U000100000")  # just fills a line
@example("." + "x" * 75)
@example("x" * 73 + "=")
def test_quoted_text_is_read_back(text):
    assert max(map(len, undotted(quoted(text) + b"\r\n").split(b"\r\n"))) <= 76
    lines = undotted(open_ended(text) + b"=\r\n")
    assert quopri.decodestring(lines).replace(b"\r\n", b"\n").decode() == text.replace("\r\n", "\n").replace(
        "\r", "\n"
    )
    assert max(map(len, lines.split(b"\r\n"))) <= 76


@given(TEXT)
def test_a_subject_is_read_back(text):
    text = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    line = subject_line(text)
    assert line.startswith(b"Subject: ") and line.endswith(b"\r\n") and line.isascii()
    rows = line[:-2].split(b"\r\n")
    assert max(map(len, rows)) <= 78 and all(row.startswith(b" ") for row in rows[1:])
    header = line[9:-2].decode().replace("\r\n", "\n")
    assert str(make_header(decode_header(header))) == text


@given(TEXT, TEXT.filter(bool))
def test_digests_are_those_of_django(value, secret):
    expected = salted_hmac("salt", value, secret, algorithm="sha256").digest()
    assert digests.digest("salt", value, secret) == expected


KINDS = [(kind, None) for kind in "optuv"] + [("c", number) for number in (0, 1, 12, 9999)]


def test_tokens_are_read_back_and_tell_messages_and_kinds_apart():
    made = {
        (pk, *one): token.decode()
        for pk in (0, 7, 71)
        for one, token in zip(KINDS, tokens.Maker(KINDS).make(pk), strict=True)
    }
    assert len({token.rpartition("~")[2] for token in made.values()}) == len(made)
    for (pk, kind, link), token in made.items():
        assert tokens.read(kind, token) == (pk, link)
        assert tokens.make(kind, pk, link) == token, "alone as among others"
        for foreign in made.values():
            if foreign != token:
                payload, signature = token.rpartition("~")[0], foreign.rpartition("~")[2]
                with pytest.raises(tokens.BadTokenError):
                    tokens.read(kind, f"{payload}~{signature}")


@pytest.mark.parametrize("spelling", ["o07", "c7.03", "o٧", "c7.٣", "O7", "o7 ", "o-7", "c7", "o7.3"])
def test_another_spelling_of_a_token_is_none(spelling):
    signature = tokens.make("c" if "." in spelling else "o", 7, 3 if "." in spelling else None)[-24:]
    with pytest.raises(tokens.BadTokenError):
        tokens.read(spelling[0].lower(), f"{spelling}~{signature}")


def test_tokens_in_emails_that_were_sent_long_ago_still_hold(settings):
    signer = Signer(salt=tokens.SALT, sep=tokens.SEPARATOR)
    old = signer.sign("o7"), signer.sign("c7.3"), tokens.make("u", 7)
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "a new one"
    assert [tokens.read(token[0], token) for token in old] == [(7, None), (7, 3), (7, None)]
    settings.SECRET_KEY_FALLBACKS = []
    for token in old:
        with pytest.raises(tokens.BadTokenError):
            tokens.read(token[0], token)
