"""Every address of the admin that belongs to the package, asked by a salesperson: no foreign lead appears.

New views are walked as soon as they are registered. A view of a new model about leads wants a row of it in
``world`` below, with the number ``FOREIGN`` for the foreign lead's.
"""

import datetime as dt
import itertools
import re

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, Permission, User
from django.core.cache import cache
from django.forms.models import model_to_dict
from django.urls import NoReverseMatch, URLResolver, get_resolver, reverse

from wagtail_automation.admin import roles
from wagtail_automation.leads.models import ConsentRecord, Identifier, Lead, LeadMerge, MergeSuggestion
from wagtail_automation.messaging.names import MESSAGES_URL

NOW = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)
FOREIGN, OWN, SHARED = 700_001, 700_002, 700_003
SECRET, MINE = "Zzyzxforeign", "Qqownlead"

#: Lists and pages that must show leads at all, so that the walk cannot pass by seeing nothing.
SHOWING = {
    "wagtail_automation_lead:index",
    "wagtail_automation_lead:inspect",
    "wagtail_automation_lists:members",
    "wagtailsnippets_wagtail_automation_audiences_segment:members",
    "wagtail_automation_answers",
    "wagtail_automation_answers_of",
    "wagtail_automation_campaigns_people",
    "wagtail_automation_campaigns_trace",
    "wagtail_automation_tracking_visit_modeladmin_index",
    MESSAGES_URL,
    "automation_channel-messages_modeladmin_index",
    "automation_answers-to-messages_modeladmin_index",
    "automation_alerts-sent_modeladmin_index",
    "automation_orders_modeladmin_index",
    "automation_orders_modeladmin_inspect",
    "automation_carts_modeladmin_index",
    "automation_offers_modeladmin_index",
}


#: What Wagtail itself does with drafts of things that people write; no view of ours.
WAGTAILS = re.compile(
    r":(revisions_|workflow_|collect_|confirm_|lock$|unlock$|unpublish$|copy$|usage$|reorder)"
)


def model(app, name):
    return apps.get_model(f"wagtail_automation_{app}", name)


@pytest.fixture
def world(db, site):
    """Two leads with a row of everything, of two owners; lists and campaigns that hold both."""
    roles.create_groups()
    seller, other = User.objects.create_user("seller"), User.objects.create_user("other")
    seller.groups.add(Group.objects.get(name="Salesperson"))
    # all that a site might ever grant, but for the right to see everybody
    ours = Permission.objects.filter(content_type__app_label__startswith="wagtail_automation")
    seller.user_permissions.add(*ours.exclude(codename="view_all_leads"))
    locale = site.root_page.locale
    one = model("audiences", "LeadList").objects.create(pk=SHARED, name="List")
    segment = model("audiences", "Segment").objects.create(pk=SHARED, name="Segment")
    form = model("content", "Form").objects.create(pk=SHARED, name="Form", locale=locale)
    campaign = model("campaigns", "Campaign").objects.create(pk=SHARED, name="Campaign")
    version = model("messaging", "EmailVersion").objects.create(
        pk=SHARED, translation_key=one.uuid, language="en", name="Email", subject="", created_at=NOW
    )
    promotion = model("commerce", "Promotion").objects.create(
        pk=SHARED, reference="P", name="Promotion", created_at=NOW, updated_at=NOW
    )
    text = model("messaging", "ChannelVersion").objects.create(
        source="wagtail_automation_messaging.TextMessage", source_pk=SHARED, translation_key=one.uuid,
        language="en", name="Text", medium="sms", created_at=NOW
    )  # fmt: skip
    gateway = model("messaging", "Channel").objects.create(pk=SHARED, name="Gateway", kind="sms_console")
    for pk, name, owner in ((FOREIGN, SECRET, other), (OWN, MINE, seller)):
        lead = Lead.objects.create(
            pk=pk,
            status="known",
            first_name=name,
            email=f"{name}@example.com".lower(),
            phone="+33123456789",
            owner=owner,
            created_at=NOW,
        )
        Identifier.objects.create(pk=pk, kind="email", value=lead.email, lead=lead)
        ConsentRecord.objects.create(pk=pk, lead=lead, subject="email", granted=True, how="form", at=NOW)
        LeadMerge.objects.create(pk=pk, source_pk=pk + 50, lead=lead, at=NOW, not_kept={"city": name})
        model("audiences", "ListMembership").objects.create(pk=pk, list=one, lead=lead, added_at=NOW)
        model("audiences", "SegmentMembership").objects.create(
            pk=pk, segment=segment, lead=lead, joined_at=NOW
        )
        visitor = model("tracking", "Visitor").objects.create(
            pk=pk, lead=lead, created_at=NOW, last_seen_at=NOW
        )
        model("tracking", "Visit").objects.create(
            pk=pk, visitor=visitor, started_at=NOW, last_at=NOW, landing_url=f"/{name}"
        )
        model("tracking", "Event").objects.create(
            lead=lead, visitor=visitor, name="page_viewed", url=f"/{name}", at=NOW
        )
        model("content", "FormSubmission").objects.create(
            pk=pk, form=form, lead=lead, at=NOW, key=name, data={"note": name}
        )
        model("campaigns", "Enrollment").objects.create(
            pk=pk, campaign=campaign, lead=lead, entered_at=NOW, since_at=NOW
        )
        model("messaging", "Message").objects.create(
            pk=pk, key=name, lead=lead, email_version=version, created_at=NOW, not_before=NOW
        )
        model("commerce", "Offer").objects.create(
            pk=pk, promotion=promotion, lead=lead, code=name, code_key=name
        )
        model("messaging", "ChannelMessage").objects.create(
            pk=pk, key=name, lead=lead, version=text, medium="sms", created_at=NOW, not_before=NOW
        )
        model("messaging", "AlertRecord").objects.create(pk=pk, lead=lead, to="a@shop.example", at=NOW)
        model("messaging", "ChannelReply").objects.create(
            pk=pk, lead=lead, channel=gateway, provider_id=name, text=name, at=NOW
        )
        model("commerce", "Order").objects.create(
            pk=pk, number=name, lead=lead, recorded_at=NOW, stated={"content": ["", ""]}, info={"note": name}
        )
        model("commerce", "Cart").objects.create(
            pk=pk, key=name, lead=lead, opened_at=NOW, touched_at=NOW, state="open"
        )
    MergeSuggestion.objects.create(pk=FOREIGN, first_id=FOREIGN, second_id=OWN, reason="phone", found_at=NOW)
    return {"seller": seller, "site": site}


