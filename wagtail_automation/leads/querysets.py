"""Every question about leads that is put to the database, and what PostgreSQL gets beside the migrations."""

import datetime as dt
import json
import uuid as uuid_module

from django.contrib.auth import get_user_model
from django.db import connections, models, router
from django.db.migrations.operations.base import Operation
from django.db.models import F, Func, Lookup, Q
from django.db.models.fields.json import KeyTextTransform
from django.db.models.lookups import Contains, EndsWith, StartsWith

from .folding import fold

VIEW_ALL = "wagtail_automation_leads.view_all_leads"

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
    "street",
    "time_zone",
    "source",
)


class Pair(Lookup):
    """``json__pair=(key, value)``: the object has exactly this value under the key. Never NULL.

    On PostgreSQL containment, which the GIN index answers; SQLite reads the path.
    """

    lookup_name = "pair"
    prepare_rhs = False

    def as_sql(self, compiler, connection):
        lhs, params = self.process_lhs(compiler, connection)
        key, value = self.rhs
        if connection.vendor == "postgresql":
            return f"{lhs} @> %s::jsonb", (*params, json.dumps({key: value}))
        return f"COALESCE(JSON_EXTRACT({lhs}, %s) = %s, 0)", (*params, f'$."{key}"', value)


def folded_contains(key: str, folded: str, prefix: str = "") -> Q:
    """The folded text under the key contains this folded text. Never NULL.

    Both sides are folded, so that the plain LIKE of either database compares alike.
    """
    column = f"{prefix}folded"
    return Q(**{f"{column}__has_key": key}) & Q(Contains(KeyTextTransform(key, F(column)), folded))


def folded_match(op: str, key: str, folded: str, prefix: str = "") -> Q:
    """As ``folded_contains``; ``op``: exact, contains, startswith, endswith or filled."""
    column = f"{prefix}folded"
    if op == "exact":
        return Q(**{f"{column}__pair": (key, folded)})
    there = Q(**{f"{column}__has_key": key})
    if op == "filled":
        return there
    lookup = {"contains": Contains, "startswith": StartsWith, "endswith": EndsWith}[op]
    return there & Q(lookup(KeyTextTransform(key, F(column)), folded))


class DayNumber(Func):
    """Days since 1970 of a date column, or of a text that begins with ``YYYY-MM-DD``; NULL for other text.

    Text is never cast to a date: one damaged value would end the whole statement on PostgreSQL.
    """

    output_field = models.IntegerField()

    def __init__(self, expression, *, text: bool):
        super().__init__(expression)
        self.text = text

    def as_sql(self, compiler, connection, **context):
        day, params = compiler.compile(self.source_expressions[0])
        if connection.vendor != "postgresql":
            return f"CAST(julianday(substr({day}, 1, 10)) - 2440587.5 AS INTEGER)", tuple(params)
        if not self.text:
            return f"({day} - DATE '1970-01-01')", tuple(params)
        statement = (
            f"CASE WHEN {day} ~ '^[0-9]{{3}}[1-9]-(0[1-9]|1[0-2])-[0-9]{{2}}|"
            f"^[1-9][0-9]{{3}}-(0[1-9]|1[0-2])-[0-9]{{2}}' "
            f"THEN (substr({day}, 1, 8) || '01')::date - DATE '1970-01-01' + substr({day}, 9, 2)::int - 1 END"
        )
        return statement, (*params, *params, *params)


def visible_owners(user) -> frozenset | None:
    """The owners whose leads this person may see: themselves and, in teams that share, the other members.

    None: leads of everybody, owned or not. One query, kept with the user of the request.
    """
    if not getattr(user, "is_active", False) or user.pk is None:
        return frozenset()
    if user.has_perm(VIEW_ALL):
        return None
    found = getattr(user, "_wa_visible_owners", None)
    if found is None:
        mates = get_user_model()._default_manager.filter(
            team_memberships__team__shares_leads=True,
            team_memberships__team__members__user=user,
        )
        found = user._wa_visible_owners = frozenset({user.pk, *mates.values_list("pk", flat=True)})
    return found


class TeamQuerySet(models.QuerySet):
    """Teams."""

    def with_member_count(self):
        return self.annotate(member_count=models.Count("members"))

    def lock(self, pk: int):
        """The team, locked until the transaction ends: one round of assignments at a time."""
        return self.select_for_update().get(pk=pk)

    def receiving(self, team, today: dt.date):
        """The members who receive leads on this day, always in the same order: active, with a share, not
        away according to any of their teams."""
        members = team.members.model.objects.filter(team=team.pk, user__is_active=True, weight__gt=0)
        away = team.absences.model.objects.filter(
            user=models.OuterRef("user"), first_day__lte=today, last_day__gte=today
        )
        return members.filter(~models.Exists(away)).order_by("pk")


