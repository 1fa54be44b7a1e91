"""Campaigns in the Wagtail admin: menu, addresses, icons."""

from django.urls import include, path
from wagtail import hooks
from wagtail.snippets.models import register_snippet

from wagtail_automation.admin import menu

from . import admin_views, hand_views
from .acts import ACT_URL
from .foreseeing.views import dry_run
from .models import Campaign
from .monitoring import urls as monitoring_urls
from .scenarios import views as scenario_views
from .transfer import views as transfer_views
from .transfer.names import EXPORT_URL, IMPORT_URL, MISSING_URL
from .tree import urls as tree_urls
from .viewsets import CampaignViewSet

ICONS = (
    "ct-undo",
    "ct-redo",
    "ct-paste",
    "ct-bolt",
    "ct-clock",
    "ct-expand",
    "ct-map",
    "wa-campaign",
    "wa-pause",
    "wa-play",
    "wa-stop",
)

register_snippet(CampaignViewSet)
menu.register_viewset_in_menu("campaigns", Campaign.snippet_viewset, order=10)


@hooks.register("register_admin_urls")
def urls():
    people = "automation/campaigns/<int:pk>/people/"
    return [
        path("automation/campaigns/tree/", include(tree_urls)),
        path("automation/campaigns/import/", transfer_views.ImportView.as_view(), name=IMPORT_URL),
        path("automation/campaigns/<int:pk>/export/", transfer_views.ExportView.as_view(), name=EXPORT_URL),
        path(
            "automation/campaigns/<int:pk>/missing/", transfer_views.MissingView.as_view(), name=MISSING_URL
        ),
        *monitoring_urls.urlpatterns,
        *scenario_views.urlpatterns,
        path(people, admin_views.PeopleView.as_view(), name="wagtail_automation_campaigns_people"),
        path(
            f"{people}results/",
            admin_views.PeopleView.as_view(results_only=True),
            name="wagtail_automation_campaigns_people_results",
        ),
        path(f"{people}act/<str:act>/", hand_views.ActView.as_view(), name=ACT_URL),
        path(
            f"{people}<int:enrollment>/",
            admin_views.TraceView.as_view(),
            name="wagtail_automation_campaigns_trace",
        ),
        path(
            "automation/campaigns/<int:pk>/state/resume/",
            hand_views.ResumeView.as_view(),
            name="wagtail_automation_campaigns_resume",
        ),
        path(
            "automation/campaigns/<int:pk>/state/<str:change>/",
            admin_views.ChangeStateView.as_view(),
            name="wagtail_automation_campaigns_state",
        ),
        path(
            "automation/campaigns/<int:pk>/dry-run/",
            dry_run,
            name="wagtail_automation_campaigns_dry_run",
        ),
    ]


@hooks.register("register_icons")
def icons(icons):
    return [*icons, *(f"wagtail_automation/campaigns/icons/{name}.svg" for name in ICONS)]
