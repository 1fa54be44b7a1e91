"""The groups *Marketer*, *Salesperson* and *Analyst*; apps grant them permissions on migrate."""

from django.apps import apps
from django.db.models.signals import post_migrate

ROLES = {"marketer": "Marketer", "salesperson": "Salesperson", "analyst": "Analyst"}

_grants: list[tuple[str, str]] = []


def grant(role: str, *permissions: str) -> None:
    """Give a role permissions ("app_label.codename") after each migrate. Raises KeyError for an unknown
    role. A permission that an administrator takes away comes back with the next migrate."""
    ROLES[role]
    _grants.extend((role, permission) for permission in permissions)


def create_groups(**kwargs) -> None:
    """Create the groups where they are missing and add what they lack; takes nothing away."""
    if not apps.is_installed("django.contrib.auth"):
        return
    from django.contrib.auth.models import Group, Permission

    wanted = {("marketer", "wagtailadmin.access_admin"), ("salesperson", "wagtailadmin.access_admin")}
    wanted |= {("analyst", "wagtailadmin.access_admin"), *_grants}
    labels = {permission.split(".")[0] for _role, permission in wanted}
    by_name = {
        f"{row.content_type.app_label}.{row.codename}": row
        for row in Permission.objects.filter(content_type__app_label__in=labels).select_related(
            "content_type"
        )
    }
    for role, name in ROLES.items():
        group, _created = Group.objects.get_or_create(name=name)
        held = set(group.permissions.values_list("pk", flat=True))
        missing = [
            by_name[permission]
            for who, permission in wanted
            if who == role and permission in by_name and by_name[permission].pk not in held
        ]
        if missing:
            group.permissions.add(*missing)


def connect() -> None:
    post_migrate.connect(create_groups, dispatch_uid="wagtail_automation_groups")
