"""Two records of one person: everything once, one transaction, a number of statements that does not grow."""

import datetime as dt

import pytest
from django.apps import apps
from django.contrib.auth import get_user_model
from django.db import connection, models
from django.db.models.functions import Lower
from django.test.utils import CaptureQueriesContext, isolate_apps
from wagtail.models import ModelLogEntry

from wagtail_automation import signals
from wagtail_automation.leads import actions, merging
from wagtail_automation.leads.consent import granted_q, is_granted, states, withdrawn_q
from wagtail_automation.leads.models import ConsentRecord, Identifier, Lead, LeadMerge, MergedLead

NOW = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)
pytestmark = pytest.mark.django_db


def known(email, **fields):
    return actions.identify(lead=None, identifiers={"email": email}, fields=fields, source="form", now=NOW)


def merge(source, target, **kwargs):
    return actions.merge(source=source, target=target, now=NOW, reason="test", **kwargs)


def test_the_survivor_keeps_its_values_and_gets_what_it_lacks():
    source = known("a@example.com", first_name="Zoé", city="Lyon", birth_date="1990-02-03")
    target = known("b@example.com", first_name="Zoe", country="FR")
    Lead.objects.filter(pk=source.pk).update(score=5, created_at=NOW - dt.timedelta(days=9))
    Lead.objects.filter(pk=target.pk).update(score=7)
    source.attributes = {"plan": "Été", "nps": 3}
    source.save(update_fields=["attributes"])
    bucket = target.bucket
    survivor = merge(source, target)
    assert survivor.pk == target.pk
    assert (survivor.first_name, survivor.city, survivor.country) == ("Zoe", "Lyon", "FR")
    assert survivor.birth_date == dt.date(1990, 2, 3)
    assert (survivor.score, survivor.bucket) == (12, bucket)
    assert survivor.attributes == {"plan": "Été", "nps": 3}
    assert survivor.folded["plan"] == "ete"
    assert survivor.folded["city"] == "lyon"
    assert survivor.field_sources["city"]["source"] == "form"
    assert survivor.created_at == NOW - dt.timedelta(days=9)
    assert set(survivor.identifiers.values_list("value", flat=True)) == {"a@example.com", "b@example.com"}
    entry = LeadMerge.objects.get()
    assert entry.source_pk == source.pk
    assert entry.not_kept == {"first_name": "Zoé", "email": "a@example.com"}
    assert entry.moved == {"wagtail_automation_leads.Identifier": 1}


def test_a_repeat_changes_nothing():
    source, target = actions.create_anonymous(now=NOW), known("b@example.com")
    Lead.objects.filter(pk=source.pk).update(score=5)
    assert merge(source, target).score == 5
    assert merge(source, target).score == 5
    assert merge(target, target).score == 5
    assert LeadMerge.objects.count() == 1


def test_old_references_resolve_over_several_merges():
    first, second, third = (actions.create_anonymous(now=NOW) for _number in range(3))
    merge(first, second)
    merge(second, third)
    for lead in (first, second, third):
        assert Lead.objects.resolve(lead.pk) == Lead.objects.resolve(str(lead.uuid)) == third
    assert set(MergedLead.objects.values_list("lead", flat=True)) == {third.pk}
    # what was read before the merges still finds the survivor
    assert merge(actions.create_anonymous(now=NOW), first) == third
    with pytest.raises(ValueError, match="no lead"):
        merge(third, Lead(pk=999_999))


def test_statements_do_not_grow_with_the_rows():
    counts = []
    for rows in (1, 40):
        source, target = actions.create_anonymous(now=NOW), known(f"b{rows}@example.com")
        for number in range(rows):
            Identifier.objects.create(kind="subscriber", value=f"{rows}-{number}", lead=source)
            for lead, granted in ((source, False), (target, True)):
                actions.record_consent(
                    lead=lead, subject=f"topic:t{number}", granted=granted, how="form", now=NOW
                )
        with CaptureQueriesContext(connection) as queries:
            merge(source, target)
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_an_anonymous_lead_without_rows_takes_few_statements(django_assert_max_num_queries):
    source, target = actions.create_anonymous(now=NOW), known("b@example.com")
    # one more with each app that asks whether it holds anything of the other
    with django_assert_max_num_queries(36):
        merge(source, target)


