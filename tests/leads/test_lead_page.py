"""The lead page in pieces: one field in place, notes, files, the photo, who a visitor is; who may do what."""

import datetime as dt
import io
from pathlib import Path

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group, Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from PIL import Image
from wagtail.models import ModelLogEntry, Site

from wagtail_automation import private
from wagtail_automation.admin import roles
from wagtail_automation.leads import actions, item_actions, page
from wagtail_automation.leads.models import CustomField, Lead, LeadFile, LeadNote, LeadPhoto
from wagtail_automation.tracking.models import Event

NOW = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)
PIECE = {"HTTP_X_REQUESTED_WITH": "wa-fragment"}
NASTY = "<script>alert('1')</script>"
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def private_files(settings, tmp_path):
    settings.WAGTAIL_AUTOMATION = {
        **getattr(settings, "WAGTAIL_AUTOMATION", {}),
        "PRIVATE_ROOT": str(tmp_path / "private"),
        "FILE_MAX_BYTES": 1000,
    }
    return tmp_path / "private"


@pytest.fixture
def admin(admin_user, client, english):
    client.force_login(admin_user)
    return client


@pytest.fixture
def zoe():
    CustomField.objects.create(key="plan", label="Plan", type="choice", choices=["Basic", "Pro"])
    return actions.identify(
        lead=None,
        identifiers={"email": "zoe@example.com"},
        fields={"first_name": "Zoé", "city": "Lyon"},
        source="import",
        now=NOW,
    )


def person(name, *permissions):
    user = get_user_model().objects.create_user(name, password="x")
    wanted = {"access_admin", "view_all_leads", *permissions} if permissions else {"access_admin"}
    user.user_permissions.add(*Permission.objects.filter(codename__in=wanted))
    return user


def url(name, *args):
    return reverse(f"wagtail_automation_{name}", args=args)


def page_of(lead):
    return reverse("wagtail_automation_lead:inspect", args=[lead.pk])


# -- one field ---------------------------------------------------------------------------------------------


def test_a_value_is_changed_in_place(admin, zoe, admin_user):
    address = url("lead_field", zoe.pk, "city")
    form = admin.get(address, **PIECE)
    assert 'value="Lyon"' in form.content.decode()
    assert "<html" not in form.content.decode()
    answer = admin.post(address, {"city": " Nice "}, **PIECE)
    assert (answer.status_code, answer.headers["X-WA-Focus"]) == (200, "edit-city")
    assert "Nice" in answer.content.decode()
    assert 'data-wa-replace=".wa-lead-header"' in answer.content.decode()
    zoe.refresh_from_db()
    assert (zoe.city, zoe.field_sources["city"]["source"]) == ("Nice", "admin")
    data = Event.objects.get(name="lead_updated").data
    assert data == {"changes": {"city": ["Lyon", "Nice"]}, "source": "admin", "user": admin_user.pk}


def test_without_the_script_the_same_address_is_a_page(admin, zoe):
    address = url("lead_field", zoe.pk, "plan")
    assert "<html" in admin.get(address).content.decode()
    answer = admin.post(address, {"plan": "Gold"})
    assert answer.status_code == 200
    assert "error-message" in answer.content.decode()
    answer = admin.post(address, {"plan": "Pro"})
    assert answer.url == f"{page_of(zoe)}#panel-profile-section"
    zoe.refresh_from_db()
    assert zoe.attributes == {"plan": "Pro"}
    assert admin.get(url("lead_panel", zoe.pk, "profile")).url == f"{page_of(zoe)}#panel-profile-section"


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("email", ""),
        ("email", "nobody"),
        ("email", "max@example.com"),
        ("country", "ZZ"),
        ("birth_date", "31/31/2026"),
        ("first_name", "x" * 101),
        ("phone", "call me"),
        ("owner", "999999"),
    ],
)
def test_a_mistake_stands_at_the_field(admin, zoe, key, value):
    actions.identify(lead=None, identifiers={"email": "max@example.com"}, source="x", now=NOW)
    answer = admin.post(url("lead_field", zoe.pk, key), {key: value}, **PIECE)
    assert answer.status_code == 422
    assert "error-message" in answer.content.decode()
    assert not Event.objects.filter(name="lead_updated").exists()


