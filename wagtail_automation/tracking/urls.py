"""Addresses of tracking; the site includes them through ``wagtail_automation.urls``."""

from django.urls import path

from . import views

app_name = "wagtail_automation_tracking"

urlpatterns = [
    path("collect/", views.collect, name="collect"),
    path("consent/", views.consent_choice, name="consent"),
    path("consent/notice/", views.consent_notice, name="consent_notice"),
    path("identify/", views.identify, name="identify"),
    path("recognise/", views.recognise, name="recognise"),
    path("go/<str:token>/", views.go, name="go"),
]
