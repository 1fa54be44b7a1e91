"""The admin's menu as each role sees it: whatever stands there opens, in the order that was asked for."""

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import translation
from wagtail.admin.menu import MenuItem, admin_menu

from wagtail_automation.admin import menu, roles

pytestmark = pytest.mark.django_db

#: What each role works with, so that a menu that lost its entries is no success.
NEEDED = {
    "marketer": {
        "Leads", "Segments", "Imports", "Newsletters", "Emails", "Forms", "Answers", "Landing page templates",
        "Web promos", "Messages", "Suppressed addresses", "Campaigns", "Monitoring", "Experiments", "Revenue",
        "Channels", "Retention",
    },
    "salesperson": {"Leads", "Forms", "Messages", "Campaigns", "Orders"},
    "analyst": {"Leads", "Emails", "Segments", "Messages", "Campaigns", "Monitoring", "Revenue"},
}  # fmt: skip


def member(role):
    roles.create_groups()
    user = User.objects.create_user(f"a-{role}")
    user.groups.add(Group.objects.get(name=roles.ROLES[role]))
    return user


def shown(user, among=admin_menu):
    """``(label, address)`` of every entry that stands in the menu of a user, in its order."""
    request = RequestFactory().get("/admin/")
    request.user = user
    found = []
    for item in sorted(among.menu_items_for_request(request), key=lambda item: item.order):
        if hasattr(item, "menu"):
            found += shown(user, item.menu)
        else:
            found.append((str(item.label), str(item.url)))
    return found


@pytest.mark.parametrize("role", roles.ROLES)
def test_whatever_a_role_is_shown_opens(role, site):
    user = member(role)
    client = Client()
    client.force_login(user)
    entries = shown(user)
    refused = {
        label: answer.status_code
        for label, url in entries
        if (url.startswith("/") and (answer := client.get(url, follow=True)).status_code != 200)
        or (url.startswith("/") and answer.redirect_chain and answer.redirect_chain[-1][0] == "/admin/")
    }  # fmt: skip
    assert not refused
    labels = {label for label, _url in entries}
    assert labels >= NEEDED[role], NEEDED[role] - labels


def test_landing_pages_are_for_those_who_edit_pages(site):
    salesperson = member("salesperson")
    address = reverse("wagtail_automation_landing:index")
    assert address not in [url for _label, url in shown(salesperson)]
    salesperson.groups.add(Group.objects.get(name="Editors"))
    assert address in [url for _label, url in shown(User.objects.get(pk=salesperson.pk))]


def test_an_entry_made_late_keeps_its_place(admin_user):
    labels = [label for label, _url in shown(admin_user, menu.automation_menu)]
    for earlier, later in [
        ("Leads", "Visitors"),
        ("Visitors", "Segments"),
        ("Forms", "Answers"),
        ("Answers", "Landing pages"),
        ("Monitoring", "Promotions"),
        ("Revenue", "Deliverability"),
    ]:
        assert labels.index(earlier) < labels.index(later), (earlier, later)


def test_what_was_sent_stands_together(admin_user):
    request = RequestFactory().get("/admin/")
    request.user = admin_user
    sections = {item.name: item for item in menu.automation_menu.menu_items_for_request(request)}
    labels = [label for label, _url in shown(admin_user, sections["automation-sent"].menu)]
    assert labels == [
        "Messages",
        "Text and push messages",
        "Direct messages",
        "Alerts in chats",
        "Alerts sent",
        "Answers to messages",
        "Suppressed addresses",
    ]
    with translation.override("fr"):
        assert str(sections["automation-sent"].label) == "Envois"


def test_a_section_that_does_not_exist_is_refused():
    with pytest.raises(KeyError):
        menu.register("attic", MenuItem("Old things", "/admin/"))
