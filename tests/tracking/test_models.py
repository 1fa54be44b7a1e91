"""The tables of tracking: indexes, and what holds them together."""

import pytest
from django.db import connection

from wagtail_automation.tracking.models import Event

pytestmark = pytest.mark.django_db


def indexes():
    with connection.cursor() as cursor:
        return connection.introspection.get_constraints(cursor, Event._meta.db_table)


def test_events_have_exactly_the_measured_indexes():
    found = {name for name, info in indexes().items() if info["index"] and not info["primary_key"]}
    wanted = {"wa_event_lead", "wa_event_object", "wa_event_visitor"}
    wanted |= {"wa_event_name_at", "wa_event_campaign"}  # partial, for the log: no page views in them
    if connection.vendor == "postgresql":
        wanted.add("wa_event_at_brin")
    assert found == wanted


def test_no_key_constrains_events_in_either_direction():
    assert not [name for name, info in indexes().items() if info["foreign_key"]]
    for relation in Event._meta.related_objects:
        pytest.fail(f"{relation} points at Event")
