"""Which campaigns go through a mail server: ticked by name."""

import pytest
from django.contrib.auth.models import User
from django.urls import reverse

from wagtail_automation import origins
from wagtail_automation.campaigns.models import Campaign
from wagtail_automation.messaging.delivery import routing
from wagtail_automation.messaging.models import DirectMessage, MailServer

pytestmark = pytest.mark.django_db
FORM = {
    "name": "Second", "host": "mail.example.com", "port": "587", "security": "tls", "username": "",
    "secret": "", "domains": "", "order": "100", "per_minute": "0", "is_active": "on",
}  # fmt: skip


@pytest.fixture
def boss(client):
    client.force_login(User.objects.create_superuser("boss"))
    return client


def test_a_campaign_is_ticked_by_its_name(boss):
    welcome, birthday = (Campaign.objects.create(name=name) for name in ("Welcome", "Birthday"))
    add = reverse("wagtail_automation_mail_server:add")
    page = boss.get(add).content.decode()
    assert page.index("Birthday") < page.index("Welcome")
    assert boss.post(add, {**FORM, "campaigns": [birthday.pk, welcome.pk]}).status_code == 302
    server = MailServer.objects.get()
    assert server.campaigns == f"{birthday.pk}, {welcome.pk}"
    edit = reverse("wagtail_automation_mail_server:edit", args=[server.pk])
    form = boss.get(edit).context["form"]
    assert form["campaigns"].value() == [str(birthday.pk), str(welcome.pk)]
    router = routing.Router()
    assert router.server_of(DirectMessage(to="x@x.example", origin=f"campaign:{welcome.pk}")) == server
    assert router.server_of(DirectMessage(to="x@x.example", origin="campaign:999")) is None
    # one that is gone is shown and stays until it is unticked
    gone = birthday.pk
    birthday.delete()
    assert f"Campaign {gone} (deleted)" in boss.get(edit).content.decode()
    assert boss.post(edit, {**FORM, "campaigns": [gone, welcome.pk]}).status_code == 302
    assert boss.post(edit, FORM).status_code == 302
    server.refresh_from_db()
    assert server.campaigns == ""


@pytest.mark.parametrize("wrong", ["999999", "abc", "1; DROP", "-1", "\0"])
def test_what_is_no_campaign_is_refused_at_the_field(boss, wrong):
    answer = boss.post(reverse("wagtail_automation_mail_server:add"), {**FORM, "campaigns": [wrong]})
    assert answer.status_code == 200 and "campaigns" in answer.context["form"].errors


def test_more_than_fit_are_refused(boss):
    many = Campaign.objects.bulk_create(Campaign(name=f"C{n}", pk=10**9 + n) for n in range(30))
    posted = {**FORM, "campaigns": [one.pk for one in many]}
    answer = boss.post(reverse("wagtail_automation_mail_server:add"), posted)
    assert answer.status_code == 200 and "campaigns" in answer.context["form"].errors


def test_a_kind_that_is_not_installed_has_no_names():
    assert origins.named("nothing") == []