class LeadQuerySet(models.QuerySet):
    """People. Writing text past ``save()`` needs the folded shadow too; forgetting it is an error."""

    def visible_to(self, user):
        """The leads that this person of the site may see: the one rule for every list, search, export and
        endpoint. Marketers and analysts ("view all leads") and superusers: everybody; others: their own and
        those of teams that share. Whether they may see leads at all is the permission policy's question."""
        owners = visible_owners(user)
        return self if owners is None else self.filter(owner__in=owners)

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
                matches |= folded_contains(column, word)
            # a subquery and not a join: a lead with three addresses is still one row
            found = found.filter(matches | Q(pk__in=self._holding(word)))
        return found

    def _holding(self, word: str):
        """Leads with an identifier that contains the word."""
        identifiers = self.model._meta.get_field("identifiers").related_model
        return identifiers.objects.filter(value__contains=word).values("lead")

    def bulk_create(self, objs, *args, **kwargs):
        objs = list(objs)  # a generator would be empty by the time it is inserted
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


class JsonMerge(Func):
    """A JSON object with the keys of another put over its own, and some keys removed."""

    def __init__(self, column: str, patch: dict, remove: list[str] | tuple[str, ...] = ()):
        super().__init__(F(column), output_field=models.JSONField())
        self.patch, self.remove = patch, list(remove)

    def as_sql(self, compiler, connection, **context):
        sql, params = compiler.compile(self.source_expressions[0])
        if connection.vendor == "postgresql":
            return f"(({sql} || %s::jsonb) - %s::text[])", (*params, json.dumps(self.patch), self.remove)
        # RFC 7396: null removes the key; patches replace whole values, since none holds an object of ours
        return f"json_patch({sql}, %s)", (*params, json.dumps(self.patch | dict.fromkeys(self.remove)))


def write_each(model, column: str | None, cast: str, rows: list[dict]) -> int:
    """Write another value of one field to each lead, in one statement; returns the number of leads written.

    ``rows``: ``{"id", "value", "attributes", "folded", "sources"}`` each; the last three are patches in
    which null removes the key. ``column`` None: the field is custom and stands in ``attributes``.
    """
    if not rows:
        return 0
    connection = connections[router.db_for_write(model)]
    table = connection.ops.quote_name(model._meta.db_table)
    if connection.vendor == "postgresql":
        sets = [
            "attributes = jsonb_strip_nulls(t.attributes || v.attributes)",
            "folded = jsonb_strip_nulls(t.folded || v.folded)",
            "field_sources = t.field_sources || v.sources",
        ]
        if column:
            sets.append(f"{connection.ops.quote_name(column)} = v.value::{cast}")
        statement = (
            f"UPDATE {table} AS t SET {', '.join(sets)} FROM jsonb_to_recordset(%s::jsonb) "
            "AS v(id bigint, value text, attributes jsonb, folded jsonb, sources jsonb) WHERE t.id = v.id"
        )
    else:
        sets = [
            "attributes = json_patch(attributes, json_extract(v.value, '$.attributes'))",
            "folded = json_patch(folded, json_extract(v.value, '$.folded'))",
            "field_sources = json_patch(field_sources, json_extract(v.value, '$.sources'))",
        ]
        if column:
            sets.append(f"{connection.ops.quote_name(column)} = json_extract(v.value, '$.value')")
        statement = (
            f"UPDATE {table} SET {', '.join(sets)} FROM json_each(%s) AS v "
            f"WHERE {table}.id = json_extract(v.value, '$.id')"
        )
    with connection.cursor() as cursor:
        cursor.execute(statement, (json.dumps(rows),))
        return cursor.rowcount


def insert_notes(model, rows: list[dict], *, source: str, now) -> list[int]:
    """Insert notes in one statement, leaving out those whose ``key`` is there already; returns their ids.

    ``rows``: ``{"uuid" (hex), "lead", "key", "text"}`` each.
    """
    if not rows:
        return []
    connection = connections[router.db_for_write(model)]
    table = connection.ops.quote_name(model._meta.db_table)
    columns = "(uuid, lead_id, key, text, source, created_at)"
    moment = connection.ops.adapt_datetimefield_value(now)
    if connection.vendor == "postgresql":
        statement = (
            f"INSERT INTO {table} {columns} SELECT v.uuid, v.lead, v.key, v.text, %s, %s "
            "FROM jsonb_to_recordset(%s::jsonb) AS v(uuid uuid, lead bigint, key text, text text) "
            "ON CONFLICT DO NOTHING RETURNING id"
        )
    else:
        fields = ", ".join(f"json_extract(v.value, '$.{name}')" for name in ("uuid", "lead", "key", "text"))
        statement = (
            f"INSERT OR IGNORE INTO {table} {columns} SELECT {fields}, %s, %s "
            "FROM json_each(%s) AS v RETURNING id"
        )
    with connection.cursor() as cursor:
        cursor.execute(statement, (source, moment, json.dumps(rows)))
        return [row[0] for row in cursor.fetchall()]


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
