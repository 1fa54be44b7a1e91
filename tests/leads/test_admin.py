"""Leads in the admin: list, filters, search, lead page, profile form, custom fields, topics, permissions."""

import datetime as dt
from contextlib import ExitStack

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from wagtail.admin.admin_url_finder import AdminURLFinder
from wagtail.models import ModelLogEntry

from wagtail_automation.admin import roles
from wagtail_automation.admin.panels import LeadPanel, lead_panels
from wagtail_automation.leads import actions
from wagtail_automation.leads.models import CustomField, Identifier, Lead, Topic

NOW = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)
pytestmark = pytest.mark.django_db
NASTY = "<script>alert('1')</script>"


@pytest.fixture(autouse=True)
def empty_cache():
    cache.clear()


@pytest.fixture
def admin(admin_user, client, english):
    client.force_login(admin_user)
    return client


@pytest.fixture
def zoe():
    CustomField.objects.create(key="plan", label="Plan", type="choice", choices=["Basic", "Pro"])
    lead = actions.identify(
        lead=None,
        identifiers={"email": "zoe@example.com", "phone": "+33123456789"},
        fields={"first_name": "Zoé", "last_name": "Dupré", "company": NASTY, "country": "FR", "plan": "Pro"},
        source="form:5f0c6f8e-0000-4000-8000-000000000000",
        now=NOW,
    )
    actions.record_consent(lead=lead, subject="email", granted=True, how="form", text=NASTY, now=NOW)
    actions.record_consent(lead=lead, subject="topic:news", granted=False, how="preferences", now=NOW)
    Topic.objects.create(key="news", name="News & <b>more</b>")
    return lead


def url(name, *args):
    return reverse(f"wagtail_automation_lead:{name}", args=args)


def login(client, role):
    roles.create_groups()  # a flushed test database has none
    user = get_user_model().objects.create_user(role, password="x")
    user.groups.add(Group.objects.get(name=role))
    client.force_login(user)
    return client


def people(response):
    return {str(lead) for lead in response.context["object_list"]}


# -- the list ----------------------------------------------------------------------------------------------


def test_the_list_shows_known_people_unless_others_are_asked_for(admin, zoe):
    actions.create_anonymous(now=NOW)
    response = admin.get(url("index"))
    assert people(response) == {"Zoé Dupré"}
    text = response.content.decode()
    assert "zoe@example.com" in text
    assert "<script>alert(" not in text
    assert len(people(admin.get(url("index"), {"status": "all"}))) == 2
    assert "Zoé Dupré" not in people(admin.get(url("index"), {"status": "anonymous"}))


def test_filters(admin, zoe, admin_user):
    other = actions.identify(
        lead=None,
        identifiers={"email": "max@example.com"},
        fields={"first_name": "Max", "language": "fr-CA"},
        source="import",
        now=NOW + dt.timedelta(days=3),
    )
    Lead.objects.filter(pk=other.pk).update(score=50, owner=admin_user)
    for query in (
        {"language": "fr"},
        {"source": "import"},
        {"score_min": "10"},
        {"created_at_from": "2026-03-03"},
        {"owner": admin_user.pk},
    ):
        assert people(admin.get(url("index"), query)) == {"Max"}, query
    assert people(admin.get(url("index"), {"score_max": "10"})) == {"Zoé Dupré"}
    assert people(admin.get(url("index"), {"language": "nonsense", "score_min": "x"})) == {"Zoé Dupré", "Max"}


def test_search(admin, zoe):
    actions.identify(lead=None, identifiers={"email": "max@example.com"}, source="x", now=NOW)
    for words in ("zoe", "ZOÉ dupre", "zoe@exa", "+3312345"):
        assert people(admin.get(url("index"), {"q": words})) == {"Zoé Dupré"}
        assert people(admin.get(url("index_results"), {"q": words})) == {"Zoé Dupré"}
    assert people(admin.get(url("index"), {"q": "nobody " * 500})) == set()


@pytest.mark.parametrize(
    "filters",
    [
        {},
        {"language": "fr"},
        {"score_min": "0", "score_max": "50", "q": "n"},
        {"source": "web", "status": "all"},
    ],
)
def test_the_list_takes_the_same_statements_for_any_number(admin, zoe, filters):
    admin.get(url("index"))
    counts = []
    for more in (3, 30):
        Lead.objects.bulk_create(
            Lead(first_name=f"N{more}{number}", status="known", language="fr", source=f"campaign:{number}")
            for number in range(more)
        )
        cache.clear()
        with CaptureQueriesContext(connection) as queries:
            admin.get(url("index"), filters)
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_the_list_is_exported_in_the_background_as_it_is_filtered(admin, zoe):
    link = reverse("wagtail_automation_exports:add", args=["leads"]) + "?language=fr&amp;q=zoe"
    assert link in admin.get(url("index"), {"language": "fr", "q": "zoe"}).content.decode()
    assert "export=csv" not in admin.get(url("index")).content.decode()


