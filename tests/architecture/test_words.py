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
        for node in ast.walk(layers.tree(path))
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
        for node in ast.walk(layers.tree(path))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in translate
        if not all(
            isinstance(words, ast.Constant) for words in node.args[: 2 if node.func.id[0] == "n" else 1]
        )
    ]
    assert wrong == []


def test_words_of_a_class_are_said_in_the_readers_language():
    """An eager translation in the body of a module or class is said in the language of start-up, for ever."""
    eager = {"gettext", "ngettext", "pgettext", "npgettext"}
    wrong = []
    for path in layers.sources():
        tree = layers.tree(path)
        names = set(eager)
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.module == "django.utils.translation":
                names |= {alias.asname for alias in node.names if alias.asname and alias.name in eager}
                names -= {alias.asname for alias in node.names if alias.name not in eager}
        wrong += [f"{layers.name(path)}:{line}" for line in _calls_outside_functions(tree, names)]
    assert wrong == []


def _calls_outside_functions(node, names):
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if isinstance(child, ast.Call) and isinstance(child.func, ast.Name) and child.func.id in names:
            yield child.lineno
        yield from _calls_outside_functions(child, names)
