"""Where the columns of a file probably go: as this person mapped that header before, else by name."""

import hashlib
import re

from wagtail_automation import clock
from wagtail_automation.leads.folding import fold
from wagtail_automation.leads.models import ImportMemory, ImportRun

from .kinds import ImportKind, Target


def signature(header: list[str]) -> str:
    """The same for files with the same header, whatever the case and the accents."""
    return hashlib.sha256("\x1f".join(map(_plain, header)).encode()).hexdigest()


def _plain(name: str) -> str:
    return " ".join(re.sub(r"[^\w]+|_", " ", fold(name)).split())


def suggest(run: ImportRun, kind: ImportKind) -> tuple[list[dict], dict, bool]:
    """``(columns, options, remembered)`` for the form."""
    targets = kind.targets(run.user)
    memory = ImportMemory.objects.filter(
        user=run.user, kind=run.kind, signature=signature(run.header)
    ).first()
    if memory is not None and len(memory.columns) == len(run.header):
        known = {target.key for target in targets} | {""}
        columns = [
            column if column["target"] in known else {"target": "", "policy": ""} for column in memory.columns
        ]
        return columns, memory.options, True
    return guess(run.header, targets), {}, False


def guess(header: list[str], targets: list[Target]) -> list[dict]:
    """The target of each column by its name; each target once unless it takes many."""
    by_name: dict[str, Target] = {}
    for target in targets:
        for name in (*target.names, str(target.label)):
            by_name.setdefault(_plain(name), target)
    columns, taken = [], set()
    for name in header:
        target = by_name.get(_plain(name))
        if target is None or (target.key in taken and not target.many):
            columns.append({"target": "", "policy": ""})
            continue
        taken.add(target.key)
        columns.append({"target": target.key, "policy": ""})
    return columns


SHORT_DATE = re.compile(r"\s*(\d{1,2})[./-](\d{1,2})[./-]\d{2,4}\b").match


def order_of_dates(cells) -> str | None:
    """ "day" or "month" if the short dates among these texts tell which comes first, else None."""
    for text in cells:  # a hundred thousand in a file of 500 columns
        if found := SHORT_DATE(text):
            first, second = int(found[1]), int(found[2])
            if first > 12 or second > 12:
                return "day" if first > 12 else "month"
    return None


def remember(run: ImportRun) -> None:
    """Keep this mapping for the next file of this person with the same header."""
    if run.user is None:
        return
    options = {name: value for name, value in run.options.items() if name not in FORGOTTEN}
    ImportMemory.objects.update_or_create(
        user=run.user,
        kind=run.kind,
        signature=signature(run.header),
        defaults={"columns": run.columns, "options": options, "used_at": clock.now()},
    )


#: answers about one file, not about all of its kind
FORGOTTEN = {"lists_mode"}
