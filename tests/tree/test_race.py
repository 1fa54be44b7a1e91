"""Why drafts are checked on copies: a stock StreamField lets an empty required field go live while another
thread checks a draft. If Wagtail mends this, the first test fails and the copies may go."""

import threading

import pytest
from django.core.exceptions import ValidationError
from wagtail import blocks
from wagtail.fields import StreamField

from wagtail_automation.activities import activities

from .pieces import Letter, Steps

pytestmark = pytest.mark.django_db


class Gate:
    """Stops the thread that checks a draft in the middle of it; the publication passes."""

    def __init__(self):
        self.inside, self.go_on = threading.Event(), threading.Event()

    def pass_through(self, block):
        if block.is_deferred_validation and not self.inside.is_set():
            self.inside.set()
            self.go_on.wait(10)


def published_while(check_draft, publish, gate) -> bool:
    """True if ``publish`` was accepted while ``check_draft`` ran in another thread."""
    thread = threading.Thread(target=check_draft)
    thread.start()
    try:
        assert gate.inside.wait(10)
        publish()
    except ValidationError:
        return False
    finally:
        gate.go_on.set()
        thread.join()
    return True


def test_the_race_of_a_stock_streamfield():
    gate = Gate()

    class SlowBlock(blocks.CharBlock):
        def clean(self, value):
            gate.pass_through(self)
            return super().clean(value)

    class Note(blocks.StructBlock):
        slow = SlowBlock(required=False)
        text = blocks.CharBlock()

    block = StreamField([("note", Note())]).stream_block
    raw = [{"type": "note", "value": {"slow": "", "text": ""}}]

    def publish():
        block.clean(block.to_python(raw))

    draft = block.to_python(raw)
    list(draft)
    assert published_while(lambda: block.clean_deferred(draft), publish, gate), "Wagtail has mended it"
    with pytest.raises(ValidationError):  # without the other thread it is refused, as it should be
        publish()


def test_the_tree_has_no_such_race(tree_block):
    gate = Gate()

    class Slow(Letter):
        key = "tree_slow"
        slow = blocks.CharBlock(required=False)

        class Meta:
            label = "Slow"

        def clean(self, value):
            gate.pass_through(self)
            return super().clean(value)

    with activities.temporarily(Slow):
        config = {"slow": "", "text": "", "page": None, "copies": 1}
        raw = Steps().knock().add("do_tree_slow", "slow", config).json
        draft = tree_block.to_python(raw)
        list(draft)

        def publish():
            tree_block.clean(tree_block.to_python(raw))

        assert not published_while(lambda: tree_block.clean_deferred(draft), publish, gate)


def test_the_drawer_has_no_such_race(admin_client, tree_block):
    """One step is checked on its own while it is edited; that too may meet a publication."""
    gate = Gate()

    class Slow(Letter):
        key = "tree_slow"

        class Meta:
            label = "Slow"

        def clean(self, value):
            gate.pass_through(self)
            return super().clean(value)

    from wagtail_automation.campaigns.tree.blocks import draft_copy
    from wagtail_automation.campaigns.tree.registry import step_types

    with activities.temporarily(Slow):
        config = {"text": "", "page": None, "copies": 1}
        raw = Steps().knock().add("do_tree_slow", "slow", config).json
        block = step_types["do_tree_slow"].config_block

        def publish():
            tree_block.clean(tree_block.to_python(raw))

        value = block.to_python(config)
        assert not published_while(lambda: draft_copy(block).clean(value), publish, gate)