@pytest.mark.parametrize("key", ["score", "folded", "attributes", "uuid", "nonsense", "source", "photo"])
def test_what_is_no_field_of_the_form_cannot_be_set(admin, zoe, key):
    assert admin.get(url("lead_field", zoe.pk, key)).status_code == 404
    assert admin.post(url("lead_field", zoe.pk, key), {key: "1"}).status_code == 404


def test_address_and_owner_in_place(admin, zoe, admin_user):
    admin.post(url("lead_field", zoe.pk, "email"), {"email": "Zoe.New@example.com"}, **PIECE)
    admin.post(url("lead_field", zoe.pk, "owner"), {"owner": admin_user.pk}, **PIECE)
    zoe.refresh_from_db()
    assert (zoe.email, zoe.owner) == ("zoe.new@example.com", admin_user)
    assert list(zoe.identifiers.values_list("value", flat=True)) == ["zoe.new@example.com"]


# -- notes -------------------------------------------------------------------------------------------------


def test_a_note_is_written_shown_changed_and_deleted(admin, zoe, admin_user):
    answer = admin.post(url("note_add", zoe.pk), {"text": f"Called {NASTY}\nhttps://example.com"}, **PIECE)
    assert answer.headers["X-WA-Refresh"] == "timeline"
    note = LeadNote.objects.get()
    assert (note.lead, note.author) == (zoe, admin_user)
    text = admin.get(page_of(zoe)).content.decode()
    assert text.count("Called &lt;script&gt;") == 2, "in the panel and in the timeline"
    assert "<script>alert(" not in text
    assert 'href="https://example.com"' in text
    admin.post(url("note_edit", zoe.pk, note.pk), {"text": "Called twice"}, **PIECE)
    note.refresh_from_db()
    assert note.text == "Called twice"
    assert note.edited_at
    admin.post(url("note_delete", zoe.pk, note.pk), **PIECE)
    assert not LeadNote.objects.exists()
    text = admin.get(page_of(zoe)).content.decode()
    assert "Called twice" not in text
    assert "deleted since" in text
    logged = set(ModelLogEntry.objects.values_list("action", flat=True))
    assert {f"wagtail_automation.note_{act}" for act in ("add", "change", "delete")} <= logged


@pytest.mark.parametrize("text", ["", "  \n ", "x" * 10_001, "\x00"])
def test_a_note_needs_text_of_bearable_length(admin, zoe, text):
    answer = admin.post(url("note_add", zoe.pk), {"text": text}, **PIECE)
    assert answer.status_code == 422
    assert not LeadNote.objects.exists()


def test_only_the_author_or_who_may_changes_a_note(client, english, zoe):
    author = person("author", "view_lead", "view_leadnote", "add_leadnote")
    other = person("other", "view_lead", "view_leadnote", "add_leadnote")
    chief = person("chief", "view_lead", "view_leadnote", "change_leadnote", "delete_leadnote")
    note = item_actions.add_note(lead=zoe, text="Mine", now=NOW, user=author)
    edit, delete = url("note_edit", zoe.pk, note.pk), url("note_delete", zoe.pk, note.pk)
    client.force_login(other)
    for address in (edit, delete):
        assert client.post(address, {"text": "Stolen"}).status_code in (302, 403)
        assert client.get(address).status_code in (302, 403)
    assert edit not in client.get(page_of(zoe)).content.decode()
    note.refresh_from_db()
    assert note.text == "Mine"
    client.force_login(author)
    assert edit in client.get(page_of(zoe)).content.decode()
    client.post(edit, {"text": "Mine again"})
    client.force_login(chief)
    client.post(edit, {"text": "Approved"})
    note.refresh_from_db()
    assert note.text == "Approved"
    stranger = actions.create_anonymous(now=NOW)
    assert client.post(url("note_edit", stranger.pk, note.pk), {"text": "x"}).status_code == 404
    client.post(delete)
    assert not LeadNote.objects.exists()