def test_consents_keep_the_stricter_choice_and_the_ledger_says_so():
    source, target = actions.create_anonymous(now=NOW), known("b@example.com")
    stand = {"both": (True, True), "taken": (True, None), "closed": (False, True), "kept": (True, False)}
    for subject, choices in stand.items():
        for lead, granted in zip((source, target), choices, strict=True):
            if granted is not None:
                actions.record_consent(lead=lead, subject=subject, granted=granted, how="form", now=NOW)
    survivor = merge(source, target)
    assert states(survivor) == {"both": True, "taken": True, "closed": False, "kept": False}
    ledger = ConsentRecord.objects.filter(lead=survivor)
    assert ledger.count() == 8
    assert ledger.get(how="merge").subject == "closed"


def test_asking_for_consent():
    lead, other = actions.create_anonymous(now=NOW), actions.create_anonymous(now=NOW)
    for granted in (True, False, True, True):
        actions.record_consent(lead=lead, subject="email", granted=granted, how="form", now=NOW)
    actions.record_consent(lead=other, subject="email", granted=False, how="unsubscribe", now=NOW)
    assert is_granted(lead, "email")
    assert not is_granted(lead, "tracking")
    assert not is_granted(None, "email")
    assert list(Lead.objects.filter(granted_q("email"))) == [lead]
    assert list(Lead.objects.filter(withdrawn_q("email"))) == [other]
    assert set(Lead.objects.filter(~granted_q("email"))) == {other}
    assert ConsentRecord.objects.filter(granted_q("email", "lead")).count() == 4


@pytest.mark.parametrize("subject", ["", "E-mail", "topic:", "topic:É", "x" * 61, None, "email\n", "<b>"])
def test_subjects_of_consent_are_checked(subject):
    with pytest.raises(actions.ValidationError):
        actions.record_consent(
            lead=actions.create_anonymous(now=NOW), subject=subject, granted=True, how="form", now=NOW
        )
    assert not ConsentRecord.objects.exists()


def test_texts_of_the_ledger_are_cleaned():
    record = actions.record_consent(
        lead=actions.create_anonymous(now=NOW),
        subject="email",
        granted=True,
        how="form",
        text="I\x00 agree\r\n<b>",
        now=NOW,
    )
    record.refresh_from_db()
    assert record.text == "I agree\n<b>"


def test_handlers_run_in_the_transaction_and_its_failure_undoes_everything():
    source, target = actions.create_anonymous(now=NOW), known("b@example.com")

    def broken(source, target):
        raise RuntimeError("no")

    merging.merge_handlers.register(broken)
    try:
        with pytest.raises(RuntimeError):
            merge(source, target)
    finally:
        merging.merge_handlers.unregister(broken)
    assert Lead.objects.filter(pk=source.pk).exists()
    assert not MergedLead.objects.exists()


def test_signals_name_both_and_what_changed():
    heard = []

    def hear(sender, **kwargs):
        heard.append({key: value for key, value in kwargs.items() if key != "signal"})

    for signal in (signals.lead_merged, signals.facts_changed):
        signal.connect(hear)
    try:
        source, target = actions.create_anonymous(now=NOW), known("b@example.com")
        actions.set_fields(lead=source, fields={"city": "Lyon"}, source="api", now=NOW)
        heard.clear()
        merge(source, target)
    finally:
        for signal in (signals.lead_merged, signals.facts_changed):
            signal.disconnect(hear)
    assert {"source_pk": source.pk, "target": target, "now": NOW} in heard
    assert {"leads": [target.pk], "facts": frozenset({"field:city"}), "now": NOW} in heard


