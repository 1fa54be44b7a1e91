"""What a tree must look like, beyond the fields of each step. Errors come back in words, by step."""

from collections import defaultdict
from itertools import pairwise

from django.utils.translation import gettext as _

from .describe import branches_of

MAX_STEPS = 1000
START, MAIN = "start", "main"


def place_of(child) -> tuple[str, str]:
    """``(parent id, branch)`` of a step of the stream; the parent is empty at the root."""
    return child.value["parent"] or "", child.value["branch"] or ""


def _by_place(steps) -> dict[tuple[str, str], list]:
    children = defaultdict(list)
    for child in steps:
        children[place_of(child)].append(child)
    return children


def depth_first(steps) -> list:
    """The order in which people walk, so that revisions compare well; steps without a place come last."""
    steps = list(steps)
    children, branches = _by_place(steps), branches_of(steps)
    order, seen = [], set()
    stack = [*children.get(("", START), []), *children.get(("", MAIN), [])][::-1]
    while stack:
        child = stack.pop()
        if child.id in seen:
            continue
        seen.add(child.id)
        order.append(child)
        below = [
            step
            for branch in branches.get(child.id, [])
            for step in children.get((child.id, branch["key"]), [])
        ]
        stack.extend(reversed(below))
    return order + [child for child in steps if child.id not in seen]


def looped(steps) -> set[str]:
    """Ids of steps that hang below themselves: a tampered tree, nowhere attached and never drawn."""
    parents = {child.id: place_of(child)[0] for child in steps}
    settled: dict[str, bool] = {}
    for start in parents:
        path, node = [], start
        while node in parents and node not in settled and node not in path:
            path.append(node)
            node = parents[node]
        loop = node in path or settled.get(node, False)
        settled.update(dict.fromkeys(path, loop))
    return {node for node, loop in settled.items() if loop}


def shape_errors(steps, *, draft: bool) -> tuple[dict[int, list[str]], list[str]]:
    """``({position: messages}, messages about the whole)``.

    A draft must only be drawable; to go live everybody must have a way through.
    """
    errors: dict[int, list[str]] = defaultdict(list)
    if len(steps) > MAX_STEPS:
        return {}, [_("A campaign holds at most %(count)d steps.") % {"count": MAX_STEPS}]
    ids = set()
    in_loop = looped(steps)
    for index, child in enumerate(steps):
        if child.id in ids:
            errors[index].append(_("This step is in the tree twice. Remove one of the two."))
        elif child.id in in_loop:
            errors[index].append(_("This step hangs below itself. Remove it."))
        ids.add(child.id)
    if draft:
        return dict(errors), []
    for index, message in [*_place_errors(steps), *_reach_errors(steps), *_reference_errors(steps)]:
        errors[index].append(message)
    whole = []
    if not any(child.block.kind == "trigger" for child in steps):
        whole.append(_("Choose what starts this campaign."))
    if not errors:
        for index, message in _engine_refusals(steps):
            if index is None:
                whole.append(message)
            else:
                errors[index].append(message)
    return dict(errors), whole


def _engine_refusals(steps):
    """What the engine itself would not walk, such as a way back without a wait."""
    from wagtail_automation.campaigns.plan import compile_tree  # reads the types, which this package defines

    position = {child.id: index for index, child in enumerate(steps)}
    raw = [{**child.get_prep_value(), "id": child.id} for child in steps]
    for step, words in compile_tree(raw).refusals:
        yield position.get(step), words


def _place_errors(steps):
    """Every step must stand where people come by."""
    branches = branches_of(steps)
    by_id = {child.id: child for child in steps}
    for index, child in enumerate(steps):
        parent, branch = place_of(child)
        if parent and parent not in by_id:
            yield index, _("This step lost its place in the tree. Cut and paste it, or delete it.")
        elif parent and branch not in {known["key"] for known in branches.get(parent, [])}:
            yield index, _("The branch this step is in no longer exists. Cut and paste it, or delete it.")
        elif child.block.kind == "trigger" and (parent, branch) != ("", START):
            yield index, _("A trigger can only stand at the start.")
        elif child.block.kind not in ("trigger", "unknown") and not parent and branch != MAIN:
            yield index, _("This step lost its place in the tree. Cut and paste it, or delete it.")


def _reach_errors(steps):
    """Nobody passes a step that divides people or sends them away."""
    branches = branches_of(steps)
    position = {child.id: index for index, child in enumerate(steps)}
    for siblings in _by_place(steps).values():
        for before, after in pairwise(siblings):
            if before.block.terminal or branches.get(before.id):
                yield (
                    position[after.id],
                    _("Nobody can reach this step: the one before it never continues."),
                )


def _reference_errors(steps):
    """A step that names another (go to) must name one that exists."""
    by_id = {child.id: child for child in steps}
    for index, child in enumerate(steps):
        for name in child.block.step_references:
            target = child.value["config"].get(name)
            if not target:
                continue
            if target not in by_id:
                yield index, _("The step to go to was deleted. Choose another.")
            elif target == child.id:
                yield index, _("A step cannot go to itself.")
            elif by_id[target].block.kind == "trigger":
                yield index, _("People cannot be sent back to a trigger. Choose another step.")
