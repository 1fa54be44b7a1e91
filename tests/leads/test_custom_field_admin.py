"""Custom fields in the admin: order, archive and back without loss, where used; each type usable at once."""

import datetime as dt

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from wagtail.models import ModelLogEntry

from wagtail_automation import liquid
from wagtail_automation.audiences.models import Segment
from wagtail_automation.content import lead_mapping
from wagtail_automation.leads import actions, custom_field_actions
from wagtail_automation.leads.activities import FieldSet
from wagtail_automation.leads.conditions import FieldEquals
from wagtail_automation.leads.exports.columns import export_columns
from wagtail_automation.leads.fields import custom_fields
from wagtail_automation.leads.imports.people import all_fields
from wagtail_automation.leads.models import CustomField, Lead
from wagtail_automation.leads.usage import uses_of
from wagtail_automation.rules.compiler import compile_rule
from wagtail_automation.rules.rule import Rule
from wagtail_automation.rules.scope import Scope

NOW = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)
pytestmark = pytest.mark.django_db
INDEX = "wagtail_automation_custom_field:index"


@pytest.fixture
def admin(admin_user, client, english):
    client.force_login(admin_user)
    return client


@pytest.fixture
def plan():
    return CustomField.objects.create(key="plan", label="Plan", type="choice", choices=["Basic", "Pro"])


@pytest.fixture
def zoe(plan):
    return actions.identify(
        lead=None, identifiers={"email": "z@example.com"}, fields={"plan": "Pro"}, source="x", now=NOW
    )


def rule(key="plan", value="Pro"):
    item = {"id": "a", "type": "field_equals", "value": {"field": key, "value": value}}
    return Rule({"match": "all", "items": [item]})


def found(rule_):
    return set(Lead.objects.filter(compile_rule(rule_, Scope(NOW))).values_list("pk", flat=True))


# -- order -------------------------------------------------------------------------------------------------


def order():
    return "".join(CustomField.objects.values_list("key", flat=True))


def test_fields_are_moved_whatever_their_numbers_were(admin):
    fields = {key: CustomField.objects.create(key=key, label=key, type="text", position=0) for key in "abcd"}
    assert order() == "abcd"
    for key, place, expected in (
        ("d", "0", "dabc"),
        ("d", "2", "abdc"),
        ("a", "3", "bdca"),
        ("b", "99", "dcab"),
        ("d", "nonsense", "cabd"),
        ("b", "2", "cabd"),
    ):
        address = reverse("wagtail_automation_custom_field:reorder", args=[fields[key].pk])
        assert admin.post(f"{address}?position={place}").status_code == 200
        assert order() == expected, (key, place)
    assert list(CustomField.objects.values_list("position", flat=True)) == [0, 1, 2, 3]
    assert [field.key for field in custom_fields()] == list("cabd")
    text = admin.get(reverse(INDEX)).content.decode()
    assert "w-orderable" in text


def test_a_new_field_stands_last(admin, plan):
    custom_field_actions.move(field=plan, place=0)
    for key in ("b1", "a1"):
        data = {"label": key, "key": key, "type": "text", "choices": ""}
        assert admin.post(reverse("wagtail_automation_custom_field:add"), data).status_code == 302
    assert [field.key for field in custom_fields()] == ["plan", "b1", "a1"]


# -- archive -----------------------------------------------------------------------------------------------


