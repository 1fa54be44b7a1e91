"""The modal of every chooser of ours speaks the reader's language, whatever the language of start-up."""

import re

import pytest
from django.urls import reverse
from django.utils import translation
from wagtail.admin.viewsets import viewsets
from wagtail.admin.viewsets.chooser import ChooserViewSet
from wagtail.users.models import UserProfile

viewsets.populate()


def is_ours(viewset) -> bool:
    model = viewset.model
    label = model if isinstance(model, str) else model._meta.label
    return type(viewset).__module__.startswith("wagtail_automation.") or label.startswith(
        "wagtail_automation"
    )


CHOOSERS = [found for found in viewsets.viewsets if isinstance(found, ChooserViewSet) and is_ours(found)]


def test_they_are_found():
    names = {found.name for found in CHOOSERS}
    assert len(names) > 10
    assert {"wagtail_automation_list_chooser", "wagtail_automation_tag_chooser"} <= names


@pytest.mark.parametrize("viewset", CHOOSERS, ids=lambda found: found.name)
def test_nothing_of_ours_is_english_for_a_french_reader(viewset, client, admin_user, english):
    UserProfile.objects.create(user=admin_user, preferred_language="fr")
    client.force_login(admin_user)
    answer = client.get(reverse(viewset.get_url_name("choose")))
    texts = {text.strip() for text in re.findall(r">([^<]+)<", answer.json()["html"])}
    assert not texts & {"Search", "Create", "Choose", "Choose another"}
    with translation.override("en"):
        title = str(viewset.page_title)
    with translation.override("fr"):
        assert str(viewset.page_title) != title
