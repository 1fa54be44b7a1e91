"""Who somebody is, said by the site: in Python, by a token, by another server, by its login."""

import datetime as dt
import json

import pytest
from django.contrib.auth.models import Permission, User
from django.core import signing
from django.core.exceptions import ValidationError
from django.urls import reverse

from wagtail_automation.leads import actions as leads
from wagtail_automation.leads.identifiers import IdentifierKind, identifier_kinds
from wagtail_automation.leads.models import Identifier, Lead
from wagtail_automation.testing import clock as test_clock
from wagtail_automation.tracking import identity
from wagtail_automation.tracking.models import Visitor

NOW = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)
pytestmark = pytest.mark.django_db

SECRET = "a long secret of the shop"
SETTINGS = {"JOBS": "inline", "IDENTIFY_KEYS": {"shop": SECRET}, "IDENTIFY_LOGIN": "account"}


@pytest.fixture(autouse=True)
def keys(settings):
    settings.WAGTAIL_AUTOMATION = {**settings.WAGTAIL_AUTOMATION, **SETTINGS}
    with test_clock.freeze(NOW):
        yield


def call(client, body, *, key="shop", secret=SECRET, at=NOW, sign=None):
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    timestamp = at if isinstance(at, str) else str(int(at.timestamp()))
    return client.post(
        reverse("wagtail_automation_tracking:identify"),
        data=raw,
        content_type="application/json",
        headers={
            "X-WA-Key": key,
            "X-WA-Timestamp": timestamp,
            "X-WA-Signature": sign if sign is not None else identity.signature(secret, timestamp, raw),
        },
    )


PERSON = {"identifiers": {"crm": "C-17", "email": "Zoe@Example.com"}, "fields": {"first_name": "Zoé"}}


# -- another server ----------------------------------------------------------------------------------------


def test_another_server_identifies(client):
    answer = call(client, PERSON)
    lead = Lead.objects.get()
    assert (answer.status_code, answer.json()) == (200, {"lead": str(lead.uuid)})
    assert (lead.email, lead.first_name, lead.status) == ("zoe@example.com", "Zoé", "known")
    assert set(lead.identifiers.values_list("kind", flat=True)) == {"crm", "email"}
    again = {"identifiers": {"crm": "C-17"}, "fields": {"city": "Lyon"}}
    assert call(client, again).json() == {"lead": str(lead.uuid)}
    assert Lead.objects.get().city == "Lyon"


def test_a_replayed_call_is_refused(client):
    assert call(client, PERSON).status_code == 200
    assert call(client, PERSON).status_code == 403
    with test_clock.freeze(NOW + dt.timedelta(minutes=1)):
        assert call(client, PERSON).status_code == 403


@pytest.mark.parametrize(
    "wrong",
    [
        {"key": "unknown"},
        {"key": ""},
        {"secret": "another"},
        {"sign": ""},
        {"sign": "é" * 64},
        {"sign": "0" * 100_000},
        {"at": NOW - dt.timedelta(minutes=6)},
        {"at": NOW + dt.timedelta(minutes=6)},
        {"at": "soon"},
        {"at": "9" * 400},
        {"at": "-1"},
    ],
    ids=str,
)
def test_forged_and_old_calls_are_refused(client, wrong):
    assert call(client, PERSON, **wrong).status_code == 403
    assert not Lead.objects.exists()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff\xfe",
        b"[" * 5000,
        b"[]",
        b"null",
        {"identifiers": {}},
        {"identifiers": []},
        {"identifiers": {"email": "no address"}},
        {"identifiers": {"unknown": "x"}},
        {"identifiers": {"crm": "x" * 5000}},
        {"identifiers": {"crm": "a\x00b"}},
        {"identifiers": {"crm": "1"}, "fields": {"owner": 1}},
        {"identifiers": {"crm": "1"}, "fields": {"no_such_field": "x"}},
        {"identifiers": {"crm": "1"}, "fields": {f"f{n}": "x" for n in range(100)}},
        b'{"identifiers": {"crm": "' + b"x" * 30_000 + b'"}}',
    ],
    ids=lambda body: str(body)[:40],
)
def test_bad_bodies_are_refused_and_write_nothing(client, body):
    assert call(client, body).status_code == 403
    assert not Lead.objects.exists() and not Identifier.objects.exists()


