"""The lists of landing pages and of their templates."""

from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from wagtail.admin.menu import MenuItem
from wagtail.admin.panels import FieldPanel, FieldRowPanel
from wagtail.admin.ui.tables import BooleanColumn
from wagtail.admin.views.pages.listing import IndexView as PageIndexView
from wagtail.admin.viewsets.pages import PageListingViewSet
from wagtail.admin.widgets.button import HeaderButton
from wagtail.permissions import page_permission_policy
from wagtail.snippets.views.snippets import SnippetViewSet

from wagtail_automation.admin.choosers import SnippetChooserViewSet
from wagtail_automation.content.page_types import LandingPage

from .models import LandingTemplate


class LandingIndexView(PageIndexView):
    """Begins with a choice of designs instead of an empty page."""

    results_template_name = "wagtail_automation/content/admin/landing_index_results.html"

    @cached_property
    def header_buttons(self):
        return [
            HeaderButton(
                _("New landing page"), url=reverse("wagtail_automation_landing_begin"), icon_name="plus"
            )
        ]


class LandingPagesItem(MenuItem):
    """For those who may do something with pages; Wagtail shows the list of a page type to everybody."""

    def is_shown(self, request):
        return page_permission_policy.user_has_any_permission(
            request.user, LandingIndexView.any_permission_required
        )


class LandingPageViewSet(PageListingViewSet):
    model = LandingPage
    icon = "doc-full"
    menu_label = _("Landing pages")
    menu_name = "automation-landing-pages"
    name = "wagtail_automation_landing"
    url_prefix = "automation/landing-pages"
    index_view_class = LandingIndexView
    menu_item_class = LandingPagesItem
    add_to_admin_menu = False


class LandingTemplateChooserViewSet(SnippetChooserViewSet):
    """Templates to choose."""

    page_title = _("Choose a template")
    choose_another_text = _("Choose another template")
    edit_item_text = _("Edit this template")


class LandingTemplateViewSet(SnippetViewSet):
    """List, make, clone, change, delete."""

    model = LandingTemplate
    icon = "copy"
    chooser_viewset_class = LandingTemplateChooserViewSet
    menu_label = _("Landing page templates")
    menu_name = "automation-landing-templates"
    add_to_admin_menu = False
    list_display = [
        "name",
        "category",
        "get_colour_display",
        BooleanColumn("is_published", label=_("Published")),
    ]
    list_filter = ["category", "is_published"]
    search_fields = ["name", "category"]
    search_backend_name = None

    panels = [
        FieldPanel("name"),
        FieldRowPanel([FieldPanel("category"), FieldPanel("colour")]),
        FieldPanel("description"),
        FieldPanel("is_published"),
        FieldPanel("palette"),
        FieldPanel("body"),
    ]
