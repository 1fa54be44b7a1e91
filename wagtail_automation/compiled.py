"""Questions of the ORM that are compiled once per process and asked again with other values.

To build a queryset and compile it takes ten to fifty times as long as the database takes to answer it. Where
the same question is asked thousands of times a minute (the sender asks a dozen for each twenty messages) it
is written once, with a ``Given`` in the place of each value::

    PAUSED = CompiledQuery(
        lambda: Pause.objects.filter(lead__anyof=Given("leads"), until__gt=Given("now"))
        .values_list("lead_id", flat=True)
    )
    PAUSED(leads=[1, 2], now=clock.now())

What is no ``Given`` stays for ever what it was when the question was first asked.
"""

import datetime as dt
import uuid
from collections.abc import Callable, Iterable

from django.db import connections, models, router
from django.db.models.query import FlatValuesListIterable, ModelIterable

from .sql import Given, run

__all__ = ["CompiledQuery", "Given"]


class CompiledQuery:
    """A query whose ``make`` is called once for each database. Called with the values, it answers a list.

    ``make`` returns a queryset of objects (nothing annotated or joined) or one of ``values_list``; asked is
    the database that is written to. Raises KeyError for a value that was not given.
    """

    def __init__(self, make: Callable[[], models.QuerySet]):
        self._make = make
        self._model: type[models.Model] | None = None
        self._compiled: dict[str, Statement] = {}

    def __call__(self, **values) -> list:
        using = router.db_for_write(self._model) if self._model else None
        compiled = self._compiled.get(using)
        if compiled is None:
            queryset = self._make()
            self._model = queryset.model
            using = router.db_for_write(self._model)
            compiled = self._compiled[using] = Statement.of(queryset.using(using))
        return compiled.ask(using, values)


class Reader:
    """What a compiled queryset makes of the rows that the database answers."""

    def __init__(self, queryset: models.QuerySet, compiler):
        chosen = [entry[0] for entry in compiler.select]
        self.compiler, self.converters = compiler, compiler.get_converters(chosen)
        self.is_flat = issubclass(queryset._iterable_class, FlatValuesListIterable)
        self.model, self.names = None, {}
        if issubclass(queryset._iterable_class, ModelIterable):
            found = compiler.klass_info
            if compiler.annotation_col_map or found.get("related_klass_infos"):
                raise ValueError("A compiled query answers values, or objects of one model.")
            self.model = found["model"]
            # a dictionary for its order and because ``from_db`` looks for each field among them
            self.names = dict.fromkeys(chosen[place].target.attname for place in found["select_fields"])

    def read(self, rows: list[tuple], using: str) -> list:
        if self.converters:
            rows = self._converted(rows)
        if self.model is not None:
            return [self.model.from_db(using, self.names, row) for row in rows]
        return [row[0] for row in rows] if self.is_flat else [tuple(row) for row in rows]

    def _converted(self, rows: list[tuple]) -> list[list]:
        """As ``SQLCompiler.apply_converters``, but NULL is None without being asked."""
        connection, converted = self.compiler.connection, []
        for row in map(list, rows):
            for place, (converters, expression) in self.converters.items():
                value = row[place]
                if value is not None:
                    for convert in converters:
                        value = convert(value, expression, connection)
                    row[place] = value
            converted.append(row)
        return converted


class Statement:
    """SQL with places for what is given. ``ask`` runs it; several threads may, each on its own connection."""

    def __init__(self, sql: str, params: Iterable, reader: Reader):
        self.sql, self.params, self.reader = sql, list(params), reader
        self.places = [(place, value) for place, value in enumerate(self.params) if isinstance(value, Given)]

    @classmethod
    def of(cls, queryset: models.QuerySet) -> "Statement":
        compiler = queryset.query.get_compiler(queryset.db)
        return cls(*compiler.as_sql(), Reader(queryset, compiler))

    def ask(self, using: str, values: dict) -> list:
        connection = connections[using]
        params = self.params.copy()
        for place, given in self.places:
            value = values[given.name]
            params[place] = given.pack(value) if given.pack else _plain(value, connection)
        return self.reader.read(run(connection, self.sql, params), using)


def _plain(value, connection):
    """A value as the database's driver takes it."""
    if isinstance(value, dt.datetime):
        return connection.ops.adapt_datetimefield_value(value)
    if isinstance(value, uuid.UUID):
        return value if connection.features.has_native_uuid_field else value.hex
    return str(value) if isinstance(value, str) else value  # of a choice its value
