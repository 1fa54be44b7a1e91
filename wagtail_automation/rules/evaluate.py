"""Many rules, one person, one query – with SQL that is compiled once.

Building and compiling 12 rules costs 4.6 ms of 5.7 (ENGINE.md §1), so the compiled statement is kept
and only the person and the moment are put in. What is a moment is found by compiling at two moments:
a parameter that moves exactly with the clock is one; if any other differs, the rule is not cached.
"""

import datetime as dt
import json
import threading
import time
from collections import OrderedDict

from django.core.exceptions import EmptyResultSet
from django.db import connections, models
from django.db.models import BooleanField, Case, Value, When
from django.db.models.signals import post_delete

from wagtail_automation import objects, sql

from .compiler import compile_rule
from .rule import Rule
from .scope import Scope

#: A primary key that no row has, put where the person's goes.
PK_MARK = 4_611_686_018_427_387_903
CACHE_SIZE = 500
#: After this long a statement is compiled anew, so that an object deleted elsewhere stops matching.
CACHE_SECONDS = 60

_cache: "OrderedDict[tuple, object]" = OrderedDict()
_lock = threading.Lock()


class _Moment:
    """A parameter that stands ``offset`` from now; ``text`` if the database takes moments as text."""

    def __init__(self, offset: dt.timedelta, text: bool):
        self.offset, self.text = offset, text

    def at(self, now: dt.datetime, connection):
        value = now + self.offset
        return connection.ops.adapt_datetimefield_value(value) if self.text else value


class _Compiled:
    def __init__(self, statement: str, params: list, until: float):
        self.statement, self.params, self.until = statement, params, until

    def fill(self, pk, now, connection) -> list:
        return [
            pk if param == PK_MARK and not isinstance(param, _Moment)
            else param.at(now, connection) if isinstance(param, _Moment)
            else param
            for param in self.params
        ]  # fmt: skip


class RuleSet:
    """Some rules, asked together about one row of a model (leads, usually).

    Compiled statements are kept per process under the rules' JSON, for ``CACHE_SECONDS``.
    """

    def __init__(self, rules: list[Rule]):
        self.rules = rules
        self._key = tuple(json.dumps(rule.raw, sort_keys=True) for rule in rules)

    def answers(self, model: type[models.Model], pk: int, now: dt.datetime) -> list[bool]:
        """One answer a rule, in their order; False for a row that does not exist. At most one query when
        warm."""
        if not self.rules:
            return []
        queryset = model._default_manager.all()
        using = queryset.db
        key = (using, model._meta.label_lower, self._key)
        with _lock:
            compiled = _cache.get(key)
            if compiled is not None and compiled.until < time.monotonic():
                compiled = _cache.pop(key) and None
            if compiled is not None:
                _cache.move_to_end(key)
        if compiled is None:
            compiled = self._compile(queryset, now)
            if compiled is not None:
                with _lock:
                    _cache[key] = compiled
                    while len(_cache) > CACHE_SIZE:
                        _cache.popitem(last=False)
        if compiled is None:
            statement, params = self._statement(queryset, now, pk)
        else:
            statement, params = compiled.statement, compiled.fill(pk, now, connections[using])
        rows = sql.fetch(using, statement, params)
        if not rows:
            return [False] * len(self.rules)
        return [bool(answer) for answer in rows[0]]

    def _statement(self, queryset, now, pk):
        scope = Scope(now, mode="one", using=queryset.db)
        answers = {}
        for position, rule in enumerate(self.rules):
            q = compile_rule(rule, scope)
            answers[f"_r{position}"] = Case(
                When(q, then=Value(True)), default=Value(False), output_field=BooleanField()
            )
        selected = queryset.filter(pk=pk).order_by().annotate(**answers).values_list(*answers)
        return selected.query.get_compiler(queryset.db).as_sql()

    def _compile(self, queryset, now) -> _Compiled | None:
        connection = connections[queryset.db]
        step = dt.timedelta(days=1, seconds=1, microseconds=1)
        try:
            first, params = self._statement(queryset, now, PK_MARK)
            second, later = self._statement(queryset, now + step, PK_MARK)
        except EmptyResultSet:
            return None
        if first != second or len(params) != len(later):
            return None
        kept = []
        for before, after in zip(params, later, strict=True):
            if before == after:
                kept.append(before)
                continue
            moment, next_moment = _as_moment(before), _as_moment(after)
            if moment is None or next_moment is None or next_moment - moment != step:
                return None
            kept.append(_Moment(moment - now, text=isinstance(before, str)))
            if kept[-1].at(now, connection) != before:
                return None
        return _Compiled(first, kept, time.monotonic() + CACHE_SECONDS)


def _as_moment(value) -> dt.datetime | None:
    if isinstance(value, dt.datetime):
        return value
    if isinstance(value, str):
        try:
            moment = dt.datetime.fromisoformat(value)
        except ValueError:
            return None
        return moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)
    return None


def clear_cache(**kwargs) -> None:
    """Forget compiled statements; also the receiver for deleted objects."""
    with _lock:
        _cache.clear()


def connect_deletions() -> None:
    """Forget statements when an object of a registered kind is deleted; called once the apps are ready.

    Connected model by model: a receiver for all senders would turn off Django's fast deletes everywhere.
    """
    for model in objects.kind_models():
        post_delete.connect(
            clear_cache, sender=model, dispatch_uid=f"wagtail_automation_rules_{model.__name__}"
        )


def matches(rule: Rule, model: type[models.Model], pk: int, now: dt.datetime) -> bool:
    """Does this one row match? One query, plus one per model of chosen objects when cold."""
    return RuleSet([rule]).answers(model, pk, now)[0]
