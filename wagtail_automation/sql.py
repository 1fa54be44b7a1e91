"""Generic SQL that the ORM lacks: id arrays, INSERT … SELECT, set difference. No statement of an app."""

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from django.core.exceptions import EmptyResultSet
from django.db import DatabaseError, connections, models, router
from django.db.models import (
    AutoField,
    BigAutoField,
    BigIntegerField,
    CharField,
    DateTimeField,
    F,
    ForeignKey,
    Func,
    IntegerField,
    Lookup,
)
from django.db.models.expressions import Combinable, Expression, Value
from django.db.models.functions import Cast


class Given(Expression):
    """Stands in a queryset for a value that is named whenever it is asked (``compiled.CompiledQuery``);
    for ``__anyof`` an iterable."""

    def __init__(self, name: str):
        self.name = name
        #: how many values become one parameter
        self.pack: Callable | None = None
        super().__init__()

    def _resolve_output_field(self):
        return None

    def as_sql(self, compiler, connection):
        return "%s", (self,)

    def packed(self, pack: Callable) -> "Given":
        made = Given(self.name)
        made.pack = pack
        return made


class AnyOf(Lookup):
    """``field__anyof=[ids]``: one parameter for any number of ids (SQLite limits parameters)."""

    lookup_name = "anyof"
    prepare_rhs = False
    can_use_none_as_rhs = False
    member = int
    array = "%s::bigint[]"

    def get_prep_lookup(self):
        return self.rhs if isinstance(self.rhs, Given) else [self.member(value) for value in self.rhs]

    @staticmethod
    def pack(values) -> str:
        """As one text: psycopg would quote every element of a list by itself."""
        return "{" + ",".join(map(str, values)) + "}"

    def _parameter(self, pack: Callable):
        return self.rhs.packed(pack) if isinstance(self.rhs, Given) else pack(self.rhs)

    def as_sql(self, compiler, connection):
        lhs, params = self.process_lhs(compiler, connection)
        return f"{lhs} = ANY({self.array})", (*params, self._parameter(self.pack))

    def as_sqlite(self, compiler, connection):
        lhs, params = self.process_lhs(compiler, connection)
        return f"{lhs} IN (SELECT value FROM json_each(%s))", (*params, self._parameter(pack_json))


def pack_json(values: Iterable) -> str:
    """Values as an array of JSON."""
    return json.dumps(list(values))


class AnyText(AnyOf):
    """``field__anyof=[texts]``: the same for texts."""

    member = str
    array = "ARRAY(SELECT jsonb_array_elements_text(%s::jsonb))"
    pack = staticmethod(pack_json)


for _field in (AutoField, BigAutoField, BigIntegerField, IntegerField, ForeignKey):
    _field.register_lookup(AnyOf)
CharField.register_lookup(AnyText)


class ByKey(Expression):
    """The moment that each row has in ``{primary key: aware datetime}``: one statement for all.

    For ``update(due_at=ByKey(moments))`` of rows that are all in the mapping.
    """

    def __init__(self, moments: dict[int, datetime], output_field=None):
        self.moments = moments
        super().__init__(output_field=output_field or DateTimeField())

    def resolve_expression(self, query=None, allow_joins=True, reuse=None, summarize=False, for_save=False):
        resolved = self.copy()
        resolved.key = F("pk").resolve_expression(query, allow_joins, reuse, summarize, for_save)
        return resolved

    def as_sql(self, compiler, connection):
        key, params = compiler.compile(self.key)
        moments = json.dumps({str(pk): moment.isoformat() for pk, moment in self.moments.items()})
        return f"((%s::jsonb)->>(({key})::text))::timestamptz", (moments, *params)

    def as_sqlite(self, compiler, connection):
        key, params = compiler.compile(self.key)
        adapt = connection.ops.adapt_datetimefield_value
        moments = json.dumps({str(pk): str(adapt(moment)) for pk, moment in self.moments.items()})
        return f"json_extract(%s, '$.\"' || {key} || '\"')", (moments, *params)


class Later(Func):
    """A moment (aware datetime) and so many microseconds after it: an expression of whole numbers."""

    output_field = DateTimeField()
    template = "(%(expressions)s)"

    def __init__(self, moment: datetime, microseconds, **extra):
        super().__init__(Value(moment, DateTimeField()), Cast(microseconds, BigIntegerField()), **extra)

    def as_sql(self, compiler, connection, **extra):
        moment, after = (compiler.compile(part) for part in self.get_source_expressions())
        return f"({moment[0]}::timestamptz + {after[0]} * interval '1 microsecond')", (*moment[1], *after[1])

    def as_sqlite(self, compiler, connection, **extra):
        moment, after = (compiler.compile(part) for part in self.get_source_expressions())
        return f"django_format_dtdelta('+', {moment[0]}, {after[0]})", (*moment[1], *after[1])


