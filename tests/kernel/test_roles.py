"""The roles exist after a migration, with what each app grants them."""

import pytest
from django.contrib.auth.models import Group

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("name", ["Marketer", "Salesperson", "Analyst"])
def test_each_role_may_enter_the_admin_and_see_leads(name):
    held = set(Group.objects.get(name=name).permissions.values_list("codename", flat=True))
    assert {"access_admin", "view_lead"} <= held


def test_only_the_marketer_may_write_campaigns():
    may = {group.name for group in Group.objects.filter(permissions__codename="change_campaign")}
    assert may == {"Marketer"}
