"""The French catalogue: complete, current, with the same placeholders, and compiled as committed."""

import ast
import gettext
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from django.utils import translation

from tests.conftest import need
from wagtail_automation.activities import activities
from wagtail_automation.rules import conditions
from wagtail_automation.triggers import triggers

pytestmark = pytest.mark.once

PACKAGE = Path(__file__).resolve().parents[2] / "wagtail_automation"
FOLDER = PACKAGE / "locale" / "fr" / "LC_MESSAGES"
PLACEHOLDERS = re.compile(r"%\(\w+\)[sd]|\{\w*\}|<[^>]+>")


@pytest.fixture(scope="module")
def catalogue():
    with (FOLDER / "django.po").open("rb") as file:
        return read_po(file, locale="fr")


def pairs(catalogue):
    """(message, each of its forms in English, in French)"""
    for message in catalogue:
        if message.id:
            english = [message.id] if isinstance(message.id, str) else list(message.id)
            french = [message.string] if isinstance(message.string, str) else list(message.string)
            yield message, english, french


def test_no_entry_is_empty_or_fuzzy(catalogue):
    assert not [message.id for message, _en, french in pairs(catalogue) if message.fuzzy or not all(french)]


def test_placeholders_are_the_same(catalogue):
    wrong = []
    for message, english, french in pairs(catalogue):
        wanted = [set(PLACEHOLDERS.findall(text)) for text in english]
        for text in french:
            if set(PLACEHOLDERS.findall(text)) not in wanted:
                wrong.append(message.id)
    assert not wrong


def test_french_typography(catalogue):
    """No plain space before a double punctuation mark or inside guillemets."""
    loose = re.compile(r"« | »| [;?!](\s|$)| :(\s|$)")
    assert not [text for _message, _en, french in pairs(catalogue) for text in french if loose.search(text)]


def test_every_string_of_the_code_is_in_the_catalogue(catalogue, tmp_path):
    need(shutil.which("xgettext"), "gettext")
    copy = tmp_path / "wagtail_automation"
    shutil.copytree(PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__", "node_modules", "*.mo"))
    environment = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    subprocess.run(
        [sys.executable, "-m", "django", "makemessages", "-l", "fr", "--no-location", "--no-obsolete", "-v0"],
        cwd=copy,
        env=environment,
        check=True,
        capture_output=True,
    )
    with (copy / "locale/fr/LC_MESSAGES/django.po").open("rb") as file:
        fresh = read_po(file, locale="fr")
    known = {(message.context, str(message.id)) for message, _en, _fr in pairs(catalogue)}
    wanted = {(message.context, str(message.id)) for message, _en, _fr in pairs(fresh)}
    assert not wanted - known, "not translated"
    assert not known - wanted, "no longer used"


#: as the modules of the package call them
MARKS = {"_", "gettext", "gettext_lazy", "ngettext", "ngettext_lazy"}


def test_makemessages_sees_every_string(catalogue):
    """It reads past the calls inside f-strings, and those of functions with names of their own."""
    known = {english[0] for _message, english, _french in pairs(catalogue)}
    unseen = [
        f"{path.relative_to(PACKAGE)}:{node.lineno}: {node.args[0].value}"
        for path in sorted(PACKAGE.rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and getattr(node.func, "id", None) in MARKS
        and node.args
        and isinstance(node.args[0], ast.Constant)
        and node.args[0].value not in known
    ]
    assert not unseen


def test_the_compiled_catalogue_is_the_same(catalogue):
    with (FOLDER / "django.mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)
    for message, english, french in pairs(catalogue):
        if len(english) == 1:
            said = (
                compiled.pgettext(message.context, english[0])
                if message.context
                else compiled.gettext(english[0])
            )
            assert said == french[0]
        else:
            assert [compiled.ngettext(*english, count) for count in (1, 2)] == french


def test_labels_follow_the_language_of_the_moment():
    for registry in (conditions, activities, triggers):
        for cls in registry:
            block = cls()
            with translation.override("en"):
                english = str(block.meta.description)
            with translation.override("fr"):
                assert str(block.meta.description) != english, cls.key