def test_an_archived_field_is_offered_no_more_and_nothing_is_lost(admin, zoe, plan, admin_user):
    address = reverse("wagtail_automation_field_usage", args=[plan.pk])
    admin.post(address, {"archived": "1"})
    plan.refresh_from_db()
    assert plan.is_archived
    form = reverse("wagtail_automation_lead:edit", args=[zoe.pk])
    assert "id_plan" not in admin.get(form).content.decode()
    assert reverse("wagtail_automation_lead_field", args=[zoe.pk, "plan"]) not in (
        admin.get(reverse("wagtail_automation_lead:inspect", args=[zoe.pk])).content.decode()
    )
    assert admin.get(reverse("wagtail_automation_lead_field", args=[zoe.pk, "plan"])).status_code == 404
    assert "plan" not in {field.key for field in all_fields()}, "not among the columns of an import"
    for html in (
        FieldEquals().child_blocks["field"].field.widget.render("x", "plan"),
        FieldSet().child_blocks["field"].field.widget.render("x", "plan"),
    ):
        option = html.split('value="plan"')[1].split(">")[0]
        assert "hidden" in option, "only where it is chosen already"
        assert "selected" in option
    # old rules, texts and exports go on
    assert found(rule()) == {zoe.pk}
    block = FieldEquals()
    assert block.clean(block.to_python({"field": "plan", "value": "Pro"}))["field"] == "plan"
    assert liquid.render("{{ lead.plan }}", liquid.contexts([zoe], {"lead"})[zoe.pk]) == "Pro"
    columns = {column.key for group in export_columns for column in group().columns()}
    assert any(key.endswith("plan") for key in columns)
    # saving the profile meanwhile leaves the value alone
    admin.post(form, {"email": "z@example.com", "city": "Lyon"})
    zoe.refresh_from_db()
    assert (zoe.city, zoe.attributes) == ("Lyon", {"plan": "Pro"})
    admin.post(address, {"archived": "0"})
    admin.post(address, {"archived": "0"})
    assert "id_plan" in admin.get(form).content.decode()
    entries = ModelLogEntry.objects.filter(action__contains=".field_").order_by("pk")
    logged = [entry.action for entry in entries]
    assert logged == ["wagtail_automation.field_archive", "wagtail_automation.field_reactivate"]


def test_where_used(admin, zoe, plan):
    live = Segment.objects.create(name="<b>Pros</b>", rule=rule())
    Segment.objects.create(name="Others", rule=rule("city", "plan"))
    Segment.objects.create(name="Longer", rule=rule("plan_b", "plan"))
    group = {"id": "g", "type": "group", "value": {"match": "any", "items": rule().items}}
    nested = Segment.objects.create(name="Nested", rule=Rule({"match": "all", "items": [group]}))
    assert {use.instance for use in uses_of("plan")} == {live, nested}
    text = admin.get(reverse("wagtail_automation_field_usage", args=[plan.pk])).content.decode()
    assert "&lt;b&gt;Pros&lt;/b&gt;" in text
    assert "Others" not in text
    assert "1 lead has a value" in text
    assert uses_of("city")[0].instance.name == "Others"
    assert uses_of("nothing") == []


def test_texts_that_name_the_field_use_it(plan):
    from wagtail_automation.messaging.models import Email

    Email.objects.create(name="Uses it", subject="Your {{ lead.plan }}")
    Email.objects.create(name="Does not", subject="Your {{ lead.planet }} plan")
    assert [use.instance.name for use in uses_of("plan")] == ["Uses it"]


def test_drafts_that_name_the_field_use_it(admin, plan):
    from wagtail_automation.messaging.models import Email

    email = Email.objects.create(name="Draft", subject="Hello", live=True)
    email.subject = "Your {{ lead.plan }}"
    email.save_revision()
    live = Email.objects.create(name="Live", subject="Your {{ lead.plan }}", live=True)
    live.save_revision()
    segment = Segment.objects.create(name="Pros", live=True)
    segment.rule = rule()
    segment.save_revision()
    uses = {(use.kind, use.instance.name) for use in uses_of("plan")}
    assert uses == {
        ("email", "Live"),
        ("email, in a draft", "Draft"),
        ("segment, in a draft", "Pros"),
    }
    assert (
        "in a draft" in admin.get(reverse("wagtail_automation_field_usage", args=[plan.pk])).content.decode()
    )


def test_where_used_takes_the_same_queries_for_any_number(plan):
    counts = []
    for number in (1, 20):
        for extra in range(number):
            Segment.objects.create(name=f"S{number}-{extra}", rule=rule())
        with CaptureQueriesContext(connection) as queries:
            uses_of("plan")
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_only_who_may_change_fields_archives(client, english, plan):
    user = get_user_model().objects.create_user("looker", password="x")
    user.user_permissions.add(*Permission.objects.filter(codename__in=["access_admin", "view_customfield"]))
    client.force_login(user)
    address = reverse("wagtail_automation_field_usage", args=[plan.pk])
    assert client.post(address, {"archived": "1"}).status_code in (302, 403)
    reorder = reverse("wagtail_automation_custom_field:reorder", args=[plan.pk])
    assert client.post(reorder).status_code in (302, 403)
    plan.refresh_from_db()
    assert not plan.is_archived


