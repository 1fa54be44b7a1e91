"""Opening, saving and publishing a large tree: as many statements as for a small one."""

import json
import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from wagtail.models import Locale

from wagtail_automation.audiences.models import LeadList
from wagtail_automation.campaigns.models import Campaign
from wagtail_automation.messaging.models import Email

from .pieces import Steps

pytestmark = pytest.mark.django_db


def tall(height) -> Steps:
    """A tree that refers to another email and list at each of its steps."""
    locale = Locale.objects.get_or_create(language_code="en")[0]
    steps = Steps().knock()
    place = {}
    for number in range(height // 4):
        name = f"{height}-{number}"
        email = Email.objects.create(name=name, subject=name, locale=locale)
        a_list = LeadList.objects.create(name=name)
        steps.add("do_email_send", f"send {name}", {"email": email.pk}, **place)
        steps.add("do_list_add", f"list {name}", {"list": a_list.pk}, **place)
        steps.add("wait_days", f"wait {name}", {"amount": 1, "unit": "days"}, **place)
        item = {"id": str(uuid.uuid4()), "type": "email_clicked", "value": {"email": email.pk}}
        rule = {"match": "all", "items": [item]}
        steps.add("decision", f"ask {name}", {"rule": rule, "patience": 1, "unit": "days"}, **place)
        place = {"parent": f"ask {name}", "branch": "yes"}
    return steps


def statements(act) -> int:
    with CaptureQueriesContext(connection) as queries:
        act()
    return len(queries)


@pytest.fixture
def edit_url():
    def make(height):
        campaign = Campaign.objects.create(name="C", tree=tall(height).json, live=False)
        return reverse(Campaign.snippet_viewset.get_url_name("edit"), args=[campaign.pk])

    return make


def test_a_large_tree_is_opened_in_as_many_statements_as_a_small_one(admin_client, edit_url):
    small, large = edit_url(8), edit_url(80)
    admin_client.get(small)  # what the process learns once
    few = statements(lambda: admin_client.get(small))
    assert statements(lambda: admin_client.get(large)) <= few


def test_a_large_tree_is_checked_in_as_many_statements_as_a_small_one(tree_block):
    def check(tree, *, draft):
        (tree_block.clean_deferred if draft else tree_block.clean)(tree)

    for draft in (True, False):
        counts = []
        for height in (8, 80):
            tree = tree_block.to_python(json.loads(json.dumps(tall(height).json)))
            counts.append(statements(lambda tree=tree, draft=draft: check(tree, draft=draft)))
        assert counts[1] <= counts[0], draft


def test_what_is_gone_is_still_told(admin_client, tree_block):
    steps = tall(4)
    Email.objects.all().delete()
    campaign = Campaign.objects.create(name="C", tree=steps.json, live=False)
    page = admin_client.get(reverse(Campaign.snippet_viewset.get_url_name("edit"), args=[campaign.pk]))
    data = json.loads(
        page.content.decode().split('id="tree-tree-data" type="application/json">')[1].split("</script>")[0]
    )
    send, ask = steps.ids["send 4-0"], steps.ids["ask 4-0"]
    assert data["errors"][send]["messages"] == ["This field is required."]
    assert "deleted" in data["errors"][ask]["messages"][0]
    assert data["info"][ask]["summary"]
