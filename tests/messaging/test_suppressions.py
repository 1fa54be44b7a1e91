"""The suppression list in the admin: seen, searched, filled, imported, taken off again with a reason."""

import pytest
from django.contrib.auth.models import Group, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from wagtail.models import ModelLogEntry

from wagtail_automation import clock
from wagtail_automation.admin.roles import create_groups
from wagtail_automation.messaging import addresses, sender
from wagtail_automation.messaging.delivery import suppressing
from wagtail_automation.messaging.delivery.names import (
    MAILBOX_READ,
    SUPPRESSION_ADD,
    SUPPRESSION_LIST,
    SUPPRESSION_REMOVE,
)
from wagtail_automation.messaging.models import Mailbox, Suppression

pytestmark = pytest.mark.django_db


def log_in(client, group):
    create_groups()
    user = User.objects.create_user("marie", "marie@example.com", "x")
    user.groups.add(Group.objects.get(name=group))
    client.force_login(user)
    return client


@pytest.fixture
def marketer(client, db):
    return log_in(client, "Marketer")


def post(client, **data):
    return client.post(reverse(SUPPRESSION_ADD), {"text": "", "reason": "manual", **data}, follow=True)


def test_pasted_addresses_and_what_is_none(marketer):
    answer = post(
        marketer,
        text="Ada@Example.com\n\nname;mail\n  <bob@example.com>\nnobody\nada@example.com",
        reason="bounce",
    )
    page = answer.content.decode()
    assert "2 addresses are suppressed" in page and "nobody" in page
    rows = Suppression.objects.order_by("address").values_list("address", "reason")
    assert list(rows) == [("ada@example.com", "bounce"), ("bob@example.com", "bounce")]
    assert "2 were there already" in post(marketer, text="ADA@example.com\nbob@example.com").content.decode()
    assert Suppression.objects.count() == 2


def test_a_file_of_another_program(marketer):
    csv = '\ufeffE-Mail;Grund\n"eve@example.com";hard\nmax@example.com;spam\n'.encode()
    post(marketer, file=SimpleUploadedFile("list.csv", csv))
    assert set(Suppression.objects.values_list("address", flat=True)) == {
        "eve@example.com",
        "max@example.com",
    }
    entry = ModelLogEntry.objects.get(action=suppressing.IMPORT_LOG_ACTION)
    assert entry.data == {"added": 2, "reason": "manual"} and "example.com" not in entry.label


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({}, "Write addresses or choose a file"),
        ({"file": SimpleUploadedFile("x.csv", b"\xff\xfe\x00\x01")}, "no text in UTF-8"),
        ({"text": "a@b.example", "reason": "erased"}, "Select a valid choice"),
        ({"text": "a@b.example\n" * 100_001}, "At most 100000"),
    ],
)
def test_what_cannot_be_imported(marketer, data, words):
    page = post(marketer, **data).content.decode()
    assert words in page
    assert not Suppression.objects.exists()


def test_a_suppressed_address_gets_nothing_until_it_is_taken_off(
    marketer, make_email, make_lead, queue, smtp
):
    post(marketer, text="ada@example.com")
    email, ada = make_email(), make_lead("Ada@Example.com")
    queue(email, ada)
    sender.send_due()
    assert smtp.raw == []
    row = Suppression.objects.get()
    url = reverse(SUPPRESSION_REMOVE, args=[row.pk])
    assert "consent is kept apart" in marketer.get(url).content.decode()
    assert Suppression.objects.exists(), "a GET changes nothing"
    assert "This field is required" in marketer.post(url, {"why": " "}).content.decode()
    marketer.post(url, {"why": "They asked for it by phone"})
    entry = ModelLogEntry.objects.get(action=suppressing.REMOVE_LOG_ACTION)
    assert entry.user.username == "marie" and entry.data["why"] == "They asked for it by phone"
    assert "ada" not in entry.label
    queue(email, ada, key="again")
    sender.send_due()
    assert len(smtp.raw) == 1


def test_list_search_and_export(marketer):
    for name in ("ada", "bob"):
        suppressing.suppress(f"{name}@example.com", "bounce", detail="=1+1")
    Suppression.objects.create(
        address_hash=addresses.hashes("gone@example.com")[0], reason="erased", at=clock.now()
    )
    url = reverse(SUPPRESSION_LIST)
    page = marketer.get(url).content.decode()
    assert "ada@example.com" in page and "(erased)" in page and page.count("Remove…") == 2
    page = marketer.get(url, {"q": "bob@ex"}).content.decode()
    assert "bob@example.com" in page and "ada@example.com" not in page
    page = marketer.get(url, {"q": "Gone@Example.com"}).content.decode()
    assert "(erased)" in page and "gone@example.com" not in page.replace('value="Gone@Example.com"', "")
    page = marketer.get(url, {"reason__exact": "complaint"}).content.decode()
    assert "ada@example.com" not in page
    export = marketer.get(url, {"export": "csv"}).getvalue().decode()
    assert "'=1+1" in export
    erased = Suppression.objects.get(reason="erased")
    assert marketer.post(reverse(SUPPRESSION_REMOVE, args=[erased.pk]), {"why": "x"}).status_code == 404


def test_salespeople_have_no_part_in_it(client):
    suppressing.suppress("ada@example.com", "bounce")
    seller = log_in(client, "Salesperson")
    answer = seller.get(reverse(SUPPRESSION_LIST), follow=True)
    assert "ada@example.com" not in answer.content.decode()
    assert seller.post(reverse(SUPPRESSION_ADD), {"text": "x@y.example"}).status_code in (302, 403)
    assert Suppression.objects.count() == 1


def test_a_mailbox_in_the_admin(marketer):
    url = reverse("wagtail_automation_mailbox:add")
    data = {
        "name": "Bounces",
        "protocol": "imap",
        "host": "imap.example",
        "port": "993",
        "username": "b",
        "secret": "a b!",
        "folder": "INBOX",
        "is_active": "on",
    }
    assert "A name of letters" in marketer.post(url, data).content.decode()
    marketer.post(url, {**data, "secret": "bounces", "host": "127.0.0.1", "port": "1"})
    mailbox = Mailbox.objects.get()
    read = reverse(MAILBOX_READ, args=[mailbox.pk])
    marketer.get(read)
    mailbox.refresh_from_db()
    assert mailbox.read_at is None
    page = marketer.post(read, follow=True).content.decode()
    assert "SECRETS" in page
