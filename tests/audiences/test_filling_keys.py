"""A list filled by somebody of a site whose users have UUIDs."""

import uuid
from types import SimpleNamespace

import pytest

from wagtail_automation.audiences.lists import filling
from wagtail_automation.audiences.models import LeadList, ListMembership
from wagtail_automation.leads.models import Lead


@pytest.mark.django_db
def test_who_filled_a_list_is_noted_whatever_the_key_of_users_is():
    somebody = SimpleNamespace(pk=uuid.UUID("fc299baf-4d4e-4135-9a70-59e30600da98"))
    clients, lead = LeadList.objects.create(name="Clients"), Lead.objects.create()
    filling.fill(lead_list=clients, source=filling.from_leads([lead.pk]), user=somebody)
    clients.refresh_from_db()
    assert clients.filling == {"leads": [lead.pk], "user": str(somebody.pk)}
    filling.fill_waiting()
    assert ListMembership.objects.get(list=clients).origin == f"user:{somebody.pk}"
