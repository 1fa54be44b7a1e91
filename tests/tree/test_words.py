"""The scripts hold no text, and every key they ask for exists."""

import re
from pathlib import Path

import pytest
from django.utils.translation import override

from wagtail_automation.campaigns.tree import widgets
from wagtail_automation.campaigns.tree.strings import editor_strings

FOLDER = Path(widgets.__file__).parents[1] / "static" / widgets.FOLDER
SCRIPTS = {path.stem: path.read_text() for path in FOLDER.glob("*.js")}


def test_every_script_is_loaded():
    assert set(SCRIPTS) == {*widgets.SCRIPTS, *widgets.LATER}


def test_every_word_that_is_asked_for_exists_and_is_used():
    text = "\n".join(SCRIPTS.values())
    asked = set()
    for call in re.findall(r"\bt\(([^()]*(?:\([^()]*\)[^()]*)*)\)", text):
        asked |= set(re.findall(r"'(\w+)'", call.split("{")[0]))
    asked |= set(re.findall(r"(?:part: |part\('[\w-]+', )'(\w+)'", text))
    strings = editor_strings()
    unknown = {key for key in asked if key not in strings} - {"questions", "actions"}
    assert not unknown
    unused = {key for key in strings if f"'{key}'" not in text}
    assert not unused


def test_no_script_holds_a_sentence():
    """Text in quotes with two words, or beginning with a capital and used as text, is a sentence."""
    for name, text in SCRIPTS.items():
        code = re.sub(r"/\*.*?\*/|//[^\n]*", "", text, flags=re.DOTALL)
        for quoted in re.findall(r"'([^'\n]*)'", code):
            assert not re.match(r"[A-Z][a-z]+ [a-z]+", quoted), (name, quoted)


@pytest.mark.parametrize("language", ["en", "fr"])
def test_words_are_told_in_the_language_of_the_request(language):
    with override(language):
        strings = editor_strings()
    assert all(strings.values())
    assert all(len(forms) == 3 for forms in strings.values() if isinstance(forms, list))