def is_postgresql(using: str = "default") -> bool:
    return connections[using].vendor == "postgresql"


def supports_skip_locked(using: str = "default") -> bool:
    return connections[using].features.has_select_for_update_skip_locked


def insert_select(
    model: type[models.Model],
    columns: dict[str, Combinable | object],
    source: models.QuerySet,
    *,
    ignore_conflicts: bool = False,
    returning: str | None = None,
    keep: bool = False,
) -> int | list:
    """``INSERT INTO model (columns) SELECT … FROM source``; returns the number of rows inserted.

    ``columns``: field name → expression over ``source`` (or a plain value). Fields left out get their
    database default, so name every field that has none. ``ignore_conflicts`` leaves out rows that
    break a unique key; otherwise IntegrityError is raised. ``returning``: name of a field whose values
    in the rows that really were inserted are returned instead of their number. ``keep``: rows of the source
    that the new ones point at cannot be deleted before the commit, and those being deleted are left out;
    otherwise one of them fails the whole statement at the commit, when PostgreSQL looks at foreign keys. The
    source may then be neither distinct, grouped nor combined.
    """
    using = router.db_for_write(model)
    connection = connections[using]
    quote = connection.ops.quote_name
    fields, aliases = [], {}
    for position, (name, expression) in enumerate(columns.items()):
        field = model._meta.get_field(name)
        if not hasattr(expression, "resolve_expression"):
            expression = Value(expression, output_field=_plain(field))
        fields.append(field)
        aliases[f"_c{position}"] = expression
    keep = keep and connection.vendor == "postgresql"
    query = source.using(using)
    if not query.query.is_sliced:
        # locks in the order of the keys, as everybody takes them
        query = query.order_by("pk") if keep else query.order_by()
    selected = query.annotate(**aliases).values_list(*aliases)
    try:
        select, params = selected.query.get_compiler(using).as_sql()
    except EmptyResultSet:
        return [] if returning else 0
    names = ", ".join(quote(field.column) for field in fields)
    verb, suffix = "INSERT INTO", ""
    if ignore_conflicts:
        # "ON CONFLICT" after a SELECT is ambiguous in SQLite (parsed as a join constraint)
        verb, suffix = (
            ("INSERT OR IGNORE INTO", "")
            if connection.vendor == "sqlite"
            else (verb, " ON CONFLICT DO NOTHING")
        )
    if returning:
        suffix += f" RETURNING {quote(model._meta.get_field(returning).column)}"
    if keep:
        suffix = f" FOR KEY SHARE OF {quote(selected.query.get_initial_alias())}{suffix}"
    with connection.cursor() as cursor:
        cursor.execute(f"{verb} {quote(model._meta.db_table)} ({names}) {select}{suffix}", params)
        return [row[0] for row in cursor.fetchall()] if returning else cursor.rowcount


def _plain(field: models.Field) -> models.Field:
    """A field that types a literal as the target column does."""
    target = field.target_field if isinstance(field, ForeignKey) else field
    if isinstance(target, AutoField):
        return IntegerField()
    if isinstance(target, BigAutoField):
        return BigIntegerField()
    return target.clone()


def insert_rows(
    model: type[models.Model],
    rows: list[dict],
    *,
    shared: dict | None = None,
    ignore_conflicts: bool = False,
    returning: tuple[str, ...] = (),
) -> list[tuple]:
    """Insert any number of rows in one statement, as one JSON parameter; returns the values of ``returning``.

    ``rows``: field name → plain value (a key's raw value for foreign keys), the same names in each;
    ``shared``: values that are the same in all of them. Fields left out get their database default. Needed
    where ``bulk_create`` writes a statement per forty rows (SQLite's limit of parameters) and prepares every
    column of every row.
    """
    if not rows:
        return []
    shared = shared or {}
    using = router.db_for_write(model)
    insertion = _insertion(using, model, tuple(rows[0]), tuple(shared), ignore_conflicts, returning)
    with connections[using].cursor() as cursor:
        cursor.execute(insertion.sql, insertion.params(rows, shared))
        return cursor.fetchall() if returning else []


