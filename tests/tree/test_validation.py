"""What a draft may be, what goes live, and that one never softens the other."""

import copy
import threading
import uuid

import pytest
from django.core.exceptions import ValidationError

from wagtail_automation.activities import activities
from wagtail_automation.campaigns.tree.validation import MAX_STEPS
from wagtail_automation.rules.conditions import conditions

from .pieces import Letter, Rang, Steps, messages_of

pytestmark = pytest.mark.django_db


def refused(tree_block, steps) -> str:
    with pytest.raises(ValidationError) as caught:
        tree_block.clean(tree_block.to_python(steps))
    return messages_of(caught.value)


def errors_at(tree_block, steps, name) -> str:
    """The messages at one step of a tree that is refused."""
    with pytest.raises(ValidationError) as caught:
        tree_block.clean(tree_block.to_python(steps.json))
    position = [step["id"] for step in steps.json].index(steps.ids[name])
    return messages_of(caught.value.block_errors[position])


def good():
    return Steps().knock().letter().ask().letter("thanks", parent="ask", branch="yes")


def test_a_good_tree_goes_live_in_reading_order(tree_block):
    steps = good()
    shuffled = [steps.json[3], steps.json[1], steps.json[2], steps.json[0]]
    cleaned = tree_block.clean(tree_block.to_python(shuffled))
    assert [child.id for child in cleaned] == [step["id"] for step in steps.json]


def test_an_unfinished_step_is_a_draft_and_does_not_go_live(tree_block):
    steps = good().letter("empty", text="", parent="ask", branch="no")
    tree = tree_block.to_python(steps.json)
    assert len(tree_block.clean_deferred(tree)) == 5
    assert "required" in errors_at(tree_block, steps, "empty")


def test_a_draft_keeps_what_would_not_be_valid(tree_block):
    steps = good()
    steps.json[1]["value"]["config"]["copies"] = 99
    draft = tree_block.clean_deferred(tree_block.to_python(steps.json))
    assert draft[1].value["config"]["copies"] == 99
    assert "9" in errors_at(tree_block, steps, "letter")


def test_something_must_start_it(tree_block):
    assert "starts this campaign" in refused(tree_block, Steps().letter().json)


def test_patience_is_refused_for_what_did_not_happen(tree_block):
    steps = Steps().knock().ask(condition="tree_silent")
    words = errors_at(tree_block, steps, "ask")
    assert "patience" in words
    assert "waited for" in words
    steps = Steps().knock().ask(condition="tree_silent", patience=0)
    tree_block.clean(tree_block.to_python(steps.json))
    steps = Steps().knock().ask()
    steps.json[1]["value"]["config"]["rule"]["match"] = "none"
    assert "waited for" in errors_at(tree_block, steps, "ask")


def test_a_decision_needs_a_question(tree_block):
    steps = Steps().knock().add("decision", "ask", {"rule": {}, "patience": 0, "unit": "days"})
    assert "rule" in errors_at(tree_block, steps, "ask")
    assert tree_block.clean_deferred(tree_block.to_python(steps.json))


def test_a_question_with_a_missing_condition_is_refused(tree_block):
    steps = Steps().knock().ask()
    with conditions.without(Rang.key):
        assert "not installed" in errors_at(tree_block, steps, "ask")
        assert tree_block.clean_deferred(tree_block.to_python(steps.json))


def test_a_step_that_is_not_installed_is_refused_and_kept_in_drafts(tree_block):
    steps = Steps().knock().letter()
    with activities.without(Letter.key):
        assert "not installed" in errors_at(tree_block, steps, "letter")
        assert tree_block.clean_deferred(tree_block.to_python(steps.json))


@pytest.mark.parametrize("draft", [True, False])
def test_circles_of_parents_are_refused(tree_block, draft):
    steps = Steps().knock().add("tree_fork", "a").add("tree_fork", "b", parent="a", branch="left")
    steps.json[1]["value"].update(parent=steps.ids["b"], branch="left")
    tree = tree_block.to_python(steps.json)
    with pytest.raises(ValidationError) as caught:
        tree_block.clean_deferred(tree) if draft else tree_block.clean(tree)
    assert "below itself" in messages_of(caught.value)


def test_a_step_below_itself_is_refused(tree_block):
    steps = Steps().knock().add("tree_fork", "a")
    steps.json[1]["value"].update(parent=steps.ids["a"], branch="left")
    assert "below itself" in errors_at(tree_block, steps, "a")