def test_who_may_not_see_notes_does_not_find_them_in_the_timeline(client, english, zoe):
    item_actions.add_note(lead=zoe, text="Confidential", now=NOW)
    client.force_login(person("analyst", "view_lead"))
    for query in ({}, {"timeline_q": "confidential"}, {"timeline": "note"}):
        text = client.get(page_of(zoe), query).content.decode()
        assert "Confidential" not in text
        assert "panel-notes" not in text
    assert client.get(url("lead_panel", zoe.pk, "notes"), **PIECE).status_code == 404


# -- files -------------------------------------------------------------------------------------------------


def attach(client, lead, name="offer.pdf", content=b"%PDF-1.4 x"):
    return client.post(url("file_add", lead.pk), {"file": SimpleUploadedFile(name, content)}, **PIECE)


def test_a_file_is_kept_privately_and_sent_as_a_download(
    admin, zoe, private_files, settings, django_capture_on_commit_callbacks
):
    assert attach(admin, zoe, "Devis été.pdf", b"%PDF-1.4 <script>").status_code == 200
    item = LeadFile.objects.get()
    path = private_files / item.file.name
    assert path.read_bytes() == b"%PDF-1.4 <script>"
    assert path.stat().st_mode & 0o077 == 0
    assert "Devis" not in item.file.name
    with pytest.raises(ValueError, match="no address"):
        _ = item.file.url
    answer = admin.get(url("file", zoe.pk, item.pk))
    assert b"".join(answer.streaming_content) == b"%PDF-1.4 <script>"
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert "no-store" in answer.headers["Cache-Control"]
    assert "Devis été.pdf" in admin.get(page_of(zoe)).content.decode()
    with django_capture_on_commit_callbacks(execute=True):
        admin.post(url("file_delete", zoe.pk, item.pk), **PIECE)
    assert not path.exists()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("page.html", b"x"),
        ("run.exe", b"x"),
        ("image.svg", b"<svg/>"),
        ("none", b"x"),
        (".pdf", b"x"),
        ("big.pdf", b"x" * 1001),
        ("empty.pdf", b""),
    ],
)
def test_files_that_are_refused(admin, zoe, private_files, name, content):
    answer = attach(admin, zoe, name, content)
    assert answer.status_code == 422
    assert "error-message" in answer.content.decode()
    assert not LeadFile.objects.exists()
    assert not [path for path in Path(private_files).rglob("*") if path.is_file()]


def test_a_file_that_cannot_be_noted_leaves_nothing_behind(zoe, private_files, monkeypatch):
    def fail(**kwargs):
        raise RuntimeError

    monkeypatch.setattr(item_actions.signals.items_added, "send", fail)
    with pytest.raises(RuntimeError):
        item_actions.add_file(lead=zoe, upload=SimpleUploadedFile("a.txt", b"a"), now=NOW)
    assert not [path for path in private_files.rglob("*") if path.is_file()]
    assert not LeadFile.objects.exists()


def test_permission_for_files(client, english, zoe, admin_user):
    item = item_actions.add_file(
        lead=zoe, upload=SimpleUploadedFile("a.txt", b"secret"), now=NOW, user=admin_user
    )
    client.force_login(person("analyst", "view_lead"))
    assert client.get(url("file", zoe.pk, item.pk)).status_code in (302, 403)
    assert attach(client, zoe).status_code in (302, 403)
    assert "a.txt" not in client.get(page_of(zoe)).content.decode()
    client.force_login(person("seller", "view_lead", "view_leadfile", "add_leadfile"))
    answer = client.get(url("file", zoe.pk, item.pk))
    assert b"".join(answer.streaming_content) == b"secret"
    assert client.post(url("file_delete", zoe.pk, item.pk)).status_code in (302, 403)
    assert LeadFile.objects.exists()
    client.force_login(person("nobody"))
    for address in (url("file", zoe.pk, item.pk), url("lead_photo", zoe.pk, "x"), url("note_add", zoe.pk)):
        assert client.get(address).status_code in (302, 403)
    client.logout()
    assert "login" in client.get(url("file", zoe.pk, item.pk)).url


def test_files_below_the_media_folder_are_warned_of(settings, tmp_path):
    settings.MEDIA_ROOT = str(tmp_path)
    settings.WAGTAIL_AUTOMATION = {"PRIVATE_ROOT": str(tmp_path / "in")}
    assert [warning.id for warning in private.check_private_root()] == ["wagtail_automation.W010"]
    settings.WAGTAIL_AUTOMATION = {}
    assert private.check_private_root() == []
    assert private.root() == tmp_path.parent.resolve() / "private"


