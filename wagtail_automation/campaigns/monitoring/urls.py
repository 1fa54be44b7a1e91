"""Addresses and menu of monitoring and log."""

from django.urls import path, reverse
from django.utils.translation import gettext_lazy as _
from wagtail.admin.menu import MenuItem

from wagtail_automation.admin import menu
from wagtail_automation.campaigns.admin_views import LOOK
from wagtail_automation.campaigns.models import Campaign

from . import views
from .overview import HELD_URL, LOG_URL


class WatchMenuItem(MenuItem):
    """For those who may look at campaigns."""

    def is_shown(self, request):
        return Campaign.snippet_viewset.permission_policy.user_has_any_permission(request.user, LOOK)


menu.register(
    "campaigns",
    lambda: WatchMenuItem(
        _("Monitoring"), reverse(views.MONITORING_URL), name="automation-monitoring", icon_name="view"
    ),
    60,
)
menu.register(
    "campaigns",
    lambda: WatchMenuItem(_("Log"), reverse(LOG_URL), name="automation-log", icon_name="list-ul"),
    70,
)


def _listing(address: str, view, name: str) -> list:
    return [
        path(address, view.as_view(), name=name),
        path(f"{address}results/", view.as_view(results_only=True), name=f"{name}_results"),
    ]


urlpatterns = [
    *_listing("automation/monitoring/", views.MonitoringView, views.MONITORING_URL),
    *_listing("automation/monitoring/held/", views.HeldView, HELD_URL),
    *_listing("automation/log/", views.LogView, LOG_URL),
    path("automation/campaigns/<int:pk>/try-again/", views.TryAgainView.as_view(), name=views.RETRY_URL),
]
