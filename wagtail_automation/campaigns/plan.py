"""From the tree people draw to the graph the engine walks: a pure function of the tree's JSON."""

import uuid
from collections import Counter
from dataclasses import dataclass, field

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from wagtail_automation.flow import FlowStep
from wagtail_automation.rules.binding import BoundValue, MissingReference, bind
from wagtail_automation.rules.rule import Rule

from .flow_steps import GoTo, Split
from .flow_steps.dividing import paths_of
from .tree.decisions import Asking
from .tree.registry import UNKNOWN, find_class

START, MAIN = "start", "main"
#: the branch of steps that do not divide people
NEXT = "next"
MAX_STEPS = 1000


@dataclass
class Node:
    """A step of the graph. ``edges``: branch → uuid of the step it leads to."""

    uuid: str
    type: str
    name: str = ""
    config: dict = field(default_factory=dict)
    parent: str = ""
    branch: str = ""
    edges: dict[str, str] = field(default_factory=dict)
    position: int = 0

    @property
    def kind(self) -> str:
        """trigger, activity, decision, flow or unknown."""
        return kind_of(self.type)[0]

    @property
    def asks(self) -> bool:
        """It divides people by a rule."""
        return issubclass(kind_of(self.type)[1] or object, Asking)


@dataclass
class Graph:
    """What a tree means. ``nodes`` stand in topological order, ways back apart; triggers are not among them.

    ``refusals``: why it cannot run at all, as ``(uuid or "", words)``. Steps of unknown types are no
    refusal: people who come there are held until the campaign is published again.
    """

    nodes: list[Node]
    triggers: list[Node]
    first: str | None
    refusals: list[tuple[str, str]]

    def raise_if_refused(self) -> None:
        """Raises ValidationError with all refusals in words."""
        if self.refusals:
            raise ValidationError([words for _uuid, words in self.refusals])


def kind_of(step_type: str) -> tuple[str, type | None]:
    """``(kind, class)``; ("unknown", None) for a type that is not installed."""
    try:
        kind, cls = find_class(step_type)
    except KeyError:
        return "unknown", None
    return ("unknown", None) if step_type == UNKNOWN else (kind, cls)


def value_of(node, cls) -> BoundValue | None:
    """The parameters, or None when an object they choose is gone or they cannot be read."""
    try:
        return bind(cls(), node.config)
    except (MissingReference, ValidationError, ValueError, TypeError, AttributeError):
        return None


def compile_tree(raw) -> Graph:
    """The graph of a tree's JSON (EDITOR.md). Reads no setting and, but for chosen objects, no table."""
    refusals: list[tuple[str, str]] = []
    nodes = _read(raw, refusals)
    if refusals:
        return Graph([], [], None, refusals)
    triggers = [node for node in nodes.values() if node.parent == "" and node.branch == START]
    steps = {node.uuid: node for node in nodes.values() if node not in triggers}
    refusals += _shares_refused(steps) + _rules_refused(steps) + _check_places(nodes, triggers, steps)
    if refusals:
        return Graph([], triggers, None, refusals)
    groups: dict[tuple[str, str], list[Node]] = {}
    for node in steps.values():
        groups.setdefault((node.parent, node.branch), []).append(node)
    first = groups[("", MAIN)][0].uuid if ("", MAIN) in groups else None
    _connect(steps, groups, refusals)
    ordered = _topological(steps, first)
    for node in ordered[1:] if first else []:
        if not node.position:
            refusals.append((node.uuid, _("Nobody comes to “%(step)s”.") % {"step": _title(node)}))
    for position, node in enumerate(ordered):
        node.position = position
    refusals += _spinning(ordered)
    return Graph(ordered, triggers, first, refusals)


def _title(node: Node) -> str:
    cls = kind_of(node.type)[1]
    return node.name or (str(cls().label) if cls else node.type)


def _read(raw, refusals) -> dict[str, Node]:
    nodes: dict[str, Node] = {}
    if not isinstance(raw, list):
        refusals.append(("", _("The steps of this campaign cannot be read.")))
        return nodes
    if len(raw) > MAX_STEPS:
        refusals.append(("", _("A campaign holds at most %(count)d steps.") % {"count": MAX_STEPS}))
        return nodes
    for item in raw:
        try:
            key = str(uuid.UUID(str(item["id"])))
            value = item["value"]
            config = value.get("config")
            node = Node(
                key,
                str(item["type"]),
                str(value.get("name") or "")[:80],
                config if isinstance(config, dict) else {},
                str(value.get("parent") or ""),
                str(value.get("branch") or ""),
            )
        except (KeyError, TypeError, ValueError, AttributeError):
            refusals.append(("", _("A step of this campaign is damaged.")))
            continue
        if key in nodes:
            refusals.append((key, _("Two steps have the same identity.")))
        nodes[key] = node
    return nodes