class _Insertion:
    """The statement of ``insert_rows`` for rows with the same names."""

    def __init__(self, using, model, names, common, ignore_conflicts, returning):
        self.using, get_field = using, model._meta.get_field
        connection = connections[using]
        quote = connection.ops.quote_name
        fields = [get_field(name) for name in names]
        self.common = [(name, get_field(name)) for name in common]
        if connection.vendor == "postgresql":
            picked = [f"v.{quote(name)}" for name in names]
            types = [f"{quote(name)} {_json_type(field)}" for name, field in zip(names, fields, strict=True)]
            source, tail = f"jsonb_to_recordset(%s::jsonb) AS v({', '.join(types)})", ""
            self.convert = None
        else:
            picked = [f"json_extract(v.value, '$[{place}]')" for place in range(len(names))]
            # WHERE, since ON CONFLICT after a FROM is parsed as a join constraint
            source, tail = "json_each(%s) AS v", " WHERE true"
            self.convert = [_for_sqlite(field) for field in fields]
        columns = [quote(field.column) for field in (*fields, *(field for _name, field in self.common))]
        tail += " ON CONFLICT DO NOTHING" if ignore_conflicts else ""
        if returning:
            tail += " RETURNING " + ", ".join(quote(get_field(name).column) for name in returning)
        self.sql = (
            f"INSERT INTO {quote(model._meta.db_table)} ({', '.join(columns)}) "
            f"SELECT {', '.join([*picked, *('%s' for _field in self.common)])} FROM {source}{tail}"
        )

    def params(self, rows: list[dict], shared: dict) -> list:
        connection = connections[self.using]
        common = [field.get_db_prep_save(shared[name], connection) for name, field in self.common]
        if self.convert is None:
            return [*common, json.dumps(rows, default=str)]
        values = [[to(value) for to, value in zip(self.convert, row.values(), strict=True)] for row in rows]
        return [*common, json.dumps(values)]


_insertion = lru_cache(maxsize=256)(_Insertion)


def _json_type(field: models.Field) -> str:
    """The type in which PostgreSQL reads a JSON value for this column."""
    target = field.target_field if isinstance(field, ForeignKey) else field
    if isinstance(target, models.CharField | models.TextField):
        return "text"
    return target.cast_db_type(connections[router.db_for_write(field.model)])


def _for_sqlite(field: models.Field):
    """How a value of this column travels in JSON so that SQLite stores what Django would have."""
    target = field.target_field if isinstance(field, ForeignKey) else field
    using = router.db_for_write(field.model)
    if isinstance(target, models.DateTimeField | models.DateField | models.UUIDField | models.JSONField):
        return lambda value: None if value is None else target.get_db_prep_save(value, connections[using])
    return lambda value: value


def difference(wanted: models.QuerySet, present: models.QuerySet) -> tuple[list[int], list[int]]:
    """``(to add, to remove)``: ids that only the first, or only the second queryset selects.

    Both select one integer column. On PostgreSQL one FULL JOIN, which cannot be planned as a nested
    loop (an anti-join ran for minutes, ENGINE.md §1); on SQLite two EXCEPTs.
    """
    using = wanted.db
    connection = connections[using]
    wanted_sql, wanted_params = _select(wanted)
    present_sql, present_params = _select(present)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                f"WITH w(id) AS MATERIALIZED ({wanted_sql}), p(id) AS MATERIALIZED ({present_sql}) "
                "SELECT w.id, p.id FROM w FULL JOIN p ON w.id = p.id WHERE w.id IS NULL OR p.id IS NULL",
                (*wanted_params, *present_params),
            )
            add, remove = [], []
            for new, old in cursor:
                if old is None:
                    add.append(new)
                else:
                    remove.append(old)
            return sorted(add), sorted(remove)
        cursor.execute(f"{wanted_sql} EXCEPT {present_sql}", (*wanted_params, *present_params))
        add = [row[0] for row in cursor.fetchall()]
        cursor.execute(f"{present_sql} EXCEPT {wanted_sql}", (*present_params, *wanted_params))
        return sorted(add), sorted(row[0] for row in cursor.fetchall())


def _select(queryset: models.QuerySet) -> tuple[str, tuple]:
    try:
        sql, params = queryset.order_by().query.get_compiler(queryset.db).as_sql()
    except EmptyResultSet:
        return "SELECT CAST(NULL AS BIGINT) WHERE 1 = 0", ()
    return sql, tuple(params)


