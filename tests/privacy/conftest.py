"""One person who went the whole road, and a search that leaves no table and no file out."""

import json
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings as django_settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.core import mail
from django.core.files.storage import default_storage
from django.db import connection
from wagtail.log_actions import log

from tests.content.conftest import _fresh_cache, field, form, landing, read_form  # noqa: F401
from tests.leads.imports.conftest import boss, load  # noqa: F401
from tests.messaging.conftest import brand, make_email  # noqa: F401
from wagtail_automation import clock
from wagtail_automation.leads import actions

EMAIL, FIRST, LAST, PHONE = "perpetua.lindqvist@example.com", "Perpetua", "Lindqvist", "+33612345678"
MARKS = ("perpetua", "lindqvist", "33612345678")


def everywhere(*marks: str) -> list[str]:
    """``table.column`` of every text in the database, and the path of every file and mail, with a mark."""
    found = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            quoted = connection.ops.quote_name(table)
            cursor.execute(f"SELECT * FROM {quoted}")
            names = [column[0] for column in cursor.description]
            for row in cursor.fetchall():
                for name, value in zip(names, row, strict=True):
                    text = _text(value).lower()
                    if any(mark in text for mark in marks):
                        found.append(f"{table}.{name}: {text[:80]}")
    roots = {Path(django_settings.MEDIA_ROOT), Path(default_storage.location)}
    for root in roots:
        for path in root.rglob("*") if root.exists() else ():
            content = path.read_bytes().decode("utf-8", "replace") if path.is_file() else ""
            if any(mark in f"{path.name} {content}".lower() for mark in marks):
                found.append(str(path))
    for message in mail.outbox:
        if any(mark in str(message.message()).lower() for mark in marks):
            found.append(f"mail: {message.subject}")
    return found


def _text(value) -> str:
    if isinstance(value, memoryview | bytes):
        return bytes(value).decode("utf-8", "replace")
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)
    return str(value)


@pytest.fixture
def make_user(db):
    """``make_user("leads.view_lead", …)``: somebody who may enter the admin and has these permissions."""

    def make(*permissions, username="maria"):
        user = get_user_model().objects.create_user(username, f"{username}@site.example", "secret")
        codenames = ["access_admin", *permissions]
        user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
        return user

    return make


@pytest.fixture
def contact(make_user):
    """The same person, known by a form in the admin and nothing else."""
    lead = actions.create_known(
        identifiers={"email": EMAIL, "phone": PHONE},
        fields={"first_name": FIRST, "last_name": LAST},
        source="admin",
        now=clock.now(),
    )
    user = make_user("change_lead", username="clerk")
    actions.set_fields(lead=lead, fields={"city": "Paris"}, source="admin", now=clock.now(), user=user)
    return lead


@pytest.fixture
def person(
    landing,
    form,
    read_form,
    make_email,
    django_capture_on_commit_callbacks,
    make_user,
):
    """Somebody who visited, sent a form, got an email by a campaign, stands on a list and was edited."""
    from tests.tracking.conftest import Browser
    from wagtail_automation.audiences import actions as audiences
    from wagtail_automation.audiences.models import LeadList
    from wagtail_automation.campaigns import actions as campaigns
    from wagtail_automation.campaigns import engine
    from wagtail_automation.campaigns.models import Campaign
    from wagtail_automation.leads.cohorts import LeadsCohort
    from wagtail_automation.messaging import sender
    from wagtail_automation.messaging.models import Message

    email = make_email()
    form.fields = [
        field("text", "First name", "first_name", lead_field="first_name"),
        field("text", "Last name", "last_name", lead_field="last_name"),
        field("phone", "Phone", "phone", lead_field="phone"),
        field("email", "Email", "email", required=True, lead_field="email"),
        field("long_text", "Message", "message"),
        field("consent", "I would like to receive emails.", "news", subject="email"),
    ]
    form.save()
    tree = [
        ("a", "on_form_submitted", {"parent": "", "branch": "start", "config": {"form": form.pk}}),
        ("b", "do_email_send", {"parent": "", "branch": "main", "config": {"email": email.pk}}),
        ("c", "wait_days", {"parent": "", "branch": "main", "config": {"amount": 3, "unit": "days"}}),
    ]
    ids = {name: f"00000000-0000-4000-8000-00000000000{position}" for position, (name, *_) in enumerate(tree)}
    campaign = Campaign.objects.create(
        name="Welcome",
        live=True,
        tree=[
            {
                "id": ids[name],
                "type": kind,
                "value": {"name": "", **value, "parent": ids.get(value["parent"], "")},
            }
            for name, kind, value in tree
        ],
    )
    campaigns.publish(campaign=campaign)
    who = Browser()
    who.accept()
    assert who.view("/landing/?utm_source=letter").status_code == 204
    with django_capture_on_commit_callbacks(execute=True):
        answer = read_form("/landing/", who).send(
            first_name=FIRST, last_name=LAST, email=EMAIL, phone=PHONE, message=f"Call {LAST}", news="on"
        )
    assert answer.status_code == 303
    lead = apps.get_model("wagtail_automation_leads", "Lead").objects.get(email=EMAIL)
    assert lead.phone == PHONE
    engine.run(60)
    sender.send_due()
    message = Message.objects.get(lead=lead)
    assert message.state == "sent" and len(mail.outbox) == 1
    letter = LeadList.objects.create(name="Letter")
    audiences.add_to_list(lead_list=letter, cohort=LeadsCohort.of(lead, key="hand:1"))
    user = make_user("change_lead", username="editor")
    actions.set_fields(
        lead=lead, fields={"company": f"{LAST} & Co"}, source="admin", now=clock.now(), user=user
    )
    lead.client, lead.campaign, lead.list, lead.message = who, campaign, letter, message
    return lead


