"""Step types of the tests, the tree's block, and users of each kind."""

import pytest
from django.contrib.auth.models import Group, Permission, User

from wagtail_automation.campaigns.models import Campaign

from .pieces import REGISTERED


@pytest.fixture(autouse=True)
def registered():
    """The step types and conditions of these tests."""
    for registry, cls in REGISTERED:
        registry.register(cls)
    yield
    for registry, cls in REGISTERED:
        registry.unregister(cls)


@pytest.fixture
def tree_block():
    """The block of ``Campaign.tree``."""
    return Campaign._meta.get_field("tree").stream_block


@pytest.fixture
def user_with(db):
    """``user_with("view")``: may enter the admin and has these permissions on campaigns."""

    def make(*verbs, **fields):
        name = "-".join(verbs) or "nobody"
        user = User.objects.create_user(name, f"{name}@example.com", "secret", **fields)
        group = Group.objects.create(name=name)
        group.permissions.add(
            Permission.objects.get(codename="access_admin"),
            *Permission.objects.filter(
                content_type__app_label="wagtail_automation_campaigns",
                codename__in=[f"{verb}_campaign" for verb in verbs],
            ),
        )
        user.groups.add(group)
        return user

    return make


@pytest.fixture
def admin(db):
    return User.objects.create_superuser("admin", "admin@example.com", "secret")


@pytest.fixture
def admin_client(client, admin):
    client.force_login(admin)
    return client
