"""The documentation says what the code does: settings, commands, catalogue, links between pages."""

import ast
import importlib
import inspect
import re
import textwrap
from pathlib import Path

from django.core.management import get_commands

from wagtail_automation import conf

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"


def test_every_setting_is_explained():
    page = (DOCS / "reference" / "settings.md").read_text()
    assert set(re.findall(r"^\| `([A-Z_]+)`", page, re.M)) == set(conf.DEFAULTS)


def test_every_command_named_exists():
    page = (DOCS / "reference" / "commands.md").read_text()
    named = set(re.findall(r"manage\.py (automation_\w+)", page))
    ours = {name for name in get_commands() if name.startswith("automation_")}
    assert ours <= named
    assert named - ours <= {"automation_demo"}, "automation_demo is the example site's"


def test_links_between_pages_lead_somewhere():
    broken = []
    for page in [ROOT / "README.md", *DOCS.rglob("*.md")]:
        for target in re.findall(r"\]\(([^)#\s]+)", page.read_text()):
            if not target.startswith(("http:", "https:", "mailto:")) and not (page.parent / target).exists():
                broken.append(f"{page.relative_to(ROOT)}: {target}")
    assert not broken


def test_the_table_of_contents_is_complete():
    index = (DOCS / "index.md").read_text()
    listed = {line.strip() for line in index.splitlines() if re.fullmatch(r"[a-z_]+/[a-z_]+", line.strip())}
    assert not [name for name in listed if not (DOCS / f"{name}.md").exists()]
    pages = {str(page.relative_to(DOCS))[:-3] for page in DOCS.rglob("*.md")} - {"index"}
    assert pages <= listed, pages - listed


def test_every_system_check_is_explained():
    page = (DOCS / "reference" / "checks.md").read_text()
    used = {
        name
        for file in (ROOT / "wagtail_automation").rglob("*.py")
        for name in re.findall(r'id="wagtail_automation\.((?:\w+\.)?[EW]\d{3})"', file.read_text())
    }
    assert used
    assert set(re.findall(r"^\| `((?:\w+\.)?[EW]\d{3})`", page, re.M)) == used


def test_every_page_about_extending_is_named_in_one_place():
    page = (DOCS / "howto" / "extend.md").read_text()
    for name in (
        "write_a_condition",
        "write_an_activity",
        "write_a_trigger",
        "write_a_flow_step",
        "write_for_texts",
    ):
        assert f"({name}.md)" in page


def shown_code() -> list[tuple[str, ast.Module]]:
    """Every block of Python in the documentation, read; one that leaves something out with … is, too."""
    found = []
    for page in [ROOT / "README.md", *DOCS.rglob("*.md")]:
        for code in re.findall(r"^ *```python\n(.*?)^ *```", page.read_text(), re.M | re.S):
            code = textwrap.dedent(code).replace("[…]", "[]").replace("…", "...")
            found.append((str(page.relative_to(ROOT)), ast.parse(code)))
    return found


def imported(tree: ast.Module) -> dict[str, object]:
    """What a block imports from the package, by the name it has there. Raises for what does not exist."""
    names = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "wagtail_automation":
            module = importlib.import_module(node.module)
            for alias in node.names:
                try:
                    value = getattr(module, alias.name)
                except AttributeError:
                    value = importlib.import_module(f"{node.module}.{alias.name}")
                names[alias.asname or alias.name] = value
    return names


def called(node: ast.expr, names: dict[str, object]):
    """The function of ours that an expression names, such as ``actions.order``; None: not one of ours."""
    if isinstance(node, ast.Name):
        return names.get(node.id)
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        module = names.get(node.value.id)
        return getattr(module, node.attr) if inspect.ismodule(module) else None
    return None


def test_the_code_that_pages_show_calls_what_there_is():
    calls, wrong = 0, []
    for page, tree in shown_code():
        names = imported(tree)
        for node in ast.walk(tree):
            function = called(node.func, names) if isinstance(node, ast.Call) else None
            if not inspect.isfunction(function):
                continue
            calls += 1
            given = {keyword.arg: None for keyword in node.keywords if keyword.arg}
            try:
                inspect.signature(function).bind(*node.args, **given)
            except TypeError as error:
                wrong.append(f"{page}: {ast.unparse(node)[:80]}: {error}")
    assert calls > 30
    assert not wrong
