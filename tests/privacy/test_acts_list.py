"""The list of privacy acts, on a site that has not installed Django's own admin, as most Wagtail sites."""

import pytest
from django.apps import apps
from django.contrib import admin
from django.utils.functional import empty

from wagtail_automation.leads.privacy_hooks import PrivacyActAdmin

pytestmark = pytest.mark.django_db


def test_it_is_shown_where_djangos_admin_is_not_installed(client, admin_user, monkeypatch):
    monkeypatch.delitem(apps.app_configs, "admin")
    monkeypatch.setattr(admin.site, "_wrapped", empty)
    client.force_login(admin_user)
    answer = client.get(PrivacyActAdmin().url_helper.index_url)
    assert answer.status_code == 200
    assert "There are no privacy acts yet." in answer.content.decode()
