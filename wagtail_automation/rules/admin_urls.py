"""Addresses of the rule editor's endpoints, below the Wagtail admin (which asks for admin access)."""

from django.urls import path

from . import views

urlpatterns = [
    path("", views.catalogue, name="catalogue"),
    path("describe/", views.describe, name="describe"),
    path("form/", views.form, name="form"),
    path("clean/", views.clean, name="clean"),
]
