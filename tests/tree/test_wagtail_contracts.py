"""What the editor uses of Wagtail beyond its documented API, one named test each: a release that changes
one fails here by name and not somewhere in a browser."""

import copy
import inspect
import json
import re
from pathlib import Path
from types import SimpleNamespace

import pytest
import wagtail
from django.core.exceptions import ValidationError
from django.db import models
from wagtail import blocks
from wagtail.admin.icons import get_icons
from wagtail.blocks.base import get_error_json_data

from wagtail_automation.campaigns.models import Campaign
from wagtail_automation.campaigns.tree import widgets

from .pieces import Letter, Steps

pytestmark = pytest.mark.django_db

WAGTAIL = Path(wagtail.__file__).parent
OURS = Path(widgets.__file__).parents[1] / "static" / widgets.FOLDER
CSS = (OURS / "tree.css").read_text()
SCRIPTS = "\n".join(path.read_text() for path in OURS.glob("*.js"))


def bundles(kind: str) -> str:
    """All of Wagtail's own scripts or styles, as they are served."""
    folder = WAGTAIL / "admin" / "static" / "wagtailadmin"
    return "\n".join(path.read_text(errors="ignore") for path in folder.rglob(f"*.{kind}"))


@pytest.fixture(scope="module")
def scripts():
    return bundles("js")


# -- Python: fields and blocks ---------------------------------------------------------------------
def test_streamfield_keeps_its_block_in_stream_block():
    field = Campaign._meta.get_field("tree")
    assert isinstance(field.stream_block, blocks.StreamBlock)


def test_models_field_deconstruct_leaves_the_blocks_out():
    _name, _path, args, kwargs = models.Field.deconstruct(Campaign._meta.get_field("tree"))
    assert args == [] and "block_types" not in kwargs


def test_streamblock_reads_child_blocks_when_used(tree_block):
    assert tree_block.child_blocks["do_tree_letter"].kind == "activity"
    tree = tree_block.to_python(Steps().letter().json)
    assert tree[0].block is tree_block.child_blocks["do_tree_letter"]


def test_streamvalue_is_made_of_name_value_and_id(tree_block):
    tree = tree_block.to_python(Steps().letter().json)
    again = blocks.StreamValue(tree_block, [(tree[0].block.name, tree[0].value, tree[0].id)])
    assert (again[0].id, again[0].value) == (tree[0].id, tree[0].value)


def test_drafts_are_checked_by_clean_deferred_of_the_top_block(tree_block, monkeypatch):
    asked = []
    monkeypatch.setattr(tree_block, "clean_deferred", lambda value: asked.append(value) or value)
    field = Campaign._meta.get_field("tree").formfield()
    field.is_deferred_validation = True
    field.clean(json.dumps(Steps().letter().json))
    assert asked


def test_a_block_knows_whether_it_is_checked_as_a_draft():
    block = Letter()
    assert block.is_deferred_validation is False
    block.defer_required_validation()
    assert block.is_deferred_validation is True
    block.restore_deferred_validation()
    assert block.is_deferred_validation is False


def test_deferring_reaches_the_children():
    block = copy.deepcopy(Letter())
    block.defer_required_validation()
    block.clean(block.to_python({"text": "", "copies": 1}))
    block.restore_deferred_validation()
    with pytest.raises(ValidationError):
        block.clean(block.to_python({"text": "", "copies": 1}))


def test_a_deep_copy_of_a_block_shares_no_children():
    block = Letter()
    twin = copy.deepcopy(block)
    assert all(twin.child_blocks[name] is not child for name, child in block.child_blocks.items())
    twin.defer_required_validation()
    assert block.child_blocks["text"].is_deferred_validation is False


def test_a_copy_is_not_kept_in_the_definition_registry():
    from wagtail.blocks import Block

    before = len(Block.definition_registry)
    copy.deepcopy(Letter())
    assert len(Block.definition_registry) == before


def test_a_chooser_block_reads_by_to_python_bulk_to_python_and_its_field():
    for name in ("to_python", "bulk_to_python", "model_class", "field"):
        assert hasattr(blocks.ChooserBlock, name)
    assert "super().clean" in inspect.getsource(blocks.ChooserBlock.clean)


@pytest.mark.parametrize(
    ("path", "arguments"),
    [
        ("wagtail.blocks.stream_block.StreamBlockValidationError", ("block_errors", "non_block_errors")),
        ("wagtail.blocks.struct_block.StructBlockValidationError", ("block_errors", "non_block_errors")),
        ("wagtail.blocks.list_block.ListBlockValidationError", ("block_errors", "non_block_errors")),
    ],
)
def test_errors_of_blocks_are_made_by_name(path, arguments):
    from django.utils.module_loading import import_string

    assert set(arguments) <= set(inspect.signature(import_string(path)).parameters)