def test_acts_of_people_follow_to_the_survivor():
    user = get_user_model().objects.create_user("ann", password="x")
    source, target = known("a@example.com"), known("b@example.com")
    actions.set_fields(lead=source, fields={"city": "Lyon"}, source="admin", now=NOW, user=user)
    merge(source, target, user=user)
    entries = ModelLogEntry.objects.filter(object_id=str(target.pk)).order_by("pk")
    assert [entry.action for entry in entries] == ["wagtail.edit", "wagtail_automation.merge"]


# -- the generic walk --------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
@isolate_apps("wagtail_automation.leads")
def test_unique_keys_keep_the_survivors_row():
    class Badge(models.Model):  # noqa: DJ008
        lead = models.ForeignKey(Lead, models.CASCADE, related_name="+")
        name = models.CharField(max_length=10)
        is_open = models.BooleanField(default=True)

        class Meta:
            app_label = "wagtail_automation_leads"
            constraints = [
                models.UniqueConstraint(
                    fields=["lead", "name"], condition=models.Q(is_open=True), name="wa_badge"
                )
            ]

    class Card(models.Model):  # noqa: DJ008
        lead = models.OneToOneField(Lead, models.CASCADE, primary_key=True, related_name="+")
        name = models.CharField(max_length=10)

        class Meta:
            app_label = "wagtail_automation_leads"

    class Odd(models.Model):  # noqa: DJ008
        lead = models.ForeignKey(Lead, models.CASCADE, related_name="+")
        name = models.CharField(max_length=10)

        class Meta:
            app_label = "wagtail_automation_leads"
            constraints = [models.UniqueConstraint(models.F("lead"), Lower("name"), name="wa_odd")]

    with connection.schema_editor() as editor:
        for model in (Badge, Card, Odd):
            editor.create_model(model)
    try:
        source, target = actions.create_anonymous(now=NOW), actions.create_anonymous(now=NOW)
        other = actions.create_anonymous(now=NOW)
        for lead, name, is_open in [
            (source, "both", True),
            (target, "both", True),
            (source, "closed", False),
            (target, "closed", False),
            (source, "mine", True),
        ]:
            Badge.objects.create(lead=lead, name=name, is_open=is_open)
        Card.objects.create(lead=source, name="source")
        Card.objects.create(lead=other, name="other")
        for lead, name in [(source, "X"), (source, "y"), (target, "x")]:
            Odd.objects.create(lead=lead, name=name)
        assert merging._repoint(Badge, Badge._meta.get_field("lead"), source, target) == 2
        assert merging._repoint(Card, Card._meta.get_field("lead"), source, target) == 1
        assert merging._repoint(Card, Card._meta.get_field("lead"), other, target) == 0
        assert merging._repoint(Odd, Odd._meta.get_field("lead"), source, target) == 1
        assert sorted(Badge.objects.filter(lead=target).values_list("name", flat=True)) == [
            "both", "closed", "closed", "mine",
        ]  # fmt: skip
        assert Card.objects.get().name == "source"
        assert sorted(Odd.objects.filter(lead=target).values_list("name", flat=True)) == ["x", "y"]
    finally:
        with connection.schema_editor() as editor:
            for model in (Badge, Card, Odd):
                editor.delete_model(model)


def test_every_foreign_key_to_a_lead_is_walked():
    found = {(relation.related_model._meta.label, relation.field.name) for relation in merging.relations()}
    assert ("wagtail_automation_leads.ConsentRecord", "lead") in found
    for model in apps.get_models(include_auto_created=True):
        for field in model._meta.concrete_fields:
            is_key = field.is_relation and field.related_model is Lead and model._meta.managed
            if is_key and field.db_constraint:
                assert (model._meta.label, field.name) in found