def test_without_keys_nobody_may_call(client, settings):
    settings.WAGTAIL_AUTOMATION = {**settings.WAGTAIL_AUTOMATION, "IDENTIFY_KEYS": {}}
    assert call(client, PERSON).status_code == 403
    assert client.get(reverse("wagtail_automation_tracking:identify")).status_code == 405


# -- in Python ---------------------------------------------------------------------------------------------


def test_python_needs_no_browser():
    lead = identity.identify(identifiers={"external": "42"}, fields={"last_name": "Roy"})
    assert identity.identify(identifiers={"external": "42"}) == lead
    with pytest.raises(ValidationError):
        identity.identify(identifiers={"email": "nothing"})


def test_a_site_adds_a_kind():
    class Loyalty(IdentifierKind):
        key = "loyalty"
        label = "Loyalty card"
        strength = 75

        @classmethod
        def normalise(cls, value):
            digits = value.replace(" ", "")
            if not (digits.isdigit() and len(digits) == 10):
                raise ValidationError("A card has ten digits.")
            return digits

    with identifier_kinds.temporarily(Loyalty):
        lead = identity.identify(identifiers={"loyalty": "12 34 56 78 90"})
        assert identity.identify(identifiers={"loyalty": "1234567890", "email": "a@example.com"}) == lead
        with pytest.raises(ValidationError):
            identity.identify(identifiers={"loyalty": "12"})
    with pytest.raises(ValidationError):
        identity.identify(identifiers={"loyalty": "1234567890"})


# -- the site's login --------------------------------------------------------------------------------------


def browser_of(client):
    """A consenting browser with a visitor, as the collect endpoint makes it."""
    client.cookies["wa_consent"] = "granted"
    client.post(
        reverse("wagtail_automation_tracking:collect"),
        data=json.dumps({"events": [{"type": "view", "url": "http://testserver/"}]}),
        content_type="text/plain",
        headers={"User-Agent": AGENT},
    )
    return Visitor.objects.order_by("-pk").first()


AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0"


def request_of(rf, client, user=None):
    from importlib import import_module

    from django.conf import settings
    from django.contrib.auth.models import AnonymousUser

    request = rf.get("/", headers={"User-Agent": AGENT})
    request.COOKIES = {name: morsel.value for name, morsel in client.cookies.items()}
    request.session = import_module(settings.SESSION_ENGINE).SessionStore()
    request.user = user or AnonymousUser()
    return request


def test_a_login_ties_and_a_logout_lowers(site, rf, client):
    from django.contrib.auth import login, logout

    visitor = browser_of(client)
    anonymous = visitor.lead
    user = User.objects.create_user("zoe", email="zoe@example.com", password="x")
    login(request_of(rf, client), user, backend="django.contrib.auth.backends.ModelBackend")
    visitor.refresh_from_db()
    assert (visitor.level, visitor.lead) == ("identified", anonymous)
    identifier = Identifier.objects.get()
    assert (identifier.kind, identifier.value) == ("user", str(user.pk))  # the address was not verified
    logout(request_of(rf, client, user))
    visitor.refresh_from_db()
    assert (visitor.level, visitor.lead) == ("recognised", anonymous)
    login(request_of(rf, client), user, backend="django.contrib.auth.backends.ModelBackend")
    visitor.refresh_from_db()
    assert visitor.level == "identified"


def test_another_account_in_the_same_browser_is_another_person(site, rf, client):
    visitor = browser_of(client)
    first, second = (User.objects.create_user(name) for name in ("a", "b"))
    for user in (first, second):
        identity.on_login(None, request=request_of(rf, client, user), user=user)
    assert Lead.objects.known().count() == 2
    visitor.refresh_from_db()
    assert Identifier.objects.get(value=str(first.pk)).lead == visitor.lead


def test_no_login_is_remembered_without_consent_for_editors_or_when_off(site, rf, client, settings):
    user = User.objects.create_user("zoe")
    identity.on_login(None, request=request_of(rf, client, user), user=user)
    browser_of(client)
    editor = User.objects.create_user("editor")
    editor.user_permissions.add(Permission.objects.get(codename="access_admin"))
    identity.on_login(None, request=request_of(rf, client, editor), user=editor)
    settings.WAGTAIL_AUTOMATION = {**settings.WAGTAIL_AUTOMATION, "IDENTIFY_LOGIN": "off"}
    identity.on_login(None, request=request_of(rf, client, user), user=user)
    identity.on_login(None, request=None, user=user)
    identity.on_logout(None, request=None, user=None)
    assert not Identifier.objects.exists()


