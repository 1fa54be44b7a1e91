"""Addresses of leads; the site includes them through ``wagtail_automation.urls``."""

from django.urls import path

from . import public_views

app_name = "wagtail_automation_leads"

urlpatterns = [
    path("confirm/<str:token>/", public_views.confirm, name="confirm"),
]
