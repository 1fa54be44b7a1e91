"""Addresses of content: forms are sent here, personal parts of pages are fetched here."""

from django.urls import path

from wagtail_automation.content import more_urls
from wagtail_automation.content.views import elsewhere, forms, fragments

app_name = "wagtail_automation_content"

urlpatterns = [
    path("forms/<uuid:form_uuid>/", forms.form, name="form"),
    path("forms/<uuid:form_uuid>/questions/", forms.questions, name="questions"),
    path("forms/<uuid:form_uuid>/linked/", elsewhere.linked_form, name="linked_form"),
    path("forms/linked/", elsewhere.linked, name="linked"),
    path("forms/embed/<str:token>/", elsewhere.embed, name="embed"),
    path("fragments/<int:page_id>/", fragments.fragments, name="fragments"),
    path("fragments/", fragments.fragments, name="shared"),
    path("shown/", fragments.shown, name="shown"),
    *more_urls.urlpatterns,
]