def test_with_verified_addresses_the_account_joins_the_known_lead(site, rf, client, settings):
    settings.WAGTAIL_AUTOMATION = {**settings.WAGTAIL_AUTOMATION, "IDENTIFY_LOGIN": "email"}
    known = leads.identify(lead=None, identifiers={"email": "zoe@example.com"}, source="form", now=NOW)
    browser_of(client)
    user = User.objects.create_user("zoe", email="ZOE@example.com")
    identity.on_login(None, request=request_of(rf, client, user), user=user)
    assert set(known.identifiers.values_list("kind", flat=True)) == {"email", "user"}
    assert Visitor.objects.get().lead == known
    odd = User.objects.create_user("odd", email="not an address")
    identity.on_login(None, request=request_of(rf, client, odd), user=odd)
    assert Identifier.objects.filter(kind="user").count() == 2


# -- a token in a page -------------------------------------------------------------------------------------


def send(client, **item):
    return client.post(
        reverse("wagtail_automation_tracking:collect"),
        data=json.dumps({"events": [{"type": "identify", **item}]}),
        content_type="text/plain",
        headers={"User-Agent": AGENT},
    )


def test_a_token_identifies_once(site, client, client_class=None):
    from django.test import Client

    visitor = browser_of(client)
    token = identity.identity_token(identifiers={"external": "7"}, fields={"first_name": "Zoé"})
    assert send(client, fields={}, token=token).status_code == 204
    visitor.refresh_from_db()
    assert (visitor.level, visitor.lead.first_name, visitor.lead.status) == ("identified", "Zoé", "known")
    thief = Client()
    other = browser_of(thief)
    send(thief, fields={}, token=token)
    other.refresh_from_db()
    assert (other.level, other.lead.status) == ("anonymous", "anonymous")


def test_forged_old_and_absurd_tokens_identify_nobody(site, client):
    visitor = browser_of(client)
    good = identity.identity_token(identifiers={"external": "7"})
    forged = signing.Signer(salt="another").sign_object({"i": {"external": "7"}, "f": {}, "t": 1, "n": "x"})
    empty = signing.Signer(salt=identity._SALT).sign_object(
        {"i": {}, "f": {}, "t": int(NOW.timestamp()), "n": "x"}
    )
    for token in (good[:-1], good + "x", forged, empty, "x" * 10_000, 7, ["a"], {"a": 1}, ""):
        send(client, fields={}, token=token)
    with test_clock.freeze(NOW + dt.timedelta(hours=1)):
        send(client, fields={}, token=good)
    visitor.refresh_from_db()
    assert (visitor.level, visitor.lead.status) == ("anonymous", "anonymous")
    assert not Identifier.objects.exists()


def test_without_a_token_a_browser_only_declares(site, client):
    visitor = browser_of(client)
    send(client, fields={"first_name": "Zoé", "email": "zoe@example.com", "phone": "+33123456789"})
    lead = Lead.objects.get(pk=visitor.lead_id)
    assert (lead.first_name, lead.email, lead.status) == ("Zoé", "", "anonymous")
    leads.identify(lead=lead, identifiers={"external": "7"}, source="api", now=NOW)
    send(client, fields={"first_name": "Mallory"})
    lead.refresh_from_db()
    assert lead.first_name == "Zoé"


def test_two_known_people_never_become_one_by_a_recognised_browser(site, rf, client):
    visitor = browser_of(client)
    first = leads.identify(lead=None, identifiers={"email": "a@example.com"}, source="form", now=NOW)
    from wagtail_automation.tracking import visitors

    visitors.remember(request_of(rf, client), first, "recognised")
    second = identity.identify(
        identifiers={"email": "b@example.com"}, request=request_of(rf, client), now=NOW
    )
    assert second != first and Lead.objects.known().count() == 2
    visitor.refresh_from_db()
    assert (visitor.lead, visitor.level) == (first, "recognised")
