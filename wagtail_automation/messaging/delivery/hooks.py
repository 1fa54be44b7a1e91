"""Delivery in the Wagtail admin: registration only."""

from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from wagtail import hooks

from wagtail_automation.admin import menu
from wagtail_automation.messaging.results import views as results_views

from . import admin_views, health_views
from .admin import MailboxViewSet, MailServerViewSet, SuppressionAdmin
from .suppressing import ADD_LOG_ACTION, IMPORT_LOG_ACTION, REMOVE_LOG_ACTION

SuppressionAdmin().register_with_wagtail()
mailboxes = MailboxViewSet()
servers = MailServerViewSet()
menu.register_viewset_in_menu("settings", servers, 290)
menu.register_viewset_in_menu("settings", mailboxes, 295)
menu.register(
    "analysis",
    lambda: health_views.DeliverabilityItem(
        _("Deliverability"),
        reverse(health_views.PAGE),
        icon_name="mail",
        name="automation-deliverability",
        order=700,
    ),
    700,
)


@hooks.register("register_admin_urls")
def admin_urls():
    return [*admin_views.urlpatterns, *results_views.urlpatterns, *health_views.urlpatterns]


@hooks.register("register_admin_viewset")
def viewsets():
    return [mailboxes, servers]


@hooks.register("register_log_actions")
def log_actions(log):
    log.register_action(ADD_LOG_ACTION, _("Suppress an address"), _("Suppressed an address"))
    log.register_action(REMOVE_LOG_ACTION, _("Lift a suppression"), _("Lifted a suppression"))
    log.register_action(health_views.RESUME_LOG_ACTION, _("Let emails go on"), _("Let emails go on"))
    log.register_action(IMPORT_LOG_ACTION, _("Suppress addresses"), _("Suppressed addresses"))
