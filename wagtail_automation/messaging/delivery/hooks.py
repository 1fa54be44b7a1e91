"""Delivery in the Wagtail admin: registration only."""

from django.utils.translation import gettext_lazy as _
from wagtail import hooks

from wagtail_automation.admin import menu
from wagtail_automation.messaging.results import views as results_views

from . import admin_views
from .admin import MailboxViewSet, SuppressionAdmin
from .suppressing import ADD_LOG_ACTION, IMPORT_LOG_ACTION, REMOVE_LOG_ACTION

SuppressionAdmin().register_with_wagtail()
mailboxes = MailboxViewSet()
menu.register_viewset_in_menu("settings", mailboxes, 300)


@hooks.register("register_admin_urls")
def admin_urls():
    return [*admin_views.urlpatterns, *results_views.urlpatterns]


@hooks.register("register_admin_viewset")
def viewsets():
    return [mailboxes]


@hooks.register("register_log_actions")
def log_actions(log):
    log.register_action(ADD_LOG_ACTION, _("Suppress an address"), _("Suppressed an address"))
    log.register_action(REMOVE_LOG_ACTION, _("Lift a suppression"), _("Lifted a suppression"))
    log.register_action(IMPORT_LOG_ACTION, _("Suppress addresses"), _("Suppressed addresses"))
