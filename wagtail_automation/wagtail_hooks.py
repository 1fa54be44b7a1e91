"""The kernel's part of the Wagtail admin: menu group, icons, addresses of the rule editor."""

from django.urls import include, path
from django.utils.html import format_html
from wagtail import hooks
from wagtail.admin.staticfiles import versioned_static

from .admin import menu
from .rules import admin_urls


@hooks.register("register_admin_menu_item")
def automation_menu():
    return menu.menu_item()


@hooks.register("register_icons")
def icons(icons):
    return [
        *icons,
        "wagtail_automation/icons/wa-automation.svg",
        "wagtail_automation/icons/wa-experiment.svg",
    ]


@hooks.register("register_admin_urls")
def rule_urls():
    return [path("automation/rules/", include((admin_urls.urlpatterns, "wagtail_automation_rules")))]


@hooks.register("insert_global_admin_css")
def lists_style():
    return format_html('<link rel="stylesheet" href="{}">', versioned_static("wagtail_automation/lists.css"))


@hooks.register("insert_global_admin_css")
def forms_style():
    return format_html('<link rel="stylesheet" href="{}">', versioned_static("wagtail_automation/forms.css"))


@hooks.register("insert_editor_js")
def save_once():
    """Keeps what Wagtail saves by itself and what the editor saves apart, in the forms of this package."""
    return format_html('<script src="{}"></script>', versioned_static("wagtail_automation/save-once.js"))
