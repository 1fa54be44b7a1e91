"""The shop's own pages, and those of the package."""

from django.apps import apps
from django.urls import include, path

urlpatterns = [
    path("automation/", include("wagtail_automation.urls")),
    path("", include(apps.get_app_config("oscar").urls[0])),
]