def _check_places(nodes, triggers, steps) -> list[tuple[str, str]]:
    """Triggers at the root, parents that exist and divide people into this branch, no cycle of parents."""
    refusals = []
    for node in nodes.values():
        if (node.kind == "trigger") != (node in triggers) and node.kind != "unknown":
            refusals.append((node.uuid, _("“%(step)s” does not belong here.") % {"step": _title(node)}))
    for node in steps.values():
        if not node.parent:
            if node.branch != MAIN:
                refusals.append((node.uuid, _("“%(step)s” is on no branch.") % {"step": _title(node)}))
            continue
        parent = steps.get(node.parent)
        if parent is None:
            refusals.append((node.uuid, _("The step above “%(step)s” is missing.") % {"step": _title(node)}))
        elif parent.kind != "unknown" and node.branch not in branch_keys(parent):
            words = _("“%(parent)s” has no branch for “%(step)s”.")
            refusals.append((node.uuid, words % {"parent": _title(parent), "step": _title(node)}))
    for node in steps.values():
        seen, above = set(), node
        while above is not None and above.uuid not in seen:
            seen.add(above.uuid)
            above = steps.get(above.parent)
        if above is not None:
            refusals.append((node.uuid, _("“%(step)s” stands below itself.") % {"step": _title(node)}))
    return refusals


def branch_keys(node) -> list[str]:
    """Keys of the branches of a step that divides people; empty for others."""
    _kind, cls = kind_of(node.type)
    if cls is None or not hasattr(cls, "get_branches"):
        return []
    value = value_of(node, cls)
    if value is None:
        return [branch[0] for branch in cls.branches]
    return [branch["key"] for branch in cls().get_branches(value)]


def _rules_refused(steps: dict[str, Node]) -> list[tuple[str, str]]:
    """Questions that are none, or ask too much at once. What is only not installed holds people there."""
    refusals = []
    for node in steps.values():
        if node.asks and (problem := Rule.parse_lenient(node.config.get("rule") or {}).malformed()):
            words = _("“%(step)s”: %(problem)s") % {"step": _title(node), "problem": problem}
            refusals.append((node.uuid, words))
    return refusals


def _shares_refused(steps: dict[str, Node]) -> list[tuple[str, str]]:
    """Splits that cannot divide anybody, such as a tree written by hand may hold."""
    refusals = []
    for node in steps.values():
        cls = kind_of(node.type)[1]
        if cls is None or not issubclass(cls, Split):
            continue
        value = value_of(node, cls)
        problem = _("Its branches cannot be read.") if value is None else cls().problem(paths_of(value))
        if problem:
            words = _("“%(step)s”: %(problem)s") % {"step": _title(node), "problem": problem}
            refusals.append((node.uuid, words))
    return refusals


def _connect(steps, groups, refusals) -> None:
    for (parent, branch), group in groups.items():
        if parent:
            steps[parent].edges[branch] = group[0].uuid
    dividing = {parent for parent, _branch in groups}
    for group in groups.values():
        for node, following in zip(group, [*group[1:], None], strict=True):
            cls = kind_of(node.type)[1]
            if cls is not None and issubclass(cls, GoTo):
                target = str(node.config.get("step") or "")
                if target in steps:
                    node.edges = {NEXT: target}
                else:
                    words = _("“%(step)s” does not say where to go on.")
                    refusals.append((node.uuid, words % {"step": _title(node)}))
            elif getattr(cls, "terminal", False):
                continue
            elif following and node.uuid not in dividing and not branch_keys(node):
                node.edges[NEXT] = following.uuid


def _topological(steps: dict[str, Node], first: str | None) -> list[Node]:
    """Every step before those it leads to, ways back apart; what cannot be reached comes last.

    A depth-first walk without recursion (a campaign may be deeper than Python's limit), reversed.
    ``position`` is set to 1 for steps that can be reached, so that the caller can tell.
    """
    finished: list[Node] = []
    seen: set[str] = set()

    def visit(root):
        seen.add(root)
        stack = [(root, iter(reversed(list(steps[root].edges.values()))))]
        while stack:
            node, following = stack[-1]
            for target in following:
                if target not in seen:
                    seen.add(target)
                    stack.append((target, iter(reversed(list(steps[target].edges.values())))))
                    break
            else:
                finished.append(steps[node])
                stack.pop()

    if first:
        visit(first)
    for node in finished:
        node.position = 1
    reached = finished[::-1]
    return reached + [node for node in steps.values() if node.uuid not in seen]


def _spinning(ordered: list[Node]) -> list[tuple[str, str]]:
    """Ways back that lead through no wait: people would run round for ever."""
    edges = {node.uuid: set() if _pauses(node) else set(_instant(node)) for node in ordered}
    # take away, again and again, what nothing instant leads to: what remains runs in circles
    incoming = Counter(target for targets in edges.values() for target in targets)
    free = [key for key in edges if not incoming[key]]
    while free:
        for target in edges.pop(free.pop()):
            incoming[target] -= 1
            if not incoming[target]:
                free.append(target)
    return [
        (node.uuid, _("“%(step)s” leads back without a wait on the way.") % {"step": _title(node)})
        for node in ordered
        if node.uuid in edges and issubclass(kind_of(node.type)[1] or object, GoTo)
    ]


def _pauses(node: Node) -> bool:
    cls = kind_of(node.type)[1]
    if cls is None:
        return True  # people are held there
    if not issubclass(cls, FlowStep):
        return False
    value = value_of(node, cls)
    return value is None or cls().is_pause(value)


def _instant(node: Node):
    """Where somebody may go on at once."""
    cls = kind_of(node.type)[1]
    value = value_of(node, cls) if cls is not None and issubclass(cls, FlowStep) else None
    late = cls().late_branches(value) if value is not None else set()
    return [target for branch, target in node.edges.items() if branch not in late]