def test_get_error_json_data_gives_blockerrors_and_messages():
    block = Letter()
    with pytest.raises(ValidationError) as caught:
        block.clean(block.to_python({"text": "", "copies": 1}))
    data = get_error_json_data(caught.value)
    assert list(data["blockErrors"]) == ["text"]
    assert data["blockErrors"]["text"]["messages"]


# -- Python: the admin ------------------------------------------------------------------------------
def test_jscontext_packs_a_structblock_for_telepath():
    from wagtail.admin.telepath import JSContext

    packed = JSContext().pack(Letter())
    assert packed["_type"] == "wagtail.blocks.StructBlock"


def test_a_block_gives_the_state_of_its_form():
    block = Letter()
    assert block.get_form_state(block.to_python({"text": "x", "copies": 1}))["text"] == "x"


def test_blockwidget_gathers_the_media_of_a_structblock():
    from wagtail.blocks import BlockWidget

    assert "telepath" in str(BlockWidget(Letter()).media)


def test_structblockcomparison_takes_a_block_and_two_values():
    from wagtail.admin.compare import StructBlockComparison

    names = list(inspect.signature(StructBlockComparison.__init__).parameters)
    assert names[1:] == ["block", "exists_a", "exists_b", "val_a", "val_b"]


def test_a_bound_panel_knows_field_instance_and_request(admin_client):
    from wagtail.admin.panels import FieldPanel

    source = inspect.getsource(FieldPanel.BoundPanel) + inspect.getsource(FieldPanel.__mro__[1].BoundPanel)
    for name in ("self.bound_field", "self.instance", "self.request"):
        assert name in source


def test_a_snippet_viewset_names_addresses_and_its_permission_policy():
    viewset = Campaign.snippet_viewset
    assert viewset.get_url_name("edit").endswith(":edit")
    assert viewset.permission_policy.user_has_any_permission


def test_the_edit_view_reads_its_snippet_by_get_object_with_an_optional_queryset():
    from wagtail.snippets.views.snippets import EditView

    assert "queryset" in inspect.signature(EditView.get_object).parameters


def test_a_workflow_that_was_asked_for_is_kept_in_current_workflow_states(django_assert_num_queries):
    campaign, state = Campaign(pk=1), SimpleNamespace(status="in_progress")
    campaign._current_workflow_states = [state]
    with django_assert_num_queries(0):
        assert campaign.workflow_in_progress and campaign.current_workflow_state is state
    campaign._current_workflow_states = []
    with django_assert_num_queries(0):
        assert not campaign.workflow_in_progress and campaign.current_workflow_state is None


def test_versioned_static_gives_an_address():
    from wagtail.admin.staticfiles import versioned_static

    assert "tree/editor.js" in versioned_static(f"{widgets.FOLDER}/editor.js")


def test_a_lock_says_for_whom_it_holds():
    from wagtail.locks import BaseLock

    assert list(inspect.signature(BaseLock.for_user).parameters) == ["self", "user"]


# -- scripts ----------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "name",
    [
        "StimulusModule",
        "telepath",
        "CSRF_TOKEN",
        "setError",
        "collapsible",
        "[data-form-side]",
        "--side-panel-width",
        "wagtail:side-panel-width",
    ],
)
def test_wagtails_scripts_still_know(scripts, name):
    assert name in SCRIPTS, f"{name} is no longer used: strike it out here"
    assert name in scripts


def test_the_application_registers_controllers(scripts):
    assert "wagtail.app.register" in SCRIPTS
    assert re.search(r"window\.wagtail\b|wagtail\.app", scripts)


def test_an_error_of_a_field_is_marked_as_the_editor_looks_for_it(scripts):
    for name in ("w-field--error", "aria-invalid"):
        assert name in SCRIPTS
        assert name in scripts


# -- styles, icons, templates ------------------------------------------------------------------------
@pytest.mark.parametrize("token", sorted(set(re.findall(r"--w-color-[\w-]+", CSS))))
def test_wagtails_colour(token):
    assert token in bundles("css")


@pytest.mark.parametrize("theme", ["w-theme-dark", "w-theme-system"])
def test_wagtails_theme(theme):
    assert theme in CSS
    assert theme in bundles("css")


@pytest.mark.parametrize(
    "icon", sorted(set(re.findall(r"icon\('([\w-]+)'\)|\btool\('\w+', '([\w-]+)'|\bit\('([\w-]+)'", SCRIPTS)))
)
def test_icon_is_there(icon):
    name = next(filter(None, icon))
    assert f'id="icon-{name}"' in get_icons()


def test_the_bar_for_saving_is_a_footer_of_the_form(admin_client):
    from django.urls import reverse

    page = admin_client.get(reverse(Campaign.snippet_viewset.get_url_name("add"))).content.decode()
    form = page[page.index('id="tree-tree-data"') :]
    assert re.search(r'<footer class="footer\b', form)
    assert form.index("<footer") < form.index("</form>")
    assert "footer.footer" in CSS
