"""Addresses of promos, surveys and assets."""

from django.urls import path

from wagtail_automation.content.promos import views as promos

urlpatterns = [
    path("promos/", promos.promos, name="promos"),
]
