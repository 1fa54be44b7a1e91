"""Personal values in text by Liquid: strict, bounded in loops, output and time, blind to objects.

What a template sees is plain data (numbers, text, dates, lists, dictionaries); what it writes is never
evaluated again. ``escape=True`` for HTML parts: every value is escaped, text of the template is not.
"""

import datetime as dt
import re
import secrets
from collections.abc import Callable, Collection, Iterable, Mapping
from decimal import Decimal
from functools import cached_property, lru_cache, wraps

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from liquid import BoundTemplate, FalsyStrictUndefined, RenderContext
from liquid.builtin.content import ContentNode
from liquid.builtin.expressions import FilteredExpression, Path
from liquid.builtin.expressions.primitive import RangeLiteral
from liquid.builtin.output import OutputNode
from liquid.exceptions import FilterArgumentError, LiquidError
from liquid.stringify import to_liquid_string
from markupsafe import escape as escape_html

from . import clock
from .liquid_bounds import (
    FILTERS,
    MAX_OUTPUT,
    BoundedEnvironment,
    BoundedRange,
    BoundedTemplate,
    Deadline,
    guard,
)

MAX_SOURCE = 500_000  # characters of a template


class TemplateError(ValueError):
    """A template cannot be read, or could not be rendered with this data. The message is for people."""


def parse(source: str, *, escape: bool = False) -> "Template":
    """The compiled template (cached). Raises TemplateError with the line when it is not valid Liquid."""
    if len(source) > MAX_SOURCE:
        raise TemplateError(_("The text is too long."))
    return _parse(source, escape)


def render(source: str, data: Mapping, *, escape: bool = False) -> str:
    """Parse and render at once. Raises TemplateError."""
    return parse(source, escape=escape).render(data)


def validate(source: str) -> None:
    """Raise Django's ValidationError when ``source`` is not valid Liquid: for forms."""
    try:
        parse(source)
    except TemplateError as error:
        raise ValidationError(str(error), code="liquid") from error


def has_expressions(source: str) -> bool:
    """Whether the text holds any Liquid at all; text without is the same for everybody."""
    return "{{" in source or "{%" in source


class Template:
    """A compiled template; may be rendered any number of times and by several threads."""

    def __init__(self, bound: BoundTemplate):
        self._bound = bound

    def render(self, data: Mapping, *, now: dt.datetime | None = None) -> str:
        """The text for this data. Raises TemplateError for unknown names, wrong types and passed bounds."""
        values = {"now": now or clock.now(), "today": (now or clock.now()).date(), **plain(data)}
        return _rendered(self._bound, values)

    @cached_property
    def variables(self) -> frozenset[str]:
        """The dotted names that the template reads from outside, such as ``lead.first_name``."""
        try:
            paths = self._bound.analyze().globals
        except (LiquidError, RecursionError) as error:
            raise TemplateError(_message(error)) from error
        return frozenset(str(variable) for found in paths.values() for variable in found) - {"now", "today"}

    def places(self, given: Collection[str] = ()) -> "Places":
        """The same template as constant text and places between, so that a sender may encode the text once.

        ``given``: names whose values the caller writes into their places itself.
        """
        return Places(self._bound, frozenset(given) - set(self._bound.analyze().locals))


#: what rendering a template may raise
_FAILURES = (LiquidError, ValueError, TypeError, ArithmeticError, RecursionError, LookupError)
#: stands between what two places write; nobody outside this process can know it
_SEAM = f"\ue000{secrets.token_hex(8)}\ue001"


