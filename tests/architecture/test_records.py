"""Records that machines write, one at a time: the heading names them as people do."""

import datetime as dt
import re

import pytest
from django.urls import reverse

from wagtail_automation.commerce.models import Offer, Promotion
from wagtail_automation.leads.models import Lead, PrivacyAct
from wagtail_automation.messaging.models import DirectMessage
from wagtail_automation.tracking.models import Visit, Visitor

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)


def records():
    lead = Lead.objects.create(status="known", first_name="Zoé", last_name="Alder", created_at=NOW)
    visitor = Visitor.objects.create(lead=lead, created_at=NOW, last_seen_at=NOW)
    visit = Visit.objects.create(visitor=visitor, started_at=NOW, last_at=NOW, landing_url="/")
    yield "wagtail_automation_tracking_visit", visit, "Zoé Alder"
    spring = Promotion.objects.create(reference="P", name="Spring", created_at=NOW, updated_at=NOW)
    offer = Offer.objects.create(promotion=spring, lead=lead, code="S1", code_key="s1")
    yield "automation_offers", offer, "Spring → Zoé Alder"
    act = PrivacyAct.objects.create(kind=PrivacyAct._meta.get_field("kind").choices[0][0], at=NOW)
    yield "wagtail_automation_leads_privacyact", act, act.get_kind_display()
    letter = DirectMessage.objects.create(to="ada@shop.example", created_at=NOW, not_before=NOW, key="k")
    yield "automation_direct-messages", letter, "ada@shop.example"


def test_the_heading_of_a_record_is_for_people(admin_client):
    for name, record, title in records():
        page = admin_client.get(reverse(f"{name}_modeladmin_inspect", args=[record.pk])).content.decode()
        heading = " ".join(re.sub(r"<[^>]*>", " ", re.search(r"<h1.*?</h1>", page, re.DOTALL)[0]).split())
        assert heading.endswith(title), (name, heading)
        assert "2026-03-01" not in page.split("<main", 1)[1].replace("2026-03-01T12", ""), name