@pytest.fixture
def traces(person, make_email, site, boss, load):
    """What a site and its libraries may remember of the person besides: log, revisions, queue, mail, files
    that came in and went out with them among others."""
    from django_q.models import OrmQ, Task
    from django_q.signing import SignedPackage

    from tests.testapp.models import SimplePage
    from wagtail_automation.messaging import actions as messaging

    user = get_user_model().objects.get(username="editor")
    log(person.message, "wagtail.edit", user=user)  # its label names the lead
    log(person.list, "wagtail.edit", user=user, data={"added": [EMAIL, {"phone": PHONE}]})
    log(site.root_page, "wagtail.edit", user=user, data={"note": f"asked by {EMAIL.upper()}"})
    page = SimplePage(title="Contact", slug="contact", locale=site.root_page.locale, body=f"<p>{EMAIL}</p>")
    site.root_page.add_child(instance=page)
    page.save_revision()
    page.body = "<p>Write to us.</p>"
    page.save_revision().publish()
    payload = SignedPackage.dumps(
        {
            "id": "1",
            "name": "x",
            "func": "len",
            "args": (apps.get_model("wagtail_automation_leads", "Lead").objects.get(),),
            "kwargs": {},
        }
    )
    OrmQ.objects.create(key="tests", payload=payload)
    now = clock.now()
    shared = {"func": "len", "started": now, "stopped": now, "success": False}
    Task.objects.create(id="a", name="a", args=({"to": EMAIL},), result=None, **shared)
    Task.objects.create(
        id="b", name="b", args=(), result=f"Key (kind, value)=(email, {EMAIL}) exists", **shared
    )
    Task.objects.create(id="c", name="c", args=(person.pk,), result="fine", **shared)
    messaging.queue_direct(to=EMAIL.title(), subject="Your order", text=f"Dear {FIRST}", key="order:1")
    messaging.queue_direct(to="boss@site.example", subject="A form", text=f"From {EMAIL}", key="form:1")
    messaging.queue_direct(to="other@example.com", subject="Another", text="Hello", key="order:2")
    _files(person, boss, load)
    mail.outbox.clear()  # what was delivered is out of our hands
    return person


def _files(person, boss, load):
    """An import that met the person and refused another row about them, one that nobody started, a mass
    change that names them, and exports of every form with them inside."""
    from wagtail_automation.leads.exports import columns, runner
    from wagtail_automation.leads.models import ExportRun, ImportRun, MassRun

    rows = f"{EMAIL},{FIRST},1980-02-03\nother@example.com,Max,\n{EMAIL},{LAST},32/13/1980\n"
    run = load(f"email,first name,birth date\n{rows}")
    assert (run.state, run.counts["matched"], run.counts["refused"]) == ("done", 1, 1)
    draft = load(f"email,first name\n{EMAIL},{FIRST}\n", go=False)
    ImportRun.objects.filter(pk=draft.pk).update(state="draft")
    keys = [column.key for group in columns.groups_for(boss) for column in group.columns()]
    for format_ in ("csv", "xlsx"):
        export = ExportRun.objects.create(
            user=boss, source="leads", query={}, name="Leads", columns=keys, format=format_, state="queued"
        )
        runner.run_export(export.pk, seconds=60)
        export.refresh_from_db()
        assert export.state == "done" and export.position >= 1, export.problem
    MassRun.objects.create(
        user=boss,
        name=f"Set contact to “{EMAIL}”",
        action="field",
        value={"field": "contact", "value": EMAIL},
        source="leads",
        query={"q": [EMAIL]},
        state="done",
    )


@pytest.fixture
def browser_of(db):
    """``browser_of()``: a browser that nobody asked anything yet."""
    from tests.tracking.conftest import Browser

    return Browser
