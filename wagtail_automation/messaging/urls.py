"""Addresses that stand in emails; the site includes them through ``wagtail_automation.urls``."""

from django.urls import path

from . import views

app_name = "wagtail_automation_messaging"

urlpatterns = [
    path("e/<str:token>/", views.click, name="click"),
    path("o/<str:token>.gif", views.open_pixel, name="open"),
    path("u/<str:token>/", views.unsubscribe, name="unsubscribe"),
    path("v/<str:token>/", views.view_in_browser, name="view"),
]
