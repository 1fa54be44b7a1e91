"""Foreign keys and migrations follow the same layers as imports, and no migration is missing."""

import ast
import re

import pytest
from django.apps import apps
from django.core.management import call_command

from tests.architecture import layers

MIGRATIONS = sorted(layers.PACKAGE.glob("*/migrations/0*.py"))


def test_foreign_keys_point_downwards():
    wrong = []
    for model in apps.get_models(include_auto_created=True):
        app = layers.app_of_label(model._meta.app_label)
        if app is None:
            continue
        for field in model._meta.get_fields():
            target = getattr(field, "related_model", None)
            if target is None or field.auto_created:
                continue
            used = layers.app_of_label(target._meta.app_label)
            if used is not None and not layers.may_use(app, used):
                wrong.append(f"{model._meta.label}.{field.name} -> {target._meta.label}")
    assert wrong == []


def test_nothing_has_a_foreign_key_to_the_event_log():
    """Events are partitioned and pruned: a key into them would forbid both."""
    try:
        event = apps.get_model("wagtail_automation_tracking", "Event")
    except LookupError:
        pytest.skip("the tracking app is not installed")
    assert [
        str(relation.field) for relation in event._meta.related_objects if not relation.field.auto_created
    ] == []


@pytest.mark.parametrize("path", MIGRATIONS, ids=layers.name)
def test_migrations_depend_downwards_and_on_the_lowest_wagtail(path):
    app = path.parts[-3]
    tree = ast.parse(path.read_text())
    dependencies = re.findall(r"\('(\w+)', '(\w+)'\)", path.read_text())
    wrong = [
        f"{label}.{migration}"
        for label, migration in dependencies
        if (used := layers.app_of_label(label)) is not None and not layers.may_use(app, used)
    ]
    assert wrong == []
    # Wagtail 7.4's last migration; one made on Wagtail 8 would not load there.
    core = [int(name[:4]) for label, name in dependencies if label == "wagtailcore" and name[:4].isdigit()]
    assert all(number <= 97 for number in core), core
    imported = [
        node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module
    ] + [alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names]
    assert not [name for name in imported if name.split(".")[0] in ("tests", "example_site", "swapper")]


@pytest.mark.django_db
@pytest.mark.django_db
def test_no_migration_is_missing():
    labels = [c.label for c in apps.get_app_configs() if c.name.startswith("wagtail_automation")]
    call_command("makemigrations", *labels, check=True, dry_run=True, verbosity=1)
