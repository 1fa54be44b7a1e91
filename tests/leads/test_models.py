"""The models' own promises: folded shadows, the ledger, references to merged leads."""

import pytest
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from hypothesis import given
from hypothesis import strategies as st

from wagtail_automation import clock
from wagtail_automation.leads.folding import fold
from wagtail_automation.leads.models import ConsentRecord, CustomField, Lead, MergedLead


@given(st.text())
def test_folding_twice_changes_nothing(text):
    assert fold(fold(text)) == fold(text)


@pytest.mark.parametrize(
    ("text", "folded"),
    [("Élodie", "elodie"), ("STRAẞE", "strasse"), ("İstanbul", "istanbul"), ("oﬃce", "office"), ("℡", "tel")],
)
def test_folding(text, folded):
    assert fold(text) == folded


@pytest.mark.django_db
def test_saving_folds_own_and_custom_text():
    lead = Lead.objects.create(first_name="Élodie", attributes={"plan": "Été", "nps": 9, "tags": ["É", "b"]})
    lead.refresh_from_db()
    assert lead.folded == {"first_name": "elodie", "plan": "ete", "tags": "\ne\nb\n"}
    lead.first_name = "Zoé"
    lead.save(update_fields=["first_name"])
    lead.refresh_from_db()
    assert lead.folded["first_name"] == "zoe"


@pytest.mark.django_db
def test_text_cannot_be_updated_without_its_shadow():
    with pytest.raises(ValueError, match="folded"):
        Lead.objects.update(first_name="X")
    Lead.objects.bulk_create([Lead(first_name="É")])
    assert Lead.objects.get().folded == {"first_name": "e"}


@pytest.mark.django_db
def test_the_ledger_is_append_only():
    lead = Lead.objects.create()
    record = ConsentRecord.objects.create(
        lead=lead, subject="email", granted=True, how="form", at=clock.now()
    )
    record.granted = False
    with pytest.raises(TypeError):
        record.save()
    with pytest.raises(TypeError):
        record.delete()
    with pytest.raises(TypeError):
        ConsentRecord.objects.update(granted=False)
    with pytest.raises(TypeError), transaction.atomic():
        ConsentRecord.objects.bulk_update([record], ["granted"])
    assert ConsentRecord.objects.update(lead=lead) == 1


@pytest.mark.django_db
def test_merged_leads_resolve():
    lead = Lead.objects.create()
    old = Lead()
    MergedLead.objects.create(old_pk=987654, old_uuid=old.uuid, lead=lead, at=clock.now())
    for reference in (lead.pk, str(lead.pk), lead.uuid, str(lead.uuid), 987654, old.uuid, str(old.uuid)):
        assert Lead.objects.resolve(reference) == lead
    for reference in ("", "x", "9" * 40, "-1", None):
        assert Lead.objects.resolve(reference) is None


@pytest.mark.django_db
@pytest.mark.parametrize("key", ["email", "Nps", "1a", "a__b", "a_", "identifiers", "é", "a\n"])
def test_keys_of_custom_fields(key):
    with pytest.raises(ValidationError) as error:
        CustomField(key=key, label="X", type="text").full_clean()
    assert "key" in error.value.message_dict


@pytest.mark.django_db
def test_type_of_a_custom_field_is_final():
    field = CustomField.objects.create(key="nps", label="NPS", type="number")
    field.type = "text"
    with pytest.raises(ValidationError):
        field.full_clean()


@pytest.mark.django_db
@pytest.mark.skipif("connection.vendor != 'postgresql'")
def test_postgresql_gets_its_indexes_and_room():
    with connection.cursor() as cursor:
        cursor.execute("SELECT reloptions FROM pg_class WHERE relname = 'wagtail_automation_leads_lead'")
        assert cursor.fetchone()[0] == ["fillfactor=85"]
        cursor.execute("SELECT indexdef FROM pg_indexes WHERE tablename = 'wagtail_automation_leads_lead'")
        definitions = " ".join(row[0] for row in cursor.fetchall())
    assert definitions.count("jsonb_path_ops") == 2
    assert "score" not in definitions
