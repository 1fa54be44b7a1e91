"""From the tree's JSON to a graph: order, branches, and trees that are refused with a reason."""

import random
import uuid

import pytest

from wagtail_automation.campaigns.plan import compile_tree

from .pieces import Tree

pytestmark = pytest.mark.django_db  # objects that steps choose are looked up


def names(graph):
    return [node.name for node in graph.nodes]


def edges(graph):
    name = {node.uuid: node.name for node in graph.nodes}
    return {node.name: {b: name[t] for b, t in node.edges.items()} for node in graph.nodes if node.edges}


def words(tree) -> str:
    return " ".join(text for _uuid, text in compile_tree(tree).refusals)


def test_a_sequence():
    graph = compile_tree(Tree().on().do(name="a").minutes(name="b").do(name="c").json)
    assert names(graph) == ["a", "b", "c"]
    assert [node.position for node in graph.nodes] == [0, 1, 2]
    assert edges(graph) == {"a": {"next": "b"}, "b": {"next": "c"}}
    assert [node.type for node in graph.triggers] == ["on_test_page"]
    assert graph.refusals == []


def test_an_empty_tree_and_one_with_only_triggers_are_no_error():
    assert compile_tree([]).first is None
    assert compile_tree(Tree().on().json).refusals == []


def test_a_step_stands_before_all_that_it_leads_to_but_for_ways_back():
    tree = Tree().do(name="top").ask("test_score", name="q")
    tree.minutes(name="y", parent="q", branch="yes").do(name="meet", parent="q", branch="yes")
    tree.do(name="n", parent="q", branch="no").go_to("meet", name="over", parent="q", branch="no")
    graph = compile_tree(tree.json)
    assert graph.refusals == []
    position = {node.name: node.position for node in graph.nodes}
    assert position["over"] < position["meet"] and position["y"] < position["meet"]
    assert edges(graph)["over"] == {"next": "meet"}
    assert edges(graph)["q"] == {"yes": "y", "no": "n"}


@pytest.mark.parametrize("seed", range(20))
def test_random_trees_are_in_order(seed):
    pick = random.Random(seed)
    tree, open_ends = Tree(), [("", "main")]
    for number in range(40):
        parent, branch = place = open_ends.pop(pick.randrange(len(open_ends)))
        where = {"parent": parent, "branch": branch, "name": f"s{number}"}
        if pick.random() < 0.35:
            tree.ask("test_score", **where)
            open_ends += [(f"s{number}", "yes"), (f"s{number}", "no")]
        else:
            tree.do(**where)
            open_ends.append(place)
    for number, (parent, branch) in enumerate(open_ends[:3]):
        tree.go_to(f"s{pick.randrange(40)}", name=f"j{number}", parent=parent, branch=branch)
    graph = compile_tree(tree.json)
    position = {node.uuid: node.position for node in graph.nodes}
    assert sorted(position.values()) == list(range(len(tree.json)))
    for node in graph.nodes:
        for target in node.edges.values():
            if node.type != "go_to":
                assert position[target] > node.position


@pytest.mark.parametrize(
    ("tree", "said"),
    [
        ("text", "cannot be read"),
        ([{"type": "do_test_points"}], "damaged"),
        ([{"id": "no uuid", "type": "do_test_points", "value": {}}], "damaged"),
        (Tree().do(name="a", key="6b1f1f0e-0000-4000-8000-000000000000").json * 2, "same identity"),
        (Tree().do(name="a", parent=str(uuid.uuid4())).json, "is missing"),
        (Tree().do(name="a").do(name="b", parent="a", branch="yes").json, "has no branch"),
        (Tree().ask("test_score", name="q").do(name="b", parent="q", branch="perhaps").json, "has no branch"),
        (Tree().do(name="a", branch="").json, "is on no branch"),
        (Tree().do(name="a", branch="start").json, "does not belong here"),
        (Tree().add("on_test_page").json, "does not belong here"),
        (Tree().do(name="a").go_to(str(uuid.uuid4()), name="j").json, "does not say where"),
        (Tree().do(name="a").go_to("a", name="j").json, "without a wait"),
        (Tree().ask("test_score", name="q").do(name="b").json, "Nobody comes to “b”"),
        (Tree().on().json * 1001, "at most"),
    ],
)
def test_trees_that_cannot_run(tree, said):
    graph = compile_tree(tree)
    assert said in words(tree)
    assert graph.refusals


def test_a_circle_of_parents():
    tree = Tree().ask("test_score", name="a").ask("test_score", name="b", parent="a", branch="yes").json
    tree[0]["value"]["parent"], tree[0]["value"]["branch"] = tree[1]["id"], "no"
    assert "stands below itself" in words(tree)


@pytest.mark.parametrize(
    ("middle", "allowed"),
    [
        (lambda tree: tree.minutes(), True),
        (lambda tree: tree.do(), False),
        (lambda tree: tree.ask("test_score", 3, name="q"), False),
    ],
)
def test_a_way_back_needs_a_wait(middle, allowed):
    tree = middle(Tree().do(name="a"))
    place = {"parent": "q", "branch": "yes"} if "q" in tree.ids else {}
    tree.go_to("a", **place)
    assert (words(tree.json) == "") is allowed


def test_the_patience_of_a_decision_is_a_wait_on_the_way_of_no():
    tree = Tree().do(name="a").ask("test_score", 3, name="q").go_to("a", parent="q", branch="no")
    assert words(tree.json) == ""
    assert "without a wait" in words(
        Tree().do(name="a").ask("test_score", 0, name="q").go_to("a", parent="q", branch="no").json
    )


def test_steps_of_types_that_are_not_installed_are_kept():
    graph = compile_tree(Tree().do(name="a").add("do_elsewhere", name="b").do(name="c").json)
    assert graph.refusals == []
    assert names(graph) == ["a", "b", "c"]


def test_a_thousand_steps_in_a_row_and_a_thousand_deep():
    row = Tree()
    for _number in range(1000):
        row.do()
    assert compile_tree(row.json).nodes[-1].position == 999
    deep = Tree().ask("test_score", name="q0")
    for number in range(1, 1000):
        deep.ask("test_score", name=f"q{number}", parent=f"q{number - 1}", branch="yes")
    assert compile_tree(deep.json).nodes[-1].position == 999
