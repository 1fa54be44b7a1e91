"""Audiences in the Wagtail admin: segments, lists, their members, and what the audit log says."""

from django.templatetags.static import static
from django.urls import path
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.log_actions import LogFormatter
from wagtail.snippets.models import register_snippet

from wagtail_automation.admin import menu

from . import views, why_views
from .categories.viewsets import CategoryViewSet
from .choosers import lead_list_chooser, stored_list_chooser
from .lists import admin_hooks  # noqa: F401  (registers hooks)
from .viewsets import LeadListViewSet, SegmentViewSet

segments = SegmentViewSet()
lists = LeadListViewSet()
categories = CategoryViewSet()
register_snippet(lambda: segments)


@hooks.register("register_admin_viewset")
def viewsets():
    return [lists, stored_list_chooser, lead_list_chooser, categories]


menu.register_viewset_in_menu("leads", segments, 200)
menu.register_viewset_in_menu("leads", lists, 210)
menu.register_viewset_in_menu("settings", categories, 200)


@hooks.register("register_admin_urls")
def urls():
    return [
        *why_views.urlpatterns,
        path("automation/segments/count/", views.count, name="wagtail_automation_segment_count"),
        path(
            "automation/leads/<int:lead_pk>/lists/add/",
            views.add_to_list,
            name="wagtail_automation_list_add",
        ),
        path(
            "automation/leads/<int:lead_pk>/lists/<int:pk>/remove/",
            views.remove_from_list,
            name="wagtail_automation_list_remove",
        ),
    ]


@hooks.register("insert_global_admin_css")
def style():
    return format_html(
        '<link rel="stylesheet" href="{}">', static("wagtail_automation/audiences/audiences.css")
    )


@hooks.register("register_log_actions")
def log_actions(registry):
    def register(action, label, message):
        class Formatter(LogFormatter):
            def format_message(self, entry):
                return message() % {"lead": entry.data.get("lead", "?")}

        Formatter.label = label
        registry.register_action(action)(Formatter)

    register("wagtail_automation.list_add", _("Add a lead"), lambda: gettext("Lead %(lead)s was added"))
    register(
        "wagtail_automation.list_remove", _("Remove a lead"), lambda: gettext("Lead %(lead)s was removed")
    )
    register(
        "wagtail_automation.score_change", _("Change the score"), lambda: gettext("The score was changed")
    )


from . import more_hooks  # noqa: E402, F401  (tags, scores, stages… register theirs)
