"""Two statements that the ORM lacks: updates of many rows at once, and rows that are taken in hand."""

import json
from datetime import datetime
from functools import lru_cache

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
    shared, only = shared or {}, only or {}
    using = router.db_for_write(model)
    names = tuple(name for name in rows[0] if name != "pk")
    update = _update(using, model, names, tuple(shared), tuple(only), returning)
    with connections[using].cursor() as cursor:
        cursor.execute(update.sql, update.params(rows, shared, only))
        return cursor.fetchall() if returning else cursor.rowcount


class _Update:
    """The statement of ``update_rows`` for rows with the same names."""

    def __init__(self, using, model, names, shared, only, returning):
        self.using, get_field = using, model._meta.get_field
        connection = connections[using]
        quote = connection.ops.quote_name
        self.fields = {name: get_field(name) for name in (*names, *shared, *only)}
        columns = {name: quote(field.column) for name, field in self.fields.items()}
        key = quote(model._meta.pk.column)
        if connection.vendor == "postgresql":
            sets = [f"{columns[name]} = v.{quote(name)}" for name in names]
            types = [f"{quote(name)} {_json_type(self.fields[name])}" for name in names]
            source, found = f"jsonb_to_recordset(%s::jsonb) AS v(pk bigint, {', '.join(types)})", "v.pk"
            self.convert, bare, prefix = None, "", "t."
        else:
            sets = [
                f"{columns[name]} = json_extract(v.value, '$[{place}]')"
                for place, name in enumerate(names, 1)
            ]
            source, found = "json_each(%s) AS v", "json_extract(v.value, '$[0]')"
            self.convert = {name: _for_sqlite(self.fields[name]) for name in names}
            # a row is found by its key; by an index of these, SQLite would read the parameter for each row
            bare, prefix = "+", ""
        sets += [f"{columns[name]} = %s" for name in shared]
        matches = [f"t.{key} = {found}", *(f"{bare}t.{columns[name]} = %s" for name in only)]
        # what is written has names of its own beside those of the table
        back = ", ".join(f"{prefix}{quote(get_field(name).column)}" for name in returning)
        self.sql = (
            f"UPDATE {quote(model._meta.db_table)} AS t SET {', '.join(sets)} FROM {source} "
            f"WHERE {' AND '.join(matches)}{f' RETURNING {back}' if returning else ''}"
        )

    def params(self, rows: list[dict], shared: dict, only: dict) -> list:
        connection = connections[self.using]
        if self.convert is None:
            written = json.dumps(rows, cls=_Whole)
        else:
            convert = self.convert.items()
            written = json.dumps([[row["pk"], *(to(row[name]) for name, to in convert)] for row in rows])
        return [
            *(self.fields[name].get_db_prep_save(value, connection) for name, value in shared.items()),
            written,
            *(self.fields[name].get_db_prep_value(value, connection) for name, value in only.items()),
        ]


_update = lru_cache(maxsize=256)(_Update)


class _Whole(DjangoJSONEncoder):
    """Moments to the microsecond: Django's encoder cuts them short."""

    def default(self, o):
        return o.isoformat() if isinstance(o, datetime) else super().default(o)


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