# -- usable at once ----------------------------------------------------------------------------------------

VALUES = {
    "text": "Été", "long_text": "a\nb", "number": "1.5", "date": "2026-01-02",
    "datetime": "2026-01-02 10:00", "boolean": "no", "choice": "A", "multiple_choice": "B",
    "country": "DE", "language": "de", "phone": "+33123456789", "url": "https://example.com",
}  # fmt: skip


@pytest.mark.parametrize("type_", CustomField.Type.values)
def test_a_new_field_works_everywhere_at_once(admin, zoe, type_):
    # whatever is read before must not be kept
    key = f"new_{type_}"
    lead_mapping.choices()
    custom_fields()
    FieldEquals().child_blocks["field"].field_choices()
    data = {
        "label": f"New {type_}",
        "key": key,
        "type": type_,
        "choices": "A\nB" if "choice" in type_ else "",
    }
    assert admin.post(reverse("wagtail_automation_custom_field:add"), data).status_code == 302
    assert key in dict(lead_mapping.choices())
    assert key in dict(FieldEquals().child_blocks["field"].field_choices())
    assert key in {field.key for field in all_fields()}
    value = {"field": key, "value": VALUES[type_]}
    block = FieldEquals()
    block.clean(block.to_python(value))
    assert found(rule(key, VALUES[type_])) == set()
    given = ["B"] if type_ == "multiple_choice" else VALUES[type_]
    address = reverse("wagtail_automation_lead_field", args=[zoe.pk, key])
    form_value = "false" if type_ == "boolean" else given
    assert admin.post(address, {key: form_value}).status_code == 302
    zoe.refresh_from_db()
    assert found(rule(key, VALUES[type_])) == {zoe.pk}
    assert liquid.render(f"{{{{ lead.{key} }}}}", liquid.contexts([zoe], {"lead"})[zoe.pk])
    assert (
        f"New {type_}"
        in admin.get(reverse("wagtail_automation_lead:inspect", args=[zoe.pk])).content.decode()
    )


@pytest.mark.parametrize(
    "key",
    ["first_name", "email", "pk", "id", "attributes", "folded", "score", "owner", "save", "objects",
     "is_known", "__class__", "Plan", "a b", "a-b", "a.b", "a__b", "1a", "é", "<b>", "'; DROP",
     "x" * 200, "", "plan"],
)  # fmt: skip
def test_names_that_collide_or_are_no_names_are_refused_at_the_field(admin, plan, key):
    data = {"label": "Other", "key": key, "type": "text", "choices": ""}
    answer = admin.post(reverse("wagtail_automation_custom_field:add"), data)
    assert answer.status_code == 200 and answer.context["form"].errors["key"], key
    assert list(CustomField.objects.values_list("key", flat=True)) == ["plan"]


def test_markup_in_a_label_is_text_everywhere(admin, zoe):
    label = "<script>alert(1)</script>\"'{{ lead.email }}{% now %}"
    data = {"label": label, "key": "evil", "type": "text", "choices": ""}
    assert admin.post(reverse("wagtail_automation_custom_field:add"), data).status_code == 302
    for name, args in (
        (INDEX, []),
        ("wagtail_automation_field_usage", [CustomField.objects.get(key="evil").pk]),
        ("wagtail_automation_lead:edit", [zoe.pk]),
        ("wagtail_automation_lead:inspect", [zoe.pk]),
        ("wagtail_automation_lead:index", []),
        ("wagtail_automation_exports:add", ["leads"]),
        ("wagtail_automation_mass:change", ["leads", "field"]),
    ):
        text = admin.get(reverse(name, args=args)).content.decode()
        assert "<script>alert(1)" not in text, name
    assert "&lt;script&gt;alert(1)" in admin.get(reverse(INDEX)).content.decode()
