"""Addresses of content: forms are sent here, personal parts of pages are fetched here."""

from django.urls import path

from wagtail_automation.content.views import forms, fragments

app_name = "wagtail_automation_content"

urlpatterns = [
    path("forms/<uuid:form_uuid>/", forms.form, name="form"),
    path("forms/<uuid:form_uuid>/questions/", forms.questions, name="questions"),
    path("fragments/<int:page_id>/", fragments.fragments, name="fragments"),
    path("fragments/", fragments.fragments, name="shared"),
    path("shown/", fragments.shown, name="shown"),
]
