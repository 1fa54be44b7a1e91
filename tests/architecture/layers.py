"""The layers of the package as data: an app may use only what has a lower number than its own."""

import ast
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "wagtail_automation"

#: app -> height; the kernel is everything else in the package
HEIGHTS = {
    "leads": 1,
    "tracking": 2,
    "audiences": 3,
    "messaging": 4,
    "content": 4,
    "commerce": 4,
    "campaigns": 5,
    #: what joins siblings, and adapters of other packages
    "contrib": 6,
}
PREFIX = "wagtail_automation"


def app_of_module(module: str) -> str | None:
    """The app in which a dotted module lives, "" for the kernel, None outside the package."""
    parts = module.split(".")
    if parts[0] != PREFIX:
        return None
    return parts[1] if len(parts) > 1 and parts[1] in HEIGHTS else ""


def app_of_label(label: str) -> str | None:
    """The app with this Django label, "" for the kernel, None for another package's."""
    if label == PREFIX:
        return ""
    name = label.removeprefix(f"{PREFIX}_")
    return name if name in HEIGHTS else None


def may_use(user: str, used: str) -> bool:
    """Whether app ``user`` may point at app ``used`` (itself, or one strictly below)."""
    return user == used or HEIGHTS.get(used, 0) < HEIGHTS.get(user, 0)


def sources() -> list[Path]:
    """Every Python file of the package except migrations, which Django writes."""
    return sorted(path for path in PACKAGE.rglob("*.py") if "migrations" not in path.parts)


@cache
def tree(path: Path) -> ast.Module:
    """A file as Python reads it, read once; ``tree.cache_clear()`` when a module of tests is through."""
    return ast.parse(path.read_text())


def name(path: Path) -> str:
    """A file as people name it in a message."""
    return str(path.relative_to(ROOT))
