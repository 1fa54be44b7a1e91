"""A site of one language (Wagtail's own default): what is written for channels can be begun there, too."""

import pytest
from django.urls import reverse

from wagtail_automation.messaging.models import PushMessage, TextMessage

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("model", [TextMessage, PushMessage])
def test_a_message_can_be_begun_on_a_site_of_one_language(model, admin_client, settings):
    settings.WAGTAIL_I18N_ENABLED = False
    response = admin_client.get(reverse(model.snippet_viewset.get_url_name("add")))
    assert response.status_code == 200
    assert b'name="name"' in response.content