@dataclass(frozen=True)
class Counted:
    """A count that stopped at a limit. ``more``: there are more than were looked at; ``distinct``: how many
    different values the rows looked at had."""

    rows: int
    distinct: int
    more: bool


def counts_up_to(questions: list[tuple[models.QuerySet, str]], limit: int) -> list[Counted]:
    """How many rows each ``(queryset, column)`` selects, none of them reading more than ``limit`` + 1.

    One statement for any number of questions; what it costs does not grow with the tables where an index
    answers each. ``Counted.distinct`` is about the column.
    """
    parts, params = [], []
    for number, (queryset, column) in enumerate(questions):
        inner = queryset.order_by().values(wa_counted=F(column))[: limit + 1]
        try:
            select, values = inner.query.get_compiler(queryset.db).as_sql()
        except EmptyResultSet:
            continue
        parts.append(f"SELECT {number}, COUNT(*), COUNT(DISTINCT wa_counted) FROM ({select}) AS q{number}")
        params += values
    found = {}
    if parts:
        for number, rows, distinct in fetch(questions[0][0].db, " UNION ALL ".join(parts), params):
            found[number] = Counted(min(rows, limit), min(distinct, limit), rows > limit)
    return [found.get(number, Counted(0, 0, False)) for number in range(len(questions))]


def fetch(using: str, sql: str, params: Iterable | None) -> list[tuple]:
    """Run a SELECT that was compiled before (``rules.evaluate``). ``params`` None: a percent sign is one."""
    return run(connections[using], sql, None if params is None else tuple(params))


def run(connection, sql: str, params) -> list[tuple]:
    """``fetch`` over a connection at hand."""
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchall()


class RandomUUID(Func):
    """Another random UUID for each row of a statement."""

    output_field = models.UUIDField()

    def as_postgresql(self, compiler, connection, **context):
        return "gen_random_uuid()", ()

    def as_sqlite(self, compiler, connection, **context):
        return "lower(hex(randomblob(16)))", ()


def analyze(*models_: type[models.Model]) -> None:
    """Refresh the planner's statistics after a bulk write."""
    for model in models_:
        connection = connections[router.db_for_write(model)]
        with connection.cursor() as cursor:
            cursor.execute(f"ANALYZE {connection.ops.quote_name(model._meta.db_table)}")


def storage_bytes(model: type[models.Model]) -> int | None:
    """What a table takes with its indexes; None where SQLite was built without the means to tell."""
    connection = connections[router.db_for_write(model)]
    table = model._meta.db_table
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT pg_total_relation_size(%s::regclass)", [table])
            return cursor.fetchone()[0]
        try:
            cursor.execute(
                "SELECT sum(pgsize) FROM dbstat WHERE aggregate AND name IN "
                "(SELECT name FROM sqlite_master WHERE tbl_name = %s)",
                [table],
            )
        except DatabaseError:
            return None
        return cursor.fetchone()[0]


def synchronous_commit_off(using: str = "default") -> None:
    """For this transaction, do not wait for the disk (PostgreSQL): a page view may be lost, never torn."""
    if is_postgresql(using):
        with connections[using].cursor() as cursor:
            cursor.execute("SET LOCAL synchronous_commit = off")


def journal_mode(using: str = "default") -> str:
    """How SQLite writes: "wal" is what two processes need."""
    with connections[using].cursor() as cursor:
        return cursor.execute("PRAGMA journal_mode").fetchone()[0]


@contextmanager
def secure_delete(using: str = "default") -> Iterator[None]:
    """On SQLite, what is deleted meanwhile is overwritten with zeros instead of left in free pages.

    Nothing on PostgreSQL, where VACUUM reuses the space of deleted rows.
    """
    connection = connections[using]
    if connection.vendor != "sqlite":
        yield
        return
    with connection.cursor() as cursor:
        before = cursor.execute("PRAGMA secure_delete").fetchone()[0]
        cursor.execute("PRAGMA secure_delete = ON")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"PRAGMA secure_delete = {int(before)}")


def forget_log(using: str = "default") -> bool:
    """On SQLite, empty the write-ahead log, which keeps former versions of pages; False while others read."""
    connection = connections[using]
    if connection.vendor != "sqlite" or connection.in_atomic_block:
        return False
    with connection.cursor() as cursor:
        busy, _pages, _moved = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    return not busy