# -- the lead page -----------------------------------------------------------------------------------------


def test_the_lead_page_shows_everything_escaped(admin, zoe):
    text = admin.get(url("inspect", zoe.pk)).content.decode()
    for shown in (
        "Zoé Dupré",
        "zoe@example.com",
        "+33123456789",
        "France",
        "Pro",
        "Form",
        "News &amp; &lt;b&gt;",
    ):
        assert shown in text, shown
    assert "<script>alert(" not in text
    assert "&lt;script&gt;" in text
    assert " style=" not in text.split("wa-lead-header", 1)[1].split("</main>")[0]


def test_old_links_lead_to_the_survivor(admin, zoe):
    old = actions.create_anonymous(now=NOW)
    actions.merge(source=old, target=zoe, now=NOW, reason="test")
    assert admin.get(url("inspect", old.pk)).url == url("inspect", zoe.pk)
    assert admin.get(url("edit", old.pk)).context["object"] == zoe
    assert admin.get(url("inspect", 999_999)).status_code == 404
    assert admin.get(url("edit", 999_999)).status_code == 404


def test_merges_are_shown(admin, zoe):
    other = actions.identify(
        lead=None, identifiers={"email": "z2@example.com"}, fields={"first_name": NASTY}, source="x", now=NOW
    )
    survivor = actions.merge(source=other, target=zoe, now=NOW, reason="admin")
    text = admin.get(url("inspect", survivor.pk)).content.decode()
    assert "Values not kept" in text
    assert "<script>alert(" not in text


def test_panels_of_other_apps_stand_in_their_column_and_order(admin, zoe):
    class Extra(LeadPanel):
        key = "extra"
        heading = "Extra <panel>"
        order = 1
        template_name = "wagtail_automation/leads/panels/merges.html"

        def get_context(self):
            return {"merges": []}

    class Hidden(Extra):
        key = "hidden"

        def is_shown(self):
            return False

    with lead_panels.temporarily(Extra), lead_panels.temporarily(Hidden):
        response = admin.get(url("inspect", zoe.pk))
    assert response.context["main_panels"][0]["id"] == "panel-extra"
    assert "Extra &lt;panel&gt;" in response.content.decode()
    assert "panel-hidden" not in response.content.decode()


def test_the_lead_page_takes_the_same_statements_for_any_number_of_rows(admin, zoe):
    admin.get(url("inspect", zoe.pk))
    counts = []
    for number in (1, 25):
        for extra in range(number):
            Identifier.objects.create(kind="subscriber", value=f"{number}-{extra}", lead=zoe, source="import")
            actions.record_consent(lead=zoe, subject=f"topic:t{extra}", granted=True, how="import", now=NOW)
        with ExitStack() as stack:
            for panel in lead_panels:  # panels of other apps are tested where they are made
                if not panel.__module__.startswith("wagtail_automation.leads"):
                    stack.enter_context(lead_panels.without(panel.key))
            queries = stack.enter_context(CaptureQueriesContext(connection))
            admin.get(url("inspect", zoe.pk))
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_an_anonymous_lead_has_a_page(admin):
    lead = actions.create_anonymous(now=NOW)
    text = admin.get(url("inspect", lead.pk)).content.decode()
    assert "wa-avatar--none" in text
    assert "Anonymous" in text


# -- the profile form --------------------------------------------------------------------------------------


def form_data(**values):
    return {"email": "zoe@example.com", "first_name": "Zoé", "last_name": "Dupré", "country": "FR", **values}