# -- photo -------------------------------------------------------------------------------------------------


def picture(format_="PNG", size=(600, 300), colour="red", **options):
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, format_, **options)
    return out.getvalue()


def send_photo(client, lead, content, name="me.png", **more):
    data = {"photo": SimpleUploadedFile(name, content), **more}
    return client.post(url("lead_photo_edit", lead.pk), data)


def test_a_photo_is_drawn_anew_and_shown_to_those_who_may_see_the_lead(admin, zoe, client):
    exif = Image.Exif()
    exif[0x010E] = "secret place"
    assert send_photo(admin, zoe, picture("JPEG", exif=exif)).status_code == 302
    photo = LeadPhoto.objects.get()
    image = Image.open(io.BytesIO(bytes(photo.image)))
    assert (image.format, image.size, dict(image.getexif())) == ("JPEG", (256, 256), {})
    address = url("lead_photo", zoe.pk, photo.digest)
    text = admin.get(page_of(zoe)).content.decode()
    assert address in text
    assert address in admin.get(reverse("wagtail_automation_lead:index")).content.decode()
    answer = admin.get(address)
    assert answer.headers["Content-Type"] == "image/jpeg"
    assert "private" in answer.headers["Cache-Control"]
    assert admin.get(url("lead_photo", zoe.pk, "0" * 16)).status_code == 404
    send_photo(admin, zoe, picture(size=(40, 80), colour="blue"))
    assert LeadPhoto.objects.get().digest != photo.digest
    admin.post(url("lead_photo_edit", zoe.pk), {"remove": "on"})
    assert not LeadPhoto.objects.exists()
    client.logout()
    assert "login" in client.get(address).url


@pytest.mark.parametrize(
    "content", [b"", b"<svg onload=alert(1)>", b"GIF89a", b"\x89PNG\r\n\x1a\n" + b"x" * 50, picture()[:200]]
)
def test_what_is_no_picture_is_refused(admin, zoe, content):
    answer = send_photo(admin, zoe, content)
    if content:
        assert "error-message" in answer.content.decode()
    assert not LeadPhoto.objects.exists()


# -- merge and erasure -------------------------------------------------------------------------------------


def test_notes_files_and_photo_go_with_their_person(zoe, private_files, django_capture_on_commit_callbacks):
    item_actions.add_note(lead=zoe, text="A note", now=NOW)
    item = item_actions.add_file(lead=zoe, upload=SimpleUploadedFile("a.txt", b"a"), now=NOW)
    item_actions.set_photo(lead=zoe, upload=SimpleUploadedFile("a.png", picture()), now=NOW)
    other = actions.identify(lead=None, identifiers={"email": "o@example.com"}, source="x", now=NOW)
    mine = item_actions.set_photo(
        lead=other, upload=SimpleUploadedFile("b.png", picture(size=(9, 9), colour="blue")), now=NOW
    )
    survivor = actions.merge(source=zoe, target=other, now=NOW, reason="test")
    assert survivor.notes.get().text == "A note"
    assert survivor.files.get() == item
    assert survivor.photo.digest == mine.digest
    path = private_files / item.file.name
    assert path.exists()
    with django_capture_on_commit_callbacks(execute=True):
        survivor.delete()
    assert not path.exists()
    assert not (LeadNote.objects.exists() or LeadFile.objects.exists() or LeadPhoto.objects.exists())


def test_a_deletion_that_is_taken_back_keeps_the_file(zoe, private_files, transactional_db):
    item = item_actions.add_file(lead=zoe, upload=SimpleUploadedFile("a.txt", b"a"), now=NOW)
    with pytest.raises(RuntimeError), transaction.atomic():
        item.delete()
        raise RuntimeError
    assert (private_files / item.file.name).exists()


# -- who a visitor is --------------------------------------------------------------------------------------


