"""Landing pages in the Wagtail admin: addresses, menu, the buttons of a page."""

from django.templatetags.static import static
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail import hooks
from wagtail.admin.widgets.button import Button
from wagtail.snippets.models import register_snippet

from wagtail_automation.admin import menu
from wagtail_automation.audiences.experiments import viewsets as experiments
from wagtail_automation.content.pages import LandingPageMixin

from . import views
from .viewsets import LandingPageViewSet, LandingTemplateViewSet

experiments.BEGINNINGS.append(
    gettext_lazy("A landing page with the section “A/B test”: two or more variants inside one page.")
)
pages = LandingPageViewSet()
templates = LandingTemplateViewSet()
register_snippet(lambda: templates)
menu.register_viewset_in_menu("content", pages, 320)
menu.register_viewset_in_menu("content", templates, 325)


@hooks.register("register_admin_viewset")
def landing_pages():
    return pages


@hooks.register("register_admin_urls")
def landing_urls():
    return [
        path("automation/landing/new/", views.begin, name="wagtail_automation_landing_begin"),
        path("automation/landing/<int:pk>/template/", views.keep, name="wagtail_automation_landing_keep"),
        path(
            "automation/landing/<int:pk>/results/", views.results, name="wagtail_automation_landing_results"
        ),
    ]


@hooks.register("register_page_header_buttons")
def landing_buttons(page, user, view_name, next_url=None):
    if view_name != "edit" or not isinstance(page.specific_deferred, LandingPageMixin):
        return
    yield Button(
        _("Results"),
        url=reverse("wagtail_automation_landing_results", args=[page.pk]),
        icon_name="history",
        priority=80,
    )
    if page.specific_class.landing_body_field and user.has_perm(
        "wagtail_automation_content.add_landingtemplate"
    ):
        yield Button(
            _("Save as template"),
            url=reverse("wagtail_automation_landing_keep", args=[page.pk]),
            icon_name="copy",
            priority=81,
        )


@hooks.register("insert_global_admin_css")
def landing_style():
    return format_html(
        '<link rel="stylesheet" href="{}">', static("wagtail_automation/content/landing_admin.css")
    )