def test_editing_the_profile(admin, zoe, admin_user):
    page = admin.get(url("edit", zoe.pk)).content.decode()
    assert 'value="Zoé"' in page
    response = admin.post(
        url("edit", zoe.pk),
        form_data(
            city="  Lyon ", plan="Basic", birth_date="1990-02-03", phone="+33123456789", owner=admin_user.pk
        ),
    )
    assert response.url == url("inspect", zoe.pk)
    zoe.refresh_from_db()
    assert (zoe.city, zoe.attributes, zoe.birth_date) == ("Lyon", {"plan": "Basic"}, dt.date(1990, 2, 3))
    assert (zoe.owner, zoe.company) == (admin_user, "")
    assert zoe.field_sources["city"]["source"] == "admin"
    assert zoe.field_sources["first_name"]["source"].startswith("form:")
    entry = ModelLogEntry.objects.get(object_id=str(zoe.pk), action="wagtail.edit")
    assert set(entry.data["fields"]) == {"city", "plan", "birth_date", "owner", "company"}


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"email": "nobody"}, "email"),
        ({"email": ""}, "email"),
        ({"email": "max@example.com"}, "email"),
        ({"email": "a\x00b@example.com"}, "email"),
        ({"first_name": "x" * 101}, "first_name"),
        ({"first_name": "x" * 1_000_000}, "first_name"),
        ({"birth_date": "31/31/2026"}, "birth_date"),
        ({"country": "ZZ"}, "country"),
        ({"time_zone": "Mars/Olympus"}, "time_zone"),
        ({"phone": "call me"}, "phone"),
        ({"language": "French!"}, "language"),
        ({"plan": "Gold"}, "plan"),
        ({"owner": "999999"}, "owner"),
    ],
)
def test_mistakes_are_shown_at_their_field_and_nothing_is_written(admin, zoe, values, field):
    actions.identify(lead=None, identifiers={"email": "max@example.com"}, source="x", now=NOW)
    response = admin.post(url("edit", zoe.pk), form_data(city="Lyon", **values))
    assert response.status_code == 200
    assert list(response.context["form"].errors) == [field]
    zoe.refresh_from_db()
    assert zoe.city == ""


def test_a_corrected_address_replaces_the_former(admin, zoe):
    admin.post(url("edit", zoe.pk), form_data(email="Zoe.New@example.com"))
    assert set(zoe.identifiers.filter(kind="email").values_list("value", flat=True)) == {
        "zoe.new@example.com"
    }
    zoe.refresh_from_db()
    assert zoe.email == "zoe.new@example.com"
    assert zoe.folded["email"] == "zoe.new@example.com"


def test_an_address_given_by_hand_makes_an_anonymous_lead_known(admin):
    lead = actions.create_anonymous(now=NOW)
    admin.post(url("edit", lead.pk), {"email": "now@example.com"})
    lead.refresh_from_db()
    assert (lead.status, lead.email) == ("known", "now@example.com")


def test_adding_a_lead(admin):
    response = admin.post(url("add"), {"email": "New@example.com", "first_name": "Ann"})
    lead = Lead.objects.get()
    assert response.url == url("inspect", lead.pk)
    assert (lead.email, lead.first_name, lead.source) == ("new@example.com", "Ann", "admin")
    response = admin.post(url("add"), {"email": "new@example.com", "first_name": "Bob"})
    assert "email" in response.context["form"].errors
    assert Lead.objects.get().first_name == "Ann"


# -- permissions -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("role", "may_edit", "may_configure"),
    [("Marketer", True, True), ("Salesperson", True, False), ("Analyst", False, False)],
)
def test_roles(client, english, zoe, role, may_edit, may_configure):
    client = login(client, role)
    if role == "Salesperson":  # who looks after her
        Lead.objects.filter(pk=zoe.pk).update(owner=get_user_model().objects.get(username=role))
    assert client.get(url("index")).status_code == 200
    page = client.get(url("inspect", zoe.pk))
    assert page.status_code == 200
    assert (url("edit", zoe.pk) in page.content.decode()) == may_edit
    for address in (url("edit", zoe.pk), url("add")):
        assert client.get(address).status_code == (200 if may_edit else 302)
    assert client.post(url("delete", zoe.pk)).status_code == 302
    assert Lead.objects.filter(pk=zoe.pk).exists()
    for name in ("custom_field", "topic"):
        status = client.get(reverse(f"wagtail_automation_{name}:index")).status_code
        assert status == (200 if may_configure else 302)
    user = get_user_model().objects.get(username=role)
    zoe.refresh_from_db()
    assert AdminURLFinder(user).get_edit_url(zoe) == url("inspect", zoe.pk)


def test_nobody_else_sees_leads(client, english, zoe):
    user = get_user_model().objects.create_user("editor", password="x")
    user.groups.add(Group.objects.get_or_create(name="Editors")[0])
    client.force_login(user)
    for address in (url("index"), url("inspect", zoe.pk), url("edit", zoe.pk), url("history", zoe.pk)):
        assert client.get(address).status_code == 302
    assert AdminURLFinder(user).get_edit_url(zoe) is None
    client.logout()
    assert "login" in client.get(url("inspect", zoe.pk)).url


def test_even_an_administrator_does_not_delete_a_person_by_a_click(admin, zoe):
    admin.post(url("delete", zoe.pk))
    assert Lead.objects.filter(pk=zoe.pk).exists()