def addresses():
    """``(name, parameters)`` of every address below the admin that is ours."""
    found = []

    def walk(resolver, spaces):
        for entry in resolver.url_patterns:
            if isinstance(entry, URLResolver):
                walk(entry, [*spaces, entry.namespace] if entry.namespace else spaces)
            elif entry.name:
                names = tuple(entry.pattern.regex.groupindex)
                found.append((":".join([*spaces, entry.name]), names))

    admin = next(
        entry for entry in get_resolver().url_patterns if str(getattr(entry, "pattern", "")) == "admin/"
    )
    walk(admin, [])
    ours = {(name, params) for name, params in found if "automation" in name and not WAGTAILS.search(name)}
    ours.add(("wagtail_automation_lead:history", ("pk",)))
    return [*sorted(ours), ("wagtailadmin_home", ()), ("wagtailadmin_reports:site_history", ())]


def requests_for(name, params):
    """The address with each parameter in turn the foreign lead's number and that of what both share."""
    for values in itertools.product((FOREIGN, SHARED), repeat=min(len(params), 3)):
        try:
            yield reverse(name, kwargs=dict(zip(params, values, strict=False))), FOREIGN in values
        except NoReverseMatch:  # a word, not a number
            return


def text_of(response) -> str:
    body = b"".join(response.streaming_content) if response.streaming else response.content
    return body.decode(errors="replace")


def walk(client, names=None):
    """``{name: text}`` of everything that a GET shows, exports included."""
    shown = {}
    for name, params in addresses():
        if names is not None and name not in names:
            continue
        for address, _about in requests_for(name, params):
            for query in ("", "?export=csv") if name in SHOWING else ("",):
                cache.clear()
                response = client.get(address + query)
                if response.status_code == 200:
                    shown[name] = shown.get(name, "") + text_of(response)
    return shown


def test_no_foreign_lead_is_shown(world, client):
    client.force_login(world["seller"])
    shown = walk(client)
    assert [name for name, text in shown.items() if SECRET.lower() in text.lower()] == []
    lists = {name for name in SHOWING if not name.endswith((":inspect", "_inspect", ":history", "_trace"))}
    assert [name for name in sorted(lists) if MINE not in shown.get(name, "")] == []


def test_somebody_who_sees_everybody_finds_it(world, client, admin_user):
    client.force_login(admin_user)
    shown = walk(client, SHOWING)
    assert [name for name in sorted(SHOWING) if SECRET not in shown.get(name, "")] == []


def test_no_foreign_lead_is_changed(world, client):
    """Whatever is posted to an address that takes a lead: its row and all that is its own stay."""
    client.force_login(world["seller"])
    kept = [model("audiences", "ListMembership"), Identifier, model("audiences", "SegmentMembership")]

    def state():
        rows = [model_to_dict(Lead.objects.get(pk=FOREIGN), exclude=["owner"])]
        return rows, [list(cls.objects.filter(lead=FOREIGN).values()) for cls in kept]

    before = state()
    data = {"email": "x@example.com", "first_name": "X", "list": SHARED, "owner": world["seller"].pk}
    for name, params in addresses():
        for address, about in requests_for(name, params):
            if about:
                response = client.post(address, {**data, "lead": FOREIGN, "id": FOREIGN, "target": FOREIGN})
                assert SECRET not in text_of(response), address
                assert state() == before, address
    assert Lead.objects.get(pk=FOREIGN).owner.get_username() == "other"


def test_bulk_actions_leave_foreign_leads_alone(world, client):
    from wagtail.admin.views.bulk_action.registry import bulk_action_registry

    client.force_login(world["seller"])
    found = list(bulk_action_registry.get_bulk_actions_for_model("wagtail_automation_leads", "lead"))
    assert found
    for action in found:
        address = reverse(
            "wagtail_bulk_action", args=["wagtail_automation_leads", "lead", action.action_type]
        )
        for chosen in (f"?id={FOREIGN}", f"?id={FOREIGN}&id={OWN}", "?id=all"):
            for response in (client.get(address + chosen), client.post(address + chosen, {"owner": ""})):
                assert SECRET not in text_of(response), address
    assert Lead.objects.get(pk=FOREIGN).owner.get_username() == "other"