class Places:
    """A template taken apart: ``constants`` (one more than there are places) and what stands between them.

    ``names``: of each place the given name that alone makes it up, else empty. The others are written by
    ``write``, all in one rendering, so that what one of them assigns holds for the next.
    """

    def __init__(self, bound: BoundTemplate, given: frozenset[str]):
        self.constants, self.names, nodes = [""], [], []
        for node in bound.nodes:
            if isinstance(node, ContentNode):
                self.constants[-1] += node.text
                continue
            path = _path_of(node)
            self.names.append(path[0] if len(path) == 1 and path[0] in given else "")
            self.constants.append("")
            if not self.names[-1]:
                nodes += [ContentNode(node.token, _SEAM), node] if nodes else [node]
        self._bound = BoundedTemplate(bound.env, nodes)
        places = [node for node in nodes if not isinstance(node, ContentNode)]
        # nothing but values: they need no buffer
        only_values = all(isinstance(node, OutputNode) for node in places)
        self._values = [(node.expression, _path_of(node)) for node in places] if only_values else None
        #: whether what is written can depend on the active language: filters and tags may
        self.asks_language = self._values is None or not all(path for _one, path in self._values)
        #: names from outside that the places written here read
        self.reads = frozenset(self._bound.analyze().globals) if nodes else frozenset()
        self._bound.limit = MAX_OUTPUT - sum(len(text.encode()) for text in self.constants)

    def write(self, values: Mapping, now: dt.datetime) -> list[str]:
        """What stands in the places without a name, for ``plain`` data. Raises TemplateError as
        ``Template.render``."""
        if not self._bound.nodes:
            return []
        values = {"now": now, "today": now.date(), **values}
        if self._values is None:
            return _text(_rendered(self._bound, values)).split(_SEAM)
        autoescape = self._bound.env.autoescape
        written = [_looked_up(path, values, autoescape) for _one, path in self._values]
        try:
            if not all(written):  # what is not simply there: only then a context is made
                context = Deadline(self._bound, globals=values)
                written = [
                    text or _text(to_liquid_string(one.evaluate(context), autoescape))
                    for text, (one, _path) in zip(written, self._values, strict=True)
                ]
        except _FAILURES as error:
            raise TemplateError(_message(error)) from error
        if sum(map(len, written)) * 4 > self._bound.limit:  # perhaps too long: by the book
            return _text(_rendered(self._bound, values)).split(_SEAM)
        return written


def _path_of(node) -> tuple[str, ...]:
    """``x``, ``y`` of ``{{ x.y }}``; empty for anything else."""
    expression = getattr(node, "expression", None) if isinstance(node, OutputNode) else None
    if not isinstance(expression, FilteredExpression) or expression.filters:
        return ()
    path = tuple(expression.left.path) if isinstance(expression.left, Path) else ()
    return path if all(isinstance(part, str) and part not in _COMPUTED for part in path) else ()


def _text(marked: str) -> str:
    """Escaped text as plain text: the methods of a Markup escape what they are given, and take ten times as
    long."""
    return "".join((marked,))


#: what HTML would take for its own
_MARKUP = re.compile("[&<>\"']")
#: names of what Liquid finds out about a value, unless it has them itself
_COMPUTED = {"size", "first", "last"}


def _looked_up(path: tuple[str, ...], values: Mapping, autoescape: bool) -> str:
    """What ``{{ x.y }}`` writes, if that is text which is simply there; else empty: Liquid has to say."""
    found = values if path else None
    for part in path:
        if type(found) is not dict:
            return ""
        found = found.get(part)
    if type(found) is not str:
        return ""
    if autoescape and _MARKUP.search(found):
        return _text(escape_html(found))
    return found


def _rendered(bound: BoundTemplate, values: dict) -> str:
    try:
        return bound.render(values)
    except _FAILURES as error:
        raise TemplateError(_message(error)) from error


def plain(value, _depth: int = 0):
    """Only data: anything else (models, querysets, callables, marked-safe text) becomes plain text."""
    if value is None or type(value) in (bool, int, float, str, dt.date, dt.datetime):
        return value
    if _depth > 10:
        raise TemplateError(_("The data is nested too deeply."))
    if isinstance(value, Mapping):
        return {str(key): plain(item, _depth + 1) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item, _depth + 1) for item in value]
    if isinstance(value, Decimal | dt.datetime | dt.date | dt.time):
        return value
    return "".join(str(value))


# -- objects: what templates may name, given by the apps that own the data ---------------------------------

_objects: dict[str, Callable[..., dict]] = {}
#: what templates get without an object
_GIVEN = {"now", "today", "site", "sender", "chosen"}
#: names of the objects that are told which of their values are read
by_path: set[str] = set()
_told: set[str] = set()


