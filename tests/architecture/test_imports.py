"""Imports go downwards only: the contract of setup.cfg, and the kernel below every app."""

import ast
import re

import grimp
import pytest
from importlinter.application.use_cases import lint_imports
from importlinter.cli import lint_imports as _cli  # noqa: F401  (configures import-linter)

from tests.architecture import layers

pytestmark = pytest.mark.once


def test_the_contract_of_setup_cfg_is_kept(capsys, monkeypatch):
    monkeypatch.chdir(layers.ROOT)
    kept = lint_imports(config_filename="setup.cfg", cache_dir=None)
    assert kept, capsys.readouterr().out


def test_the_kernel_imports_no_app():
    graph = grimp.build_graph("wagtail_automation", cache_dir=None, exclude_type_checking_imports=True)
    wrong = [
        f"{module} imports {used}"
        for module in sorted(graph.modules)
        if layers.app_of_module(module) == ""
        for used in sorted(graph.find_modules_directly_imported_by(module))
        if layers.app_of_module(used)
    ]
    assert wrong == []


def imported_modules(tree: ast.AST) -> set[str]:
    """Top-level names of everything a module imports, wherever in it."""
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            names.add(node.module.split(".")[0])
    return names


@pytest.mark.parametrize(
    ("library", "home"),
    [
        ("django_q", r"^wagtail_automation/jobs\.py$"),
        ("bleach", r"^wagtail_automation/sanitize\.py$"),
        ("nh3", r"^wagtail_automation/sanitize\.py$"),
        ("tests", r"^$"),
        ("example_site", r"^$"),
    ],
)
def test_a_library_with_one_door_is_imported_there_only(library, home):
    elsewhere = [
        layers.name(path)
        for path in layers.sources()
        if library in imported_modules(layers.tree(path)) and not re.search(home, layers.name(path))
    ]
    assert elsewhere == []
