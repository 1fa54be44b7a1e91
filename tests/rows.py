"""Which quick tests a row of the matrix repeats (`python -m tests.run --row`, as a plugin of pytest).

All of them run on the default versions, on both databases. Another version of Python, Django and Wagtail can
break what touches it, and a row looks at exactly that:

- whole folders about Wagtail's and Django's inner life: the editor and its contracts with Wagtail, the rule
  builder, translations, the kernel's SQL, scenarios, the examples of the documentation, every address of the
  admin; and the cases of every registered class, so that each condition's query is made and asked;
- every test of the other apps that makes a request, with a client, an admin or a browser;
- every file that imports more of Wagtail than its models, or forms or templates of Django.

What is left out is our own reasoning on rows that the public ORM has read and written, and what looks at the
source or at random sequences of events: the same on every version.
"""

import re
from functools import cache
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parent
WHOLE = {"catalogue", "i18n", "kernel", "rules_ui", "scenarios", "thirdparty", "tree"}
ALWAYS = {
    "architecture/test_foreign_leads.py",
    "architecture/test_models.py",
    "architecture/test_rows.py",
    "architecture/test_words.py",
}
#: queries of our own against a naive reading; the cases of the catalogue ask every condition on each version
ELSEWHERE = {"leads/test_comparisons.py", "leads/test_conditions.py"}
#: fixtures through which a request is made: client, admin_client, marketer's page, browser_site …
REQUESTS = re.compile(r"client|admin|browser|page|^rf$")
IMPORTS = re.compile(
    r"^\s*(from|import) (wagtail\.(?!models\b)|django\.(forms|template|contrib\.admin)\b)", re.MULTILINE
)


@cache
def imports_more(path: Path) -> bool:
    """Whether a file of tests takes Wagtail's or Django's own parts into its hands."""
    return bool(IMPORTS.search(path.read_text()))


def is_repeated(path: Path, fixtures: list[str]) -> bool:
    """Whether a row repeats a test: the file it is in, the names of all fixtures that it needs."""
    place = path.relative_to(TESTS)
    return (
        place.parts[0] in WHOLE
        or place.as_posix() in ALWAYS
        or any(REQUESTS.search(name) for name in fixtures)
        or (imports_more(path) and place.as_posix() not in ELSEWHERE)
    )


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config, items):
    """Leave the others out, and say how many they are."""
    chosen, others = [], []
    for item in items:
        (chosen if is_repeated(item.path, item.fixturenames) else others).append(item)
    config.hook.pytest_deselected(items=others)
    items[:] = chosen
