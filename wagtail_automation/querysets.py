"""Two statements that the ORM lacks: updates of many rows at once, and rows that are taken in hand."""

import json
from datetime import datetime

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connections, models, router

from .compiled import Given, Reader, Statement
from .sql import _for_sqlite, _json_type


def update_rows(
    model: type[models.Model],
    rows: list[dict],
    *,
    shared: dict | None = None,
    only: dict | None = None,
    returning: tuple[str, ...] = (),
) -> int | list[tuple]:
    """Write the rows' values, as one JSON parameter; returns how many rows were changed, or with
    ``returning`` (names of fields whose values need no conversion) the values of those.

    ``rows``: ``pk`` and field name → plain value, the same names in each; ``shared``: values that are the
    same in all; ``only``: field name → value that a row must have, else it is left alone. ``bulk_update``
    writes a CASE with a branch for each row and column instead, which costs fifty times as much to prepare.
    """
    if not rows:
        return [] if returning else 0
    using = router.db_for_write(model)
    connection = connections[using]
    quote = connection.ops.quote_name
    fields = {name: model._meta.get_field(name) for name in rows[0] if name != "pk"}
    table, key = quote(model._meta.db_table), quote(model._meta.pk.column)
    fixed = {model._meta.get_field(name): value for name, value in (shared or {}).items()}
    asked = {model._meta.get_field(name): value for name, value in (only or {}).items()}
    if connection.vendor == "postgresql":
        sets = [f"{quote(field.column)} = v.{quote(name)}" for name, field in fields.items()]
        types = [f"{quote(name)} {_json_type(field)}" for name, field in fields.items()]
        source = f"jsonb_to_recordset(%s::jsonb) AS v(pk bigint, {', '.join(types)})"
        parameter = json.dumps(
            [{name: _whole(value) for name, value in row.items()} for row in rows], cls=DjangoJSONEncoder
        )
        matches = f"t.{key} = v.pk"
    else:
        sets = [
            f"{quote(field.column)} = json_extract(v.value, '$[{place}]')"
            for place, field in enumerate(fields.values(), 1)
        ]
        source = "json_each(%s) AS v"
        convert = {name: _for_sqlite(field) for name, field in fields.items()}
        parameter = json.dumps(
            [[row["pk"], *(to(row[name]) for name, to in convert.items())] for row in rows]
        )
        matches = f"t.{key} = json_extract(v.value, '$[0]')"
    sets += [f"{quote(field.column)} = %s" for field in fixed]
    # a row is found by its key; by an index of these, SQLite would read the whole parameter for each row
    bare = "" if connection.vendor == "postgresql" else "+"
    matches = " AND ".join([matches, *(f"{bare}t.{quote(field.column)} = %s" for field in asked)])
    # what is written has names of its own beside those of the table
    prefix = "t." if connection.vendor == "postgresql" else ""
    back = ", ".join(f"{prefix}{quote(model._meta.get_field(name).column)}" for name in returning)
    tail = f" RETURNING {back}" if returning else ""
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {table} AS t SET {', '.join(sets)} FROM {source} WHERE {matches}{tail}",
            (
                *(field.get_db_prep_save(value, connection) for field, value in fixed.items()),
                parameter,
                *(field.get_db_prep_value(value, connection) for field, value in asked.items()),
            ),
        )
        return cursor.fetchall() if returning else cursor.rowcount


def _whole(value):
    """A moment to the microsecond: the encoder of JSON would cut it short."""
    return value.isoformat() if isinstance(value, datetime) else value


def take(some: models.QuerySet, values: dict, *, counted: str, only: dict) -> list:
    """Write ``values`` into the rows that a sliced queryset finds and nobody else has locked, one more into
    the column ``counted``; returns the rows as they are then, in the queryset's order of fields.

    One statement, so that two who ask at once never get the same row; ``only``: what a row must still have.
    """
    return Taking(some, tuple(values), counted=counted, only=only)(values)


class Taking:
    """``take``, compiled once: ``some`` may hold ``Given`` values, which are named together with those that
    are written (``names``: of fields). The rows come without the fields ``deferred``, as by ``defer()``."""

    def __init__(
        self,
        some: models.QuerySet,
        names: tuple[str, ...],
        *,
        counted: str,
        only: dict,
        deferred: tuple[str, ...] = (),
    ):
        model = some.model
        self.using, get_field = router.db_for_write(model), model._meta.get_field
        connection = connections[self.using]
        quote = connection.ops.quote_name
        found, params = some.values_list("pk").query.get_compiler(self.using).as_sql()
        if connection.features.has_select_for_update_skip_locked:
            found += f" FOR UPDATE OF {quote(some.query.get_initial_alias())} SKIP LOCKED"
        # asked once, before anything is written: inside IN a planner may ask it again and again
        materialized = "MATERIALIZED " if connection.vendor == "postgresql" else ""
        table, key = quote(model._meta.db_table), quote(model._meta.pk.column)
        sets = [f"{quote(get_field(name).column)} = %s" for name in names]
        sets.append(f"{quote(get_field(counted).column)} = {quote(get_field(counted).column)} + 1")
        still = "".join(f" AND {quote(get_field(name).column)} = %s" for name in only)
        wanted = model._base_manager.using(self.using).defer(*deferred)
        compiler = wanted.query.get_compiler(self.using)
        compiler.as_sql()
        columns = ", ".join(
            f"{table}.{quote(column.target.column)}" for column, _sql, _name in compiler.select
        )
        asked = [get_field(name).get_db_prep_value(value, connection) for name, value in only.items()]
        self.order = some.query.order_by
        self.statement = Statement(
            f"WITH found(id) AS {materialized}({found}) UPDATE {table} SET {', '.join(sets)} "
            f"WHERE {key} IN (SELECT id FROM found){still} RETURNING {columns}",
            (*params, *(Given(f"new_{name}") for name in names), *asked),
            Reader(wanted, compiler),
        )

    def __call__(self, values: dict, **given) -> list:
        rows = self.statement.ask(
            self.using, given | {f"new_{name}": value for name, value in values.items()}
        )
        return sorted(rows, key=lambda row: [getattr(row, name) for name in self.order])
