"""What no source file may contain: another clock than ours, raw SQL outside its homes, long modules."""

import ast
import re

import pytest

from tests.architecture import layers

pytestmark = pytest.mark.once

#: The clock itself may ask the system; nothing else may.
CLOCK_FILES = {"wagtail_automation/clock.py", "wagtail_automation/testing/clock.py"}
SQL_FILES = re.compile(r"(^wagtail_automation/sql\.py|/querysets\.py|/querysets/\w+\.py)$")


def nodes(kind):
    """(file, node) for every node of one kind in the package."""
    for path in layers.sources():
        for node in ast.walk(layers.tree(path)):
            if isinstance(node, kind):
                yield layers.name(path), node


def dotted(node: ast.AST) -> str:
    """``a.b.c`` of an attribute chain; unknown parts are "?"."""
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else "?"


def test_there_is_something_to_look_at():
    assert len(layers.sources()) > 10


@pytest.mark.parametrize(
    "banned",
    ["timezone.now", "datetime.now", "datetime.utcnow", "date.today", "datetime.today", "time.time"],
)
def test_the_present_comes_from_our_clock(banned):
    wrong = [
        f"{file}:{node.lineno} {dotted(node)}"
        for file, node in nodes(ast.Attribute)
        if f".{dotted(node)}".endswith(f".{banned}") and file not in CLOCK_FILES
    ]
    assert wrong == []


def test_local_times_are_of_a_given_moment():
    """``localtime()`` without argument is the present by another name."""
    wrong = [
        f"{file}:{node.lineno} {dotted(node.func)}()"
        for file, node in nodes(ast.Call)
        if dotted(node.func).split(".")[-1] in ("localtime", "localdate") and not node.args + node.keywords
    ]
    assert wrong == []


def test_no_field_and_no_expression_takes_the_databases_clock():
    keywords = [
        f"{file}:{node.value.lineno} {node.arg}"
        for file, node in nodes(ast.keyword)
        if node.arg in ("auto_now", "auto_now_add")
    ]
    names = [
        f"{file}:{node.lineno} {node.id}"
        for file, node in nodes(ast.Name)
        if node.id in ("Now", "TruncNow", "CURRENT_TIMESTAMP")
    ]
    strings = [
        f"{file}:{node.lineno}"
        for file, node in nodes(ast.Constant)
        if isinstance(node.value, str)
        and re.search(r"\bNOW\(\)\s*(?!\`)|CURRENT_TIMESTAMP|datetime\('now'", node.value)
        and not is_docstring(node.value)
    ]
    assert keywords + names + strings == []


def is_docstring(text: str) -> bool:
    """A sentence that only speaks of SQL, as a docstring does."""
    return not re.search(r"\b(SELECT|INSERT|UPDATE|DELETE|DEFAULT)\b", text)


def test_raw_sql_stands_in_sql_py_and_querysets_only():
    calls = [
        f"{file}:{node.lineno} {dotted(node.func)}"
        for file, node in nodes(ast.Call)
        if not SQL_FILES.search(file)
        and isinstance(node.func, ast.Attribute)
        and (
            node.func.attr in ("cursor", "executemany", "raw", "extra")
            or (node.func.attr == "execute" and "cursor" in dotted(node.func.value))
        )
    ]
    rawsql = [
        f"{file}:{node.lineno} RawSQL"
        for file, node in nodes(ast.Name)
        if node.id == "RawSQL" and not SQL_FILES.search(file)
    ]
    assert calls + rawsql == []


def test_settings_are_read_when_used_not_when_imported():
    """A setting read in a module or class body cannot be overridden by a test or a tenant."""
    wrong = []
    for path in layers.sources():
        for node in outer_statements(layers.tree(path)):
            later = {
                inner for part in ast.walk(node) if isinstance(part, ast.Lambda) for inner in ast.walk(part)
            }
            for part in ast.walk(node):
                if part in later:
                    continue
                read_directly = isinstance(part, ast.Attribute) and dotted(part).startswith("settings.")
                by_conf = isinstance(part, ast.Call) and dotted(part.func) == "conf.get"
                # Django's own idiom: a swappable model is named when the class is made
                swappable = read_directly and part.attr in ("AUTH_USER_MODEL", "WAGTAILIMAGES_IMAGE_MODEL")
                if (read_directly and not swappable) or by_conf:
                    wrong.append(f"{layers.name(path)}:{part.lineno} {dotted(getattr(part, 'func', part))}")
    assert wrong == []


def outer_statements(tree: ast.Module):
    """Statements run at import: of the module and of class bodies, never of functions."""
    queue = list(tree.body)
    while queue:
        node = queue.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        if isinstance(node, ast.ClassDef):
            queue.extend(node.body)
        else:
            yield node


def test_translations_at_class_level_are_lazy():
    """``gettext`` outside a function freezes the language in which the process started."""
    wrong = []
    for path in layers.sources():
        tree = layers.tree(path)
        eager = {
            alias.asname or alias.name
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom) and node.module == "django.utils.translation"
            for alias in node.names
            if alias.name in ("gettext", "pgettext", "ngettext", "npgettext")
        }
        for statement in outer_statements(tree):
            skip = set()
            for node in ast.walk(statement):
                if isinstance(node, ast.Lambda):
                    skip |= set(ast.walk(node))
                if isinstance(node, ast.Call) and node not in skip and dotted(node.func) in eager:
                    wrong.append(f"{layers.name(path)}:{node.lineno}")
    assert wrong == []


def test_every_module_says_what_lives_in_it():
    wrong = []
    for path in layers.sources():
        text = path.read_text()
        if text.strip() and not ast.get_docstring(ast.parse(text)):
            wrong.append(layers.name(path))
    assert wrong == []


def test_no_module_is_endless():
    """About 400 lines is the aim; at 500 it must be two."""
    assert [layers.name(path) for path in layers.sources() if len(path.read_text().splitlines()) > 500] == []
