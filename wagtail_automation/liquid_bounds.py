"""The bounded environment of Liquid: the tags and filters there are, and how far a rendering may go."""

import datetime as dt
import time
from decimal import Decimal
from functools import wraps

from django.utils import dateformat
from django.utils.dateparse import parse_date, parse_datetime
from liquid import BoundTemplate, Environment, RenderContext
from liquid.builtin.expressions.primitive import RangeLiteral
from liquid.exceptions import FilterArgumentError
from liquid.output import LimitedStringIO

MAX_OUTPUT = 1_000_000  # bytes written by one rendering
MAX_TEXT = 100_000  # characters of any value on the way
MAX_ITEMS = 10_000  # members of any list or range on the way
MAX_NUMBER = 10**18
MAX_SECONDS = 1.0  # of one rendering

#: Everything else that python-liquid brings (includes, raw HTML, decoding) is absent.
TAGS = {
    "assign", "break", "capture", "case", "comment", "continue", "cycle", "echo", "for", "if", "unless",
}  # fmt: skip
FILTERS = {
    "abs", "append", "at_least", "at_most", "capitalize", "ceil", "compact", "concat", "default",
    "divided_by", "downcase", "escape", "first", "floor", "join", "last", "lstrip", "map", "minus", "modulo",
    "newline_to_br", "plus", "prepend", "remove", "remove_first", "replace", "replace_first", "reverse",
    "round", "rstrip", "size", "slice", "sort", "split", "strip", "strip_newlines", "times", "truncate",
    "truncatewords", "uniq", "upcase", "url_encode", "where",
}  # fmt: skip

#: strftime directive -> django.utils.dateformat character, so that names follow the active language.
DATE_DIRECTIVES = {
    "a": "D", "A": "l", "b": "M", "B": "F", "d": "d", "e": "j", "-d": "j", "H": "H", "I": "h", "j": "z",
    "m": "m", "-m": "n", "M": "i", "p": "A", "S": "s", "y": "y", "Y": "Y", "Z": "T", "z": "O",
}  # fmt: skip


class Deadline(RenderContext):
    """A context that looks at the watch whenever a name is read or a filter is applied."""

    __slots__ = ("deadline",)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.deadline = time.monotonic() + MAX_SECONDS

    def _check(self):
        if time.monotonic() > self.deadline:
            raise FilterArgumentError("it takes too long", token=None)

    def get(self, path, **kwargs):
        self._check()
        return super().get(path, **kwargs)

    def filter(self, name, token):
        self._check()
        return super().filter(name, token)

    def get_buffer(self, buf=None):
        """As the original, but carriage returns in values stay what they are."""
        return LimitedStringIO(limit=MAX_OUTPUT - getattr(buf, "size", 0), newline="")


class BoundedTemplate(BoundTemplate):
    context_class = Deadline
    #: bytes that may be written
    limit = MAX_OUTPUT

    def _get_buffer(self):
        return LimitedStringIO(limit=self.limit, newline="")


class BoundedRange(RangeLiteral):
    """``(1..n)`` with few members: Python would happily search a range of a thousand million."""

    __slots__ = ()

    def evaluate(self, context):
        return bounded(super().evaluate(context))


class BoundedEnvironment(Environment):
    template_class = BoundedTemplate
    loop_iteration_limit = 2_000
    local_namespace_limit = 1_000_000
    output_stream_limit = MAX_OUTPUT

    def setup_tags_and_filters(self, *, extra: bool = False) -> None:
        super().setup_tags_and_filters(extra=False)
        # Names of two pieces of syntax, "template text" and "output", stand among the tags.
        self.tags = {
            name: tag
            for name, tag in self.tags.items()
            if name in TAGS or not name.isalpha() or name in _SYNTAX
        }
        self.filters = {name: guard(name, self.filters[name]) for name in FILTERS} | {
            "date": guard("date", date)
        }


_SYNTAX = {"content", "output", "illegal"}


def bounded(value):
    """The value itself, if it is of a bearable size. Raises FilterArgumentError."""
    too_big = (
        (isinstance(value, str) and len(value) > MAX_TEXT)
        or (isinstance(value, list | tuple | range) and len(value) > MAX_ITEMS)
        or (isinstance(value, int | float | Decimal) and abs(value) > MAX_NUMBER)
    )
    if too_big:
        raise FilterArgumentError("the value is too big", token=None)
    return value


def guard(name, function):
    """The filter, with inputs, results and products of both bounded."""

    @wraps(function)
    def guarded(left, *args, **kwargs):
        for value in (left, *args):
            bounded(value)
        if name == "replace" and len(args) == 2 and isinstance(left, str):
            old, new = str(args[0]), str(args[1])
            repeats = left.count(old) if old else len(left) + 1
            if repeats * len(new) > MAX_TEXT:
                raise FilterArgumentError("the value is too big", token=None)
        if (
            name == "join"
            and args
            and isinstance(left, list | range)
            and len(left) * len(str(args[0])) > MAX_TEXT
        ):
            raise FilterArgumentError("the value is too big", token=None)
        return bounded(function(left, *args, **kwargs))

    return guarded


def date(value, pattern="%Y-%m-%d"):
    """``{{ order.paid_at | date: "%d %B %Y" }}``; names of days and months in the active language.

    Text that is not an ISO date is left as it is, and so is a directive that is not known.
    """
    if isinstance(value, str):
        try:
            value = parse_datetime(value) or parse_date(value) or value
        except ValueError:
            return value
    if isinstance(value, dt.date) and not isinstance(value, dt.datetime):
        value = dt.datetime.combine(value, dt.time.min)
    if not isinstance(value, dt.datetime):
        return value
    pattern, written, place = str(pattern)[:100], [], 0
    while place < len(pattern):
        width = 3 if pattern.startswith("%-", place) else 2
        directive = pattern[place + 1 : place + width] if pattern[place] == "%" else ""
        if directive in DATE_DIRECTIVES:
            written.append(dateformat.format(value, DATE_DIRECTIVES[directive]))
            place += width
        elif directive == "%":
            written.append("%")
            place += 2
        else:
            written.append(pattern[place])
            place += 1
    return "".join(written)