@pytest.mark.parametrize("draft", [True, False])
def test_the_same_step_twice_is_refused(tree_block, draft):
    steps = good().json
    tree = tree_block.to_python([*steps, copy.deepcopy(steps[1])])
    with pytest.raises(ValidationError) as caught:
        tree_block.clean_deferred(tree) if draft else tree_block.clean(tree)
    assert "twice" in messages_of(caught.value)


def test_lost_places_are_refused_but_kept_in_drafts(tree_block):
    cases = {
        "lost its place": {"parent": str(uuid.uuid4()), "branch": "yes"},
        "no longer exists": {"branch": "maybe"},
        "the one before it never continues": {"parent": "", "branch": "main"},
    }
    for words, place in cases.items():
        steps = good()
        steps.json[3]["value"].update(place)
        assert tree_block.clean_deferred(tree_block.to_python(steps.json))
        assert words in errors_at(tree_block, steps, "thanks")


def test_a_trigger_only_stands_at_the_start(tree_block):
    steps = good().add("on_tree_knock", "again", parent="ask", branch="no")
    assert "only stand at the start" in errors_at(tree_block, steps, "again")
    steps = Steps().knock().letter()
    steps.json[1]["value"]["branch"] = "start"
    assert "lost its place" in errors_at(tree_block, steps, "letter")


def test_a_way_on_must_lead_somewhere(tree_block):
    for target, words in (
        ("", "required"),
        (str(uuid.uuid4()), "deleted"),
        ("knock", "trigger"),
        ("go", "itself"),
    ):
        steps = good().add("go_to", "go", {"step": ""}, parent="ask", branch="no")
        steps.json[-1]["value"]["config"]["step"] = steps.ids.get(target, target)
        assert words in errors_at(tree_block, steps, "go"), target


def test_a_way_back_needs_a_wait(tree_block):
    steps = Steps().knock().letter().ask(patience=0)
    steps.add("go_to", "back", {"step": steps.ids["letter"]}, parent="ask", branch="no")
    assert "wait" in errors_at(tree_block, steps, "back")
    steps = Steps().knock().letter().add("wait_days", "rest", {"amount": 1, "unit": "days"}).ask(patience=0)
    steps.add("go_to", "back", {"step": steps.ids["letter"]}, parent="ask", branch="no")
    tree_block.clean(tree_block.to_python(steps.json))


def test_too_many_steps_are_refused(tree_block):
    steps = Steps().knock()
    for number in range(MAX_STEPS):
        steps.letter(f"l{number}")
    with pytest.raises(ValidationError) as caught:
        tree_block.clean_deferred(tree_block.to_python(steps.json))
    assert str(MAX_STEPS) in messages_of(caught.value)


def test_a_very_deep_tree_is_no_problem(tree_block):
    steps = Steps().knock()
    above = ""
    for depth in range(MAX_STEPS - 1):
        steps.add("tree_fork", f"f{depth}", parent=above, branch="left" if above else "main")
        above = f"f{depth}"
    assert len(tree_block.clean(tree_block.to_python(steps.json))) == MAX_STEPS


def test_a_draft_in_another_thread_never_softens_a_publication(tree_block):
    """Wagtail's own StreamField lets an empty required field go live while a draft is being checked."""
    drafting, published = threading.Event(), threading.Event()

    class Slow(Letter):
        key = "tree_slow"

        def clean(self, value):
            if self.is_deferred_validation:
                drafting.set()
                published.wait(10)
            return super().clean(value)

        class Meta:
            label = "Slow"

    with activities.temporarily(Slow):
        config = {"text": "", "page": None, "copies": 1}
        steps = Steps().knock().add("do_tree_slow", "slow", config).json
        draft = tree_block.to_python(steps)
        list(draft)
        thread = threading.Thread(target=tree_block.clean_deferred, args=[draft])
        thread.start()
        try:
            assert drafting.wait(10)
            with pytest.raises(ValidationError):
                tree_block.clean(tree_block.to_python(steps))
        finally:
            published.set()
            thread.join()
        with pytest.raises(ValidationError):
            tree_block.clean(tree_block.to_python(steps))


def test_checking_drafts_leaves_no_blocks_behind(tree_block):
    """Wagtail keeps every block that is made; copies are not kept."""
    from wagtail.blocks import Block

    tree = tree_block.to_python(good().json)
    tree_block.clean_deferred(tree)
    before = len(Block.definition_registry)
    for _turn in range(3):
        tree_block.clean_deferred(tree)
        tree_block.clean(tree)
    assert len(Block.definition_registry) == before
