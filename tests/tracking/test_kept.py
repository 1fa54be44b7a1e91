"""The statement that finds a browser's visitor is compiled once and brings what the ORM would bring."""

import threading
import uuid

import pytest
from django.db import connection

from wagtail_automation import clock
from wagtail_automation.kept import KeptStatement
from wagtail_automation.tracking import actions
from wagtail_automation.tracking.models import Visitor


@pytest.fixture
def kept():
    return KeptStatement(
        Visitor._meta.get_field("uuid"),
        lambda value: Visitor.objects.with_lead().filter(uuid=value)[:1],
        sentinel=uuid.UUID(int=0),
    )


def visitor_of(name: str) -> Visitor:
    visitor = actions.create_visitor(visitor_uuid=uuid.uuid4(), now=clock.now())
    visitor.lead.first_name = name
    visitor.lead.attributes = {"plan": name}
    visitor.lead.save()
    return visitor


def facts(instance) -> dict:
    return {name: value for name, value in vars(instance).items() if name != "_state"}


def test_the_same_instances_as_without(db, kept, django_assert_num_queries):
    first, second = visitor_of("Ada"), visitor_of("Grace")
    kept.run(first.uuid)
    for visitor in (first, second):
        plain = Visitor.objects.with_lead().get(pk=visitor.pk)
        with django_assert_num_queries(1):
            (found,) = kept.run(visitor.uuid)
            assert found.lead.attributes == plain.lead.attributes
        assert facts(found) == facts(plain)
        assert facts(found.lead) == facts(plain.lead)
        assert found._state.db == plain._state.db and not found._state.adding
    assert kept.run(uuid.uuid4()) == []


def test_each_answer_is_new(db, kept):
    visitor = visitor_of("Ada")
    kept.run(visitor.uuid)
    type(visitor.lead).objects.filter(pk=visitor.lead_id).update(score=7)
    assert kept.run(visitor.uuid)[0].lead.score == 7


@pytest.mark.django_db(transaction=True)
def test_threads_have_their_own_connections(kept):
    visitor = visitor_of("Ada")
    kept.run(visitor.uuid)
    seen = []

    def ask():
        try:
            seen.append(kept.run(visitor.uuid)[0].lead.first_name)
        finally:
            connection.close()

    threads = [threading.Thread(target=ask) for _number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert seen == ["Ada"] * 4


def test_django_still_asks_a_compiler_for_its_statement(db, kept, django_assert_num_queries):
    """Semi-private: ``QuerySet.query.get_compiler`` and ``SQLCompiler.as_sql``, replaced on copies."""
    visitor = visitor_of("Ada")
    kept.run(visitor.uuid)
    kept._kept = {name: (*parts[:2], "SELECT 1 WHERE 1 = 0", ()) for name, parts in kept._kept.items()}
    assert kept.run(visitor.uuid) == []
