"""Addresses of the editor's endpoints, below the admin."""

from django.urls import path

from . import views

app_name = "wagtail_automation_campaigns_tree"
urlpatterns = [
    path("form/", views.form, name="form"),
    path("form/<int:pk>/", views.look, name="look"),
    path("clean/", views.clean, name="clean"),
    path("info/", views.info, name="info"),
    path("publication/<int:pk>/", views.publication, name="publication"),
    path("stats/<int:pk>/", views.numbers, name="stats"),
    path("people/<int:pk>/", views.who, name="who"),
    path("people/<int:pk>/<int:enrollment>/", views.way, name="way"),
]