# -- custom fields and topics ------------------------------------------------------------------------------


def test_a_custom_field_is_made_and_used_at_once(admin, zoe):
    add = reverse("wagtail_automation_custom_field:add")
    data = {
        "label": "Size",
        "key": "size",
        "type": "multiple_choice",
        "choices": " S \n\nM\r\nL",
        "position": 0,
    }
    assert admin.post(add, data).status_code == 302
    field = CustomField.objects.get(key="size")
    assert field.choices == ["S", "M", "L"]
    assert "Size" in admin.get(url("edit", zoe.pk)).content.decode()
    admin.post(url("edit", zoe.pk), form_data(size=["M", "S"]))
    zoe.refresh_from_db()
    assert zoe.attributes["size"] == ["S", "M"]
    edit = reverse("wagtail_automation_custom_field:edit", args=[field.pk])
    assert "S\nM\nL" in admin.get(edit).content.decode().replace("\r", "")
    admin.post(edit, {**data, "key": "other", "type": "text", "label": "Sizes"})
    field.refresh_from_db()
    assert (field.key, field.type, field.label) == ("size", "multiple_choice", "Sizes")


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"key": "email"}, "key"),
        ({"key": "Größe"}, "key"),
        ({"key": "a__b"}, "key"),
        ({"type": "choice", "choices": ""}, "choices"),
        ({"type": "choice", "choices": "a\na"}, "choices"),
        ({"type": "nothing"}, "type"),
        ({"label": "x" * 101}, "label"),
    ],
)
def test_mistakes_in_custom_fields(admin, values, field):
    data = {"label": "X", "key": "x1", "type": "text", "choices": "", "position": 0, **values}
    response = admin.post(reverse("wagtail_automation_custom_field:add"), data)
    assert list(response.context["form"].errors) == [field]


def test_every_type_of_field_can_be_edited(admin, zoe):
    values = {
        "text": "a", "long_text": "a\nb", "number": "1.5", "date": "2026-01-02",
        "datetime": "2026-01-02 10:00", "boolean": "false",
        "choice": "A", "multiple_choice": ["A"], "country": "DE", "language": "de",
        "phone": "0123456", "url": "https://example.com",
    }  # fmt: skip
    for type_ in CustomField.Type.values:
        CustomField.objects.create(key=f"f_{type_}", label=type_, type=type_, choices=["A", "B"])
    data = form_data(**{f"f_{type_}": value for type_, value in values.items()})
    response = admin.post(url("edit", zoe.pk), data)
    assert response.status_code == 302, response.context["form"].errors
    zoe.refresh_from_db()
    stored = {key: value for key, value in zoe.attributes.items() if key.startswith("f_")}
    assert stored == {
        "f_text": "a", "f_long_text": "a\nb", "f_number": 1.5, "f_date": "2026-01-02",
        "f_datetime": "2026-01-02T10:00:00Z", "f_boolean": False, "f_choice": "A", "f_multiple_choice": ["A"],
        "f_country": "DE", "f_language": "de", "f_phone": "0123456", "f_url": "https://example.com",
    }  # fmt: skip
    # the form shows what is stored: sending it back changes nothing
    form = admin.get(url("edit", zoe.pk)).context["form"]
    again = {name: form[name].value() for name in form.fields if form[name].value() not in (None, "")}
    again = {
        key: value.strftime("%Y-%m-%d %H:%M") if isinstance(value, dt.datetime) else value
        for key, value in again.items()
    }
    assert admin.post(url("edit", zoe.pk), again).status_code == 302
    zoe.refresh_from_db()
    assert {key: value for key, value in zoe.attributes.items() if key.startswith("f_")} == stored
    assert admin.get(url("inspect", zoe.pk)).status_code == 200


def test_topics(admin):
    add = reverse("wagtail_automation_topic:add")
    assert admin.post(add, {"name": "Offers", "key": "offers"}).status_code == 302
    topic = Topic.objects.get()
    assert topic.subject == "topic:offers"
    admin.post(
        reverse("wagtail_automation_topic:edit", args=[topic.pk]),
        {"name": "Great offers", "key": "x", "is_archived": "on"},
    )
    topic.refresh_from_db()
    assert (topic.name, topic.key, topic.is_archived) == ("Great offers", "offers", True)
    assert admin.get(reverse("wagtail_automation_topic:index")).status_code == 200
    assert admin.get(reverse("wagtail_automation_custom_field:index")).status_code == 200
    response = admin.post(add, {"name": "X", "key": "É"})
    assert list(response.context["form"].errors) == ["key"]