def test_a_visitor_is_identified_by_hand(admin, admin_user):
    lead = actions.create_anonymous(now=NOW)
    address = url("lead_identify", lead.pk)
    assert address in admin.get(page_of(lead)).content.decode()
    for wrong in ({}, {"first_name": "Ann"}, {"email": "nobody"}, {"phone": "x"}):
        assert "error-message" in admin.post(address, wrong).content.decode(), wrong
    answer = admin.post(address, {"email": "Ann@example.com", "first_name": "Ann"})
    assert answer.url == page_of(lead)
    lead.refresh_from_db()
    assert (lead.status, lead.email, lead.first_name) == ("known", "ann@example.com", "Ann")
    assert lead.field_sources["email"]["source"] == "admin"
    entry = ModelLogEntry.objects.get(action="wagtail_automation.identify")
    assert (entry.object_id, entry.user) == (str(lead.pk), admin_user)
    assert admin.get(address).status_code == 302


def test_a_visitor_of_a_known_person_is_added_to_them_after_a_question(admin, zoe):
    lead = actions.create_anonymous(now=NOW)
    address = url("lead_identify", lead.pk)
    data = {"email": "zoe@example.com", "first_name": "Other", "company": "Acme"}
    answer = admin.post(address, data)
    assert "belongs to Zoé" in answer.content.decode()
    assert Lead.objects.filter(pk=lead.pk).exists()
    assert 'name="merge" value="on"' in answer.content.decode()
    assert admin.post(address, {**data, "merge": "on"}).url == page_of(zoe)
    zoe.refresh_from_db()
    assert (zoe.first_name, zoe.company) == ("Zoé", "Acme"), "what is there stays"
    assert Lead.objects.resolve(lead.pk) == zoe


# -- in all ------------------------------------------------------------------------------------------------


def test_roles_may_write_notes_and_files(client, english, zoe):
    roles.create_groups()
    for role, expected in (("Marketer", True), ("Salesperson", True), ("Analyst", False)):
        user = get_user_model().objects.create_user(role, password="x")
        user.groups.add(Group.objects.get(name=role))
        actions.set_owner(lead=zoe, owner=user, now=NOW)  # a salesperson sees their own leads
        client.force_login(user)
        answer = client.post(url("note_add", zoe.pk), {"text": role})
        assert LeadNote.objects.filter(text=role).exists() == expected, answer.status_code
        assert attach(client, zoe).status_code == (200 if expected else 302)


def test_the_panels_take_the_same_statements_for_any_number(admin, zoe, admin_user):
    counts = []
    for number in (1, 20):
        for extra in range(number):
            item_actions.add_note(
                lead=zoe, text=f"n{number}-{extra}", now=NOW, source=f"campaign:{number}{extra}"
            )
            item_actions.add_note(lead=zoe, text=f"m{number}-{extra}", now=NOW, user=admin_user)
            upload = SimpleUploadedFile("a.txt", b"a")
            item_actions.add_file(lead=zoe, upload=upload, now=NOW, user=admin_user)
        with CaptureQueriesContext(connection) as queries:
            admin.get(page_of(zoe))
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_an_old_link_leads_to_the_survivor(admin, zoe):
    old = actions.create_anonymous(now=NOW)
    actions.merge(source=old, target=zoe, now=NOW, reason="test")
    admin.post(url("note_add", old.pk), {"text": "late"})
    assert zoe.notes.get().text == "late"
    assert admin.post(url("note_add", 999_999), {"text": "x"}).status_code == 404


def test_a_lead_has_an_absolute_address_wherever_the_admin_is_said_to_be(zoe, settings):
    here = page.lead_url(zoe)
    settings.WAGTAILADMIN_BASE_URL = "https://admin.example/"
    assert page.absolute_lead_url(zoe) == f"https://admin.example{here}"
    del settings.WAGTAILADMIN_BASE_URL
    settings.WAGTAIL_AUTOMATION = {**settings.WAGTAIL_AUTOMATION, "BASE_URL": "https://www.example.org"}
    assert page.absolute_lead_url(zoe) == f"https://www.example.org{here}"
    settings.WAGTAIL_AUTOMATION = {**settings.WAGTAIL_AUTOMATION, "BASE_URL": None}
    assert page.absolute_lead_url(zoe) == f"{Site.objects.get(is_default_site=True).root_url}{here}"
