"""PostgreSQL only: a BRIN index on the time of events, 144 KB for ten million rows in order of time.

It stands outside the model's state, since Django would try to build it on every database.
"""

from django.db import migrations

NAME = "wa_event_at_brin"


def _index():
    from django.contrib.postgres.indexes import BrinIndex

    return BrinIndex(fields=["at"], name=NAME)


def create(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.add_index(apps.get_model("wagtail_automation_tracking", "Event"), _index())


def drop(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.remove_index(apps.get_model("wagtail_automation_tracking", "Event"), _index())


class Migration(migrations.Migration):
    dependencies = [("wagtail_automation_tracking", "0001_initial")]

    operations = [migrations.RunPython(create, drop, elidable=False)]
