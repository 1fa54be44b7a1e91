"""Newsletters in the Wagtail admin: registration only."""

from django.apps import apps
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from wagtail import hooks

from wagtail_automation.admin import menu

from .actions import LOG
from .viewsets import newsletters

if apps.is_installed("wagtail_automation.audiences"):  # a system check names what is missing
    hooks.register("register_admin_viewset", lambda: newsletters)
    menu.register_viewset_in_menu("content", newsletters, 95)


@hooks.register("insert_global_admin_css")
def style():
    return format_html(
        '<link rel="stylesheet" href="{}">', static("wagtail_automation/messaging/newsletters.css")
    )


@hooks.register("register_log_actions")
def log_actions(log):
    log.register_action(LOG.format("order"), _("Order a newsletter"), _("Ordered"))
    log.register_action(LOG.format("withdraw"), _("Take a newsletter back"), _("Taken back"))
    log.register_action(LOG.format("pause"), _("Pause a newsletter"), _("Paused"))
    log.register_action(LOG.format("resume"), _("Resume a newsletter"), _("Resumed"))
    log.register_action(LOG.format("cancel"), _("Cancel a newsletter"), _("Cancelled"))
