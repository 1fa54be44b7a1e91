"""The settings of a campaign: written once for what stands in them, never unlike Wagtail's own writing."""

import re

import pytest
from django.test import RequestFactory
from django.utils import translation
from wagtail.admin.panels import FieldPanel, ObjectList
from wagtail.admin.telepath import JSContext

from wagtail_automation.audiences.categories.models import Category
from wagtail_automation.campaigns.models import Campaign

from .pieces import small
from .test_admin import form as posted

pytestmark = pytest.mark.django_db

PARTS = re.compile(r"<(?:input|select|option|textarea|label|h2|fieldset)\b[^>]*>|>[^<>\s][^<>]*<")


@pytest.fixture
def settings_of(admin_user):
    handler = Campaign.snippet_viewset.get_edit_handler()
    form_class = handler.get_form_class()

    def bound(campaign, data=None):
        request = RequestFactory().get("/")
        request.user = admin_user
        form = form_class(data, instance=campaign, for_user=admin_user)
        return handler.get_bound_panel(instance=campaign, request=request, form=form).children[1]

    return bound


@pytest.fixture
def written(monkeypatch):
    """Names of the fields that were written."""
    names = []
    write = FieldPanel.BoundPanel.get_context_data

    def noting(self, parent_context=None):
        names.append(self.field_name)
        return write(self, parent_context)

    monkeypatch.setattr(FieldPanel.BoundPanel, "get_context_data", noting)
    return names


def shown(panel) -> list[str]:
    return PARTS.findall(panel.render_html())


def as_wagtail_writes(panel) -> list[str]:
    return PARTS.findall(ObjectList.BoundPanel.render_html(panel))


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"holdout": 7, "cap": 3, "weekdays": "012", "holidays_own": True, "description": "<b>&"},
        {
            "reentry": "always",
            "starts_at": "2026-03-01T10:00:00Z",
            "quiet_begin": "22:00",
            "quiet_end": "06:00",
        },
    ],
)
def test_they_are_as_wagtail_writes_them_at_each_look(settings_of, values):
    campaign, _steps = small(**values)
    campaign = Campaign.objects.get(pk=campaign.pk)
    for language in ("en", "fr", "en"):
        with translation.override(language):
            expected = as_wagtail_writes(settings_of(campaign))
            assert len(expected) > 60
            assert shown(settings_of(campaign)) == shown(settings_of(campaign)) == expected


def test_the_second_look_writes_only_what_may_have_changed(settings_of, written):
    campaign, _steps = small()
    first = shown(settings_of(campaign))
    written.clear()
    assert shown(settings_of(campaign)) == first
    assert not {"reentry", "reentry_days", "cap", "weekdays", "limits", "at_removed"} & set(written)
    campaign.cap = 12
    written.clear()
    assert shown(settings_of(campaign)) == as_wagtail_writes(settings_of(campaign)) != first
    assert "cap" in written


def packed(panel):
    return JSContext().pack(panel)["_args"][0]["children"]


def test_scripts_are_told_what_wagtail_tells_them(settings_of):
    campaign, _steps = small()
    for language in ("en", "fr", "en"):
        with translation.override(language):
            plain = settings_of(campaign)
            plain.keys = [None] * len(plain.visible_children)
            expected = packed(plain)
            assert len(expected) > 8 and "reentry_days" in str(expected)
            assert packed(settings_of(campaign)) == packed(settings_of(campaign)) == expected


def test_scripts_that_packed_panels_need_are_asked_for_each_time(settings_of):
    campaign, _steps = small()
    asked = []
    for _look in range(2):
        context = JSContext()
        context.pack(settings_of(campaign))
        asked.append({str(script) for script in context.media._js})
    assert asked[0] == asked[1]
    assert any("telepath/widgets.js" in script for script in asked[1])


def test_a_new_category_can_be_chosen_at_once(settings_of):
    campaign, _steps = small()
    shown(settings_of(campaign))
    Category.objects.create(name="Spring", type=Category.Type.CAMPAIGN)
    assert "Spring" in settings_of(campaign).render_html()


def test_what_was_sent_and_refused_is_written_with_its_errors(settings_of):
    campaign, _steps = small()
    shown(settings_of(campaign))
    panel = settings_of(campaign, posted([], cap="many"))
    assert not panel.form.is_valid()
    assert "Enter a whole number." in panel.render_html()
    assert "Enter a whole number." not in settings_of(campaign).render_html()


def test_fields_that_may_not_be_changed_are_never_those_that_may(settings_of):
    campaign, _steps = small()
    shown(settings_of(campaign))
    panel = settings_of(campaign)
    for field in panel.form.fields.values():
        field.disabled = True
    assert shown(panel) == as_wagtail_writes(panel)


def test_no_more_is_remembered_than_is_allowed(settings_of, monkeypatch):
    campaign, _steps = small()
    panel = settings_of(campaign)
    monkeypatch.setattr(panel.panel, "most", 3)
    for days in range(20):
        campaign.reentry_days = days
        assert shown(settings_of(campaign)) == as_wagtail_writes(settings_of(campaign))
        assert len(panel.panel.written) <= 3
