"""What becomes of leads, as the values of one event for each: former and new, in one statement."""

import json

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models


def as_json(value) -> str:
    return json.dumps(value, cls=DjangoJSONEncoder)


def _new_values(change) -> str:
    """What becomes of the leads: one object for all, or one row for each."""
    each = change.pairs if change.pairs is not None else change.each
    if each is None:
        return as_json(change.values)
    return as_json([{"id": pk, "v": values} for pk, values in sorted(each.items())])


def _former(leads, column: str, quote) -> str:
    """The column before the write; empty text is no value."""
    is_text = isinstance(leads._meta.get_field(column), models.CharField)
    return f"NULLIF(t.{quote(column)}, '')" if is_text else f"t.{quote(column)}"


def on_postgresql(change, leads, quote):
    """``(an object of key and [former, new], the rows, (parameters of either))``."""
    new = _new_values(change)
    table = quote(leads._meta.db_table)
    each = "jsonb_to_recordset(%s::jsonb) AS v(id bigint, v jsonb)"
    joined = f"{table} t JOIN {each} ON t.id = v.id WHERE TRUE"
    if change.pairs is not None:
        return "v.v", joined, ([], [new])
    pairs, params = [], []
    for key, column in change.columns.items():
        former = f"to_jsonb({_former(leads, column, quote)})" if column else "t.attributes -> %s"
        pairs.append(f"%s::text, jsonb_build_array({former}, {'v.v' if change.each else '%s::jsonb'} -> %s)")
        params += [key, *([] if column else [key]), *([] if change.each else [new]), key]
    changes = f"jsonb_build_object({', '.join(pairs)})"
    if change.each:
        return changes, joined, (params, [new])
    return changes, f"{table} t WHERE t.id = ANY(%s::bigint[])", (params, [list(change.ids)])


def on_sqlite(change, leads, quote):
    """The same. Two paths in one ``json_extract`` give an array in which true stays true."""
    new = _new_values(change)
    table = quote(leads._meta.db_table)
    joined = f"{table} t JOIN json_each(%s) AS v ON t.id = json_extract(v.value, '$.id') WHERE 1"
    if change.pairs is not None:
        return "json_extract(v.value, '$.v')", joined, ([], [new])
    source = "json_extract(v.value, '$.v')" if change.each else "json(%s)"
    pairs, params = [], []
    for key, column in change.columns.items():
        former = f"json_object('k', {_former(leads, column, quote)})" if column else "json(t.attributes)"
        path = "$.o.k" if column else f'$.o."{key}"'
        pairs.append(f"%s, json_extract(json_object('o', {former}, 'n', {source}), %s, %s)")
        params += [key, *([] if change.each else [new]), path, f'$.n."{key}"']
    changes = f"json_object({', '.join(pairs)})"
    if change.each:
        return changes, joined, (params, [new])
    rows = f"{table} t WHERE t.id IN (SELECT value FROM json_each(%s))"
    return changes, rows, (params, [as_json(list(change.ids))])
