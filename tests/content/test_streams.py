"""Fields and actions come from registries: migrations hold only paths, unknown types survive."""

import json

import pytest
from django.db.models import TextField
from django.db.models.functions import Cast
from wagtail import blocks

from wagtail_automation.activities import Activity, activities
from wagtail_automation.content.form_actions import FormActionsBlock, FormActionsField
from wagtail_automation.content.models import Form, FormSubmission

pytestmark = pytest.mark.django_db


class Wave(Activity):
    """A third party's activity."""

    key = "acme_wave"
    immediate = True
    times = blocks.IntegerBlock()
    seen = []

    class Meta:
        label = "Wave"

    def apply(self, value, cohort):
        self.seen.append((value["times"], [row.cohort_key for row in cohort.rows()]))


class Later(Activity):
    """Not for forms."""

    key = "acme_later"

    class Meta:
        label = "Later"


STORED = [
    {"type": "acme_wave", "id": "11111111-1111-4111-8111-111111111111", "value": {"times": 3, "extra": [1]}}
]


def raw(form):
    """What the database holds, as text."""
    stored = Form.objects.filter(pk=form.pk).annotate(raw=Cast("actions", TextField()))
    return stored.values_list("raw", flat=True).get()


def test_migrations_hold_only_the_path():
    field = Form._meta.get_field("actions")
    assert field.deconstruct()[1:3] == ("wagtail_automation.content.form_actions.FormActionsField", [])
    with activities.temporarily(Wave):
        assert field.deconstruct()[3].keys() == {"verbose_name", "blank"}
        assert isinstance(field.clone(), FormActionsField)


def test_only_immediate_activities_are_offered():
    with activities.temporarily(Wave), activities.temporarily(Later):
        assert "acme_wave" in FormActionsBlock().child_blocks
        assert "acme_later" not in FormActionsBlock().child_blocks
    assert "acme_wave" not in FormActionsBlock().child_blocks


def test_unknown_activity_survives_and_does_nothing(form, landing, read_form, client):
    with activities.temporarily(Wave):
        form.actions = json.dumps(STORED)
        form.save()
        before = raw(form)
    again = Form.objects.get(pk=form.pk)
    assert [child.block_type for child in again.actions] == ["_unknown"]
    again.save()
    assert raw(form) == before
    assert json.loads(before) == STORED
    # Through the editor's form, too.
    block = FormActionsBlock()
    state = block.get_form_state(again.actions)
    order = {"a-count": "1", "a-0-deleted": "", "a-0-order": "0"}
    item = {"a-0-type": "_unknown", "a-0-id": state[0]["id"], "a-0-value": state[0]["value"]}
    sent = block.value_from_datadict(order | item, {}, "a")
    assert block.get_prep_value(block.clean(sent)) == STORED
    assert read_form().send(first_name="A", email="a@example.com").status_code == 303
    assert FormSubmission.objects.count() == 1
    # Its app comes back.
    with activities.temporarily(Wave):
        assert [child.block_type for child in Form.objects.get(pk=form.pk).actions] == ["acme_wave"]


def test_actions_run_with_the_key_of_the_submission(form, landing, read_form):
    with activities.temporarily(Wave):
        form.actions = json.dumps(STORED)
        form.save()
        Wave.seen.clear()
        read_form().send(first_name="A", email="a@example.com")
        assert Wave.seen == [(3, [f"form:{FormSubmission.objects.get().pk}"])]


class Broken(Activity):
    """Fails after it has written."""

    key = "acme_broken"
    immediate = True

    class Meta:
        label = "Broken"

    def apply(self, value, cohort):
        Form.objects.filter().update(name="half")
        raise ValueError("no")


def test_a_failing_action_loses_no_answer(form, landing, read_form, caplog):
    with activities.temporarily(Broken), activities.temporarily(Wave):
        form.actions = json.dumps([{"type": "acme_broken", "id": "x", "value": {}}, *STORED])
        form.save()
        Wave.seen.clear()
        assert read_form().send(first_name="A", email="a@example.com").status_code == 303
    assert FormSubmission.objects.count() == 1
    assert len(Wave.seen) == 1
    form.refresh_from_db()
    assert form.name == "Contact"
    assert "acme_broken failed" in caplog.text
