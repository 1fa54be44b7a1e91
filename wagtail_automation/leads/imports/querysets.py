"""The statements of an import: each for a whole chunk, one JSON or array parameter for any number of rows."""

import datetime as dt
import json

from django.db import connections, router

from wagtail_automation.leads.models import Identifier, ImportedLead, Lead


def owners(pairs) -> dict[tuple[str, str], int]:
    """Which lead has each of these ``(kind, value)``; one statement."""
    pairs = sorted(set(pairs))
    if not pairs:
        return {}
    connection = connections[router.db_for_write(Identifier)]
    table = connection.ops.quote_name(Identifier._meta.db_table)
    if connection.vendor == "postgresql":
        # one text: psycopg would quote every element of an array by itself
        source = "jsonb_to_recordset(%s::jsonb) AS v(kind text, value text)"
        params = (json.dumps([{"kind": kind, "value": value} for kind, value in pairs]),)
        on = "i.kind = v.kind AND i.value = v.value"
    else:
        # CROSS JOIN keeps SQLite's planner from walking the whole table of identifiers
        source = "json_each(%s) AS v"
        params = (json.dumps(pairs),)
        on = "i.kind = json_extract(v.value, '$[0]') AND i.value = json_extract(v.value, '$[1]')"
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT i.kind, i.value, i.lead_id FROM {source} CROSS JOIN {table} AS i WHERE {on}", params
        )
        return {(kind, value): lead for kind, value, lead in cursor.fetchall()}


def patch_leads(rows: list[dict], columns: dict[str, str]) -> None:
    """Write other values to each of these leads; one statement.

    ``rows``: ``{"id", "attributes", "folded", "sources", <column>: value…}``; the first three are laid over
    what is there. A column that a row does not name keeps its value. ``columns``: name → SQL type.
    """
    if not rows:
        return
    connection = connections[router.db_for_write(Lead)]
    quote = connection.ops.quote_name
    table = quote(Lead._meta.db_table)
    named = {name: quote(Lead._meta.get_field(name).column) for name in columns}
    if connection.vendor == "postgresql":
        sets = [
            "attributes = t.attributes || v.attributes",
            "folded = t.folded || v.folded",
            "field_sources = t.field_sources || v.sources",
            *(f"{column} = COALESCE(v.{quote(name)}, t.{column})" for name, column in named.items()),
        ]
        types = "".join(f", {quote(name)} {type_}" for name, type_ in columns.items())
        statement = (
            f"UPDATE {table} AS t SET {', '.join(sets)} FROM jsonb_to_recordset(%s::jsonb) "
            f"AS v(id bigint, attributes jsonb, folded jsonb, sources jsonb{types}) WHERE t.id = v.id"
        )
    else:
        sets = [
            "attributes = json_patch(attributes, json_extract(v.value, '$.attributes'))",
            "folded = json_patch(folded, json_extract(v.value, '$.folded'))",
            "field_sources = json_patch(field_sources, json_extract(v.value, '$.sources'))",
            *(
                f"{column} = COALESCE(json_extract(v.value, '$.{name}'), {column})"
                for name, column in named.items()
            ),
        ]
        statement = (
            f"UPDATE {table} SET {', '.join(sets)} FROM json_each(%s) AS v "
            f"WHERE {table}.id = json_extract(v.value, '$.id')"
        )
    with connection.cursor() as cursor:
        cursor.execute(statement, (json.dumps(rows, default=_plain(connection)),))


def _plain(connection):
    """Moments as the database stores them: SQLite has its own form."""
    if connection.vendor == "postgresql":
        return str
    return lambda value: (
        connection.ops.adapt_datetimefield_value(value) if isinstance(value, dt.datetime) else str(value)
    )


def tally(run_pk: int) -> dict[str, int]:
    """How many leads the run created and met."""
    created = ImportedLead.objects.filter(run=run_pk, created=True).count()
    return {"created": created, "matched": ImportedLead.objects.filter(run=run_pk).count() - created}


def sql_type(name: str) -> str:
    """The database's type of a column of leads."""
    field = Lead._meta.get_field(name)
    target = field.target_field if field.is_relation else field
    return target.cast_db_type(connections[router.db_for_write(Lead)])


def bare_insert(rows: list[list[str]], now: dt.datetime) -> None:
    """The lower bound of the benchmark: COPY on PostgreSQL, ``executemany`` on SQLite, nothing checked."""
    import uuid

    from wagtail_automation.leads.models import ConsentRecord, ConsentState

    connection = connections[router.db_for_write(Lead)]
    quote = connection.ops.quote_name
    top = Lead.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    columns = [field for field in Lead._meta.concrete_fields if field.name != "owner"]
    defaults = {field.column: field.get_db_prep_save(field.get_default(), connection) for field in columns}
    leads, identifiers, records, states = [], [], [], []
    for pk, (email, first, last, company, city, plan, consent) in enumerate(rows, top + 1):
        said = {
            "id": pk, "uuid": uuid.uuid4(), "bucket": pk % 1_000_000, "status": "known", "email": email,
            "first_name": first, "last_name": last, "company": company, "city": city, "created_at": now,
            "attributes": json.dumps({"bench_plan": plan}), "folded": json.dumps({"email": email}),
            "field_sources": "{}",
        }  # fmt: skip
        if connection.vendor == "sqlite":
            said |= {"uuid": said["uuid"].hex, "created_at": str(now)}
        leads.append(tuple((defaults | said).values()))
        moment = str(now)
        granted = consent == "yes"
        identifiers.append(("email", email, pk, "bench", moment))
        records.append((pk, "email", granted, "import", "bench", moment))
        states.append((pk, "email", granted, moment))
    with connection.cursor() as cursor:
        for model, names, data in (
            (Lead, list(defaults), leads),
            (Identifier, ["kind", "value", "lead_id", "source", "created_at"], identifiers),
            (ConsentRecord, ["lead_id", "subject", "granted", "how", "text", "at"], records),
            (ConsentState, ["lead_id", "subject", "granted", "at"], states),
        ):
            table, named = quote(model._meta.db_table), ", ".join(map(quote, names))
            if connection.vendor == "postgresql":
                with cursor.copy(f"COPY {table} ({named}) FROM STDIN") as copy:
                    for row in data:
                        copy.write_row(row)
            else:
                marks = ", ".join(["%s"] * len(names))
                cursor.executemany(f"INSERT INTO {table} ({named}) VALUES ({marks})", data)
