"""Every question about leads that is put to the database, and what PostgreSQL gets beside the migrations."""

import uuid as uuid_module

from django.db import models
from django.db.migrations.operations.base import Operation
from django.db.models import Q

from .folding import fold

#: The lead's own text columns: each has a folded shadow in ``Lead.folded``.
TEXT_COLUMNS = (
    "email",
    "phone",
    "first_name",
    "last_name",
    "company",
    "job_title",
    "language",
    "country",
    "region",
    "city",
    "postal_code",
    "time_zone",
    "source",
)


class LeadQuerySet(models.QuerySet):
    """People. Writing text past ``save()`` needs the folded shadow too; forgetting it is an error."""

    def known(self):
        return self.filter(status="known")

    def anonymous(self):
        return self.filter(status="anonymous")

    def resolve(self, reference):
        """The lead behind a primary key or UUID, also of one that was merged away; None if there is none."""
        try:
            key = (
                reference
                if isinstance(reference, uuid_module.UUID | int)
                else uuid_module.UUID(str(reference))
            )
        except ValueError:
            if not str(reference).isdecimal() or len(str(reference)) > 18:
                return None
            key = int(reference)
        name = "uuid" if isinstance(key, uuid_module.UUID) else "pk"
        return (
            self.filter(**{name: key}).first()
            or self.filter(
                **{"merged_from__old_uuid" if name == "uuid" else "merged_from__old_pk": key}
            ).first()
        )

    def search(self, text: str):
        """People whose name, address, phone, company or city contains every word, folded."""
        found = self
        for word in fold(text).split()[:8]:
            matches = Q()
            for column in ("first_name", "last_name", "email", "company", "phone", "city"):
                matches |= Q(**{f"folded__{column}__icontains": word})
            found = found.filter(matches | Q(identifiers__value__contains=word))
        return found.distinct() if found is not self else found

    def bulk_create(self, objs, *args, **kwargs):
        for lead in objs:
            lead.fold()
        return super().bulk_create(objs, *args, **kwargs)

    bulk_create.alters_data = True

    def update(self, **values):
        if "folded" not in values and not {*TEXT_COLUMNS, "attributes"}.isdisjoint(values):
            raise ValueError(
                "Text and attributes of leads are updated together with `folded`: use leads.actions."
            )
        return super().update(**values)

    update.alters_data = True


class ConsentRecordQuerySet(models.QuerySet):
    """The ledger: rows are added; a merge may re-point them, an erasure delete them, nothing else."""

    def update(self, **values):
        if set(values) - {"lead", "lead_id"}:
            raise TypeError(
                "The consent ledger is append-only: only the lead of a record may change (merge)."
            )
        return super().update(**values)

    update.alters_data = True


class PostgresOperation(Operation):
    """A migration step that runs on PostgreSQL only and changes nothing in Django's picture of the model."""

    reduces_to_sql = True
    reversible = True

    def state_forwards(self, app_label, state):
        pass

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        if schema_editor.connection.vendor == "postgresql":
            schema_editor.execute(
                self.forwards(schema_editor, to_state.apps.get_model(app_label, self.model))
            )

    def database_backwards(self, app_label, schema_editor, from_state, to_state):
        if schema_editor.connection.vendor == "postgresql":
            schema_editor.execute(
                self.backwards(schema_editor, to_state.apps.get_model(app_label, self.model))
            )


class Fillfactor(PostgresOperation):
    """Leave room in each page, so that updates of unindexed columns stay on it (HOT)."""

    def __init__(self, model: str, percent: int):
        self.model, self.percent = model, int(percent)

    def forwards(self, schema_editor, model):
        table = schema_editor.quote_name(model._meta.db_table)
        return f"ALTER TABLE {table} SET (fillfactor = {self.percent})"

    def backwards(self, schema_editor, model):
        return f"ALTER TABLE {schema_editor.quote_name(model._meta.db_table)} RESET (fillfactor)"

    def describe(self):
        return f"Set the fill factor of {self.model} on PostgreSQL"


class JsonPathIndex(PostgresOperation):
    """A GIN index with ``jsonb_path_ops``, for containment (``@>``) in a JSON column."""

    def __init__(self, model: str, column: str, name: str):
        self.model, self.column, self.name = model, column, name

    def forwards(self, schema_editor, model):
        table, column, name = map(schema_editor.quote_name, (model._meta.db_table, self.column, self.name))
        return f"CREATE INDEX {name} ON {table} USING gin ({column} jsonb_path_ops)"

    def backwards(self, schema_editor, model):
        return f"DROP INDEX IF EXISTS {schema_editor.quote_name(self.name)}"

    def describe(self):
        return f"Index {self.column} of {self.model} on PostgreSQL"
