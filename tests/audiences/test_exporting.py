"""Members of lists and segments as exports, and both as columns."""

import csv
import io

import pytest
from django.urls import reverse

from wagtail_automation import clock
from wagtail_automation.audiences import actions
from wagtail_automation.audiences.models import LeadList, Segment, SegmentMembership
from wagtail_automation.leads.actions import identify
from wagtail_automation.leads.cohorts import LeadsCohort
from wagtail_automation.leads.exports import runner
from wagtail_automation.leads.files import storage
from wagtail_automation.leads.models import ExportRun

pytestmark = pytest.mark.django_db


def test_members_with_their_lists_and_segments(client, english, django_user_model):
    boss = django_user_model.objects.create_superuser("boss", "b@site.example", "x")
    one, two = (
        identify(lead=None, identifiers={"email": address}, source="x", now=clock.now())
        for address in ("one@x.example", "two@x.example")
    )
    fair, other = LeadList.objects.create(name="Fair"), LeadList.objects.create(name="Autumn")
    for lead_list in (fair, other):
        actions.add_to_list(lead_list=lead_list, cohort=LeadsCohort([one.pk], key="x"))
    segment = Segment.objects.create(name="=Fans")
    SegmentMembership.objects.create(segment=segment, lead=two, joined_at=clock.now())
    client.force_login(boss)
    found = {}
    for source, of in (("list", fair), ("segment", segment)):
        page = reverse("wagtail_automation_exports:add", args=[source])
        assert client.get(page, {"of": of.pk}).context["people"] == 1
        for nonsense in ("", "x", "999999", "9" * 30):
            assert client.get(page, {"of": nonsense}).status_code == 404
        client.post(
            f"{page}?of={of.pk}",
            {"format": "csv", "columns": ["field.email", "lists.names", "segments.names"]},
        )
        run = ExportRun.objects.latest("pk")
        runner.run_export(run.pk)
        run.refresh_from_db()
        text = b"".join(storage.pieces(run.file)).decode("utf-8-sig")
        found[run.name] = list(csv.reader(io.StringIO(text)))[1:]
    assert found == {
        "Members of “Fair”": [["one@x.example", "Autumn; Fair", ""]],
        "Members of “=Fans”": [["two@x.example", "", "'=Fans"]],
    }
    for name, of in (("wagtail_automation_lists:members", fair),):
        assert "exports/new/list/?of=" in client.get(reverse(name, args=[of.pk])).content.decode()
