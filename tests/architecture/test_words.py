"""Every alias of a translation function is one that `makemessages` knows: nothing escapes the catalogue."""

import ast

from tests.architecture import layers

#: xgettext looks for these names; a string behind any other stays English for ever
KNOWN = {"_", "gettext", "gettext_lazy", "gettext_noop", "ngettext", "ngettext_lazy", "pgettext"}
KNOWN |= {"pgettext_lazy", "npgettext", "npgettext_lazy"}


def test_translation_functions_keep_names_that_are_extracted():
    wrong = [
        f"{layers.name(path)}:{node.lineno} {alias.name} as {alias.asname}"
        for path in layers.sources()
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ImportFrom) and node.module == "django.utils.translation"
        for alias in node.names
        if "gettext" in alias.name and (alias.asname or alias.name) not in KNOWN
    ]
    assert wrong == []


def test_only_what_is_written_out_is_translated():
    """`makemessages` reads literals: a word that comes in a variable is not in the catalogue."""
    translate = KNOWN - {"gettext_noop"}
    wrong = [
        f"{layers.name(path)}:{node.lineno}"
        for path in layers.sources()
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in translate
        if not all(
            isinstance(words, ast.Constant) for words in node.args[: 2 if node.func.id[0] == "n" else 1]
        )
    ]
    assert wrong == []
