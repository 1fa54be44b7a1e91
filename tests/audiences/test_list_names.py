"""Lists of the system are called in the reader's language, wherever they are named."""

import pytest
from django.contrib.auth import get_user_model
from django.urls import reverse
from django.utils import translation
from wagtail.users.models import UserProfile

from tests.audiences.conftest import NOW
from wagtail_automation.audiences import actions
from wagtail_automation.audiences.exporting import ListColumns
from wagtail_automation.audiences.importing import ListExtra
from wagtail_automation.audiences.lists import builtin
from wagtail_automation.audiences.models import LeadList

pytestmark = pytest.mark.django_db


@pytest.fixture
def reader(client):
    builtin.ensure(None)
    user = get_user_model().objects.create_superuser("lea", password="x")
    UserProfile.objects.create(user=user, preferred_language="fr")
    client.force_login(user)
    return client


def test_in_the_list_of_lists_and_found_by_that_name(reader, make_list):
    mine = make_list("Test de goût")
    index = reverse("wagtail_automation_lists:index")
    page = reader.get(index).content.decode()
    with translation.override("fr"):
        names = {str(kind.label) for kind in builtin.Builtin}
        test = str(builtin.Builtin.TEST.label)
    assert "Test group" not in names and all(name in page for name in names)
    assert "Test group" not in page and "All leads" not in page
    found = reader.get(index, {"q": "groupe de test"}).context["object_list"]
    assert {str(one.name) for one in found} == {"Test group"} and test == "Groupe de test"
    assert set(reader.get(index, {"q": "goût"}).context["object_list"]) == {mine}
    assert not reader.get(index, {"q": "test group"}).context["object_list"]


def test_on_the_lead_page_in_exports_and_imports(reader, make_leads):
    (lead, other) = make_leads(2, status="known")
    test = LeadList.objects.get(builtin="test")
    actions.add_lead_to_list(lead_list=test, lead=lead, now=NOW)
    for person in (lead, other):
        page = reader.get(reverse("wagtail_automation_lead:inspect", args=[person.pk])).content.decode()
        assert "Groupe de test" in page and "Test group" not in page
    with translation.override("fr"):
        values = ListColumns().values(["lists.names"], [lead])
        assert values == {lead.pk: {"lists.names": ["Groupe de test"]}}
        read = ListExtra().clean(None, "lists.names", {"groupe de TEST", "Test group", "nobody"})
        assert ListExtra().shown("lists.names", [test.pk]) == "Groupe de test"
    assert read["groupe de TEST"] == read["Test group"] == [test.pk]
    assert "nobody" in str(read["nobody"])
