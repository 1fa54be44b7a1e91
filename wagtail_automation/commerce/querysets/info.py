"""What rules ask of the free information of orders."""

import math

from django.db import models
from django.db.models import F, Func, Q
from django.db.models.functions import Coalesce
from django.db.models.lookups import Contains, EndsWith, Exact, StartsWith

from wagtail_automation.leads.operators import text_q
from wagtail_automation.tracking.matching import NUMBER_LOOKUPS


class InfoText(Func):
    """An information of an order, folded; empty where there is no text."""

    output_field = models.TextField()

    def __init__(self, name: str):
        super().__init__(F("folded"))
        self.name = name

    def as_postgresql(self, compiler, connection, **context):
        data, params = compiler.compile(self.source_expressions[0])
        statement = f"COALESCE(CASE WHEN jsonb_typeof({data} -> %s) = 'string' THEN {data} ->> %s END, '')"
        return statement, (*params, self.name, *params, self.name)

    def as_sqlite(self, compiler, connection, **context):
        data, params = compiler.compile(self.source_expressions[0])
        path = json_path(self.name)
        statement = (
            f"COALESCE(CASE WHEN JSON_TYPE({data}, %s) = 'text' THEN JSON_EXTRACT({data}, %s) END, '')"
        )
        return statement, (*params, path, *params, path)


class InfoNumber(InfoText):
    """An information of an order as a number; NULL where it is none."""

    output_field = models.FloatField()

    def as_postgresql(self, compiler, connection, **context):
        data, params = compiler.compile(self.source_expressions[0])
        statement = (
            f"CASE WHEN jsonb_typeof({data} -> %s) = 'number' THEN ({data} ->> %s)::double precision END"
        )
        return statement, (*params, self.name, *params, self.name)

    def as_sqlite(self, compiler, connection, **context):
        data, params = compiler.compile(self.source_expressions[0])
        path = json_path(self.name)
        statement = (
            f"CASE WHEN JSON_TYPE({data}, %s) IN ('integer', 'real') THEN JSON_EXTRACT({data}, %s) END"
        )
        return statement, (*params, path, *params, path)


def json_path(name: str) -> str:
    """The path of a member in SQLite's words; names hold no quotes (``stating.info_key``)."""
    return f'$."{name}"'


def info_q(name: str, operator: str, value) -> Q | None:
    """Orders whose information compares so; None for what cannot be asked. A missing text is not anything, so
    that "is not" is true of it; a missing number compares with none."""
    if operator in NUMBER_LOOKUPS:
        number = as_number(value)
        if number is None:
            return None
        missing = -1e300 if operator in ("gt", "gte") else 1e300
        return Q(NUMBER_LOOKUPS[operator](Coalesce(InfoNumber(name), missing), number))

    def ask(op, text):
        lookup = {"exact": Exact, "contains": Contains, "startswith": StartsWith, "endswith": EndsWith}[op]
        found = Q(lookup(InfoText(name), text))
        number = as_number(text) if op == "exact" else None
        return found if number is None else found | Q(Exact(Coalesce(InfoNumber(name), 1e300), number))

    return text_q({"operator": operator, "text": value}, ask)


def as_number(text) -> float | None:
    """The number that somebody typed, with a comma or a point; None if it is none."""
    try:
        number = float(str(text).strip().replace(",", "."))
    except ValueError:
        return None
    return number if math.isfinite(number) else None