def register_object(name: str, *, reads_paths: bool = False, told: bool = False) -> Callable:
    """Decorator for ``function(leads: list) -> {lead.pk: plain data}``, a constant number of queries for all.

    Templates then read ``{{ name.… }}``. ``reads_paths``: for objects with a value for each of many things;
    the function also gets the dotted names that are read (None: whatever there is), and lists of values to
    choose from leave it out. ``told``: it gets these names too, and need not find more. Raises ValueError
    when another function has the name, or the package gives something by it.
    """

    def register(function):
        known = _objects.get(name)
        if known is not None and (known.__module__, known.__qualname__) != (
            function.__module__,
            function.__qualname__,
        ):
            raise ValueError(f"The Liquid object {name!r} is registered by {known.__module__}.")
        if not name.isidentifier() or name in _GIVEN:
            raise ValueError(f"{name!r} cannot be the name of a Liquid object.")
        _objects[name] = function
        if reads_paths:
            by_path.add(name)
        if reads_paths or told:
            _told.add(name)
        return function

    return register


def object_names() -> set[str]:
    """Names of all registered objects."""
    return set(_objects)


def contexts(leads: Iterable, names: Iterable[str] | None = None) -> dict[int, dict]:
    """``{lead.pk: data}`` of all registered objects for these leads at once; with ``names`` only of those
    that they name, dotted as ``Template.variables`` has them."""
    leads = list(leads)
    found: dict[int, dict] = {lead.pk: {} for lead in leads}
    paths = None if names is None else set(names)
    wanted = None if paths is None else {path.partition(".")[0].partition("[")[0] for path in paths}
    for name, function in _objects.items():
        if wanted is None or name in wanted:
            for pk, data in (function(leads, paths) if name in _told else function(leads)).items():
                found[pk][name] = data
    return found


def register_filter(name: str) -> Callable:
    """Decorator for ``function(value, *arguments) -> plain data``; templates write ``{{ value | name }}``.

    What it gets and gives is bounded like that of all filters; text that it gives is escaped in HTML. It asks
    no database: it runs once for each reader. What it raises, the author of the text reads. Raises ValueError
    for a name that is none, or that another filter has.
    """

    def register(function):
        if not name.isidentifier():
            raise ValueError(f"{name!r} cannot be the name of a Liquid filter.")
        known = _own_filters.get(name)
        ours = (function.__module__, function.__qualname__)
        if name in FILTERS or name == "date" or (known and (known.__module__, known.__qualname__) != ours):
            raise ValueError(f"There is a Liquid filter {name!r} already.")
        _own_filters[name] = function
        for environment in _environments.values():
            environment.filters[name] = guard(name, _as_data(function))
        return function

    return register


_own_filters: dict[str, Callable] = {}


def _as_data(function):
    """The filter, without the mark by which text would pass into HTML unescaped."""

    @wraps(function)
    def filtered(*args, **kwargs):
        try:
            return plain(function(*args, **kwargs))
        except LiquidError:
            raise
        except Exception as error:  # the site's own code: its failure is told like any other of the text
            raise FilterArgumentError(str(error) or type(error).__name__, token=None) from error

    return filtered


_environments = {
    escape: BoundedEnvironment(undefined=FalsyStrictUndefined, autoescape=escape) for escape in (False, True)
}


@lru_cache(maxsize=512)
def _parse(source: str, escape: bool) -> Template:
    try:
        bound = _environments[escape].from_string(source)
        _bound_ranges(bound)
    except (LiquidError, ValueError, TypeError, RecursionError, LookupError) as error:
        raise TemplateError(_message(error)) from error
    return Template(bound)


def _bound_ranges(bound: BoundTemplate) -> None:
    """Give every range in the template, however deep, its bound."""
    context = RenderContext(bound)
    waiting = list(bound.nodes)
    while waiting:
        found = waiting.pop()
        if isinstance(found, RangeLiteral):
            found.__class__ = BoundedRange
        if hasattr(found, "expressions"):  # a node: its blocks and its expressions
            waiting.extend(found.children(context, include_partials=False))
            waiting.extend(found.expressions())
        else:
            waiting.extend(found.children())


def _message(error: Exception) -> str:
    """What went wrong, in one line, with the line of the template where it is known."""
    if isinstance(error, RecursionError):
        return _("The text is nested too deeply.")
    text = (str(getattr(error, "message", "") or error).strip() or type(error).__name__).splitlines()[0]
    token = getattr(error, "token", None)
    if token is not None and getattr(token, "source", None) and token.start_index >= 0:
        line = token.source.count("\n", 0, token.start_index) + 1
        return _("Line %(line)d: %(problem)s") % {"line": line, "problem": text}
    return text
