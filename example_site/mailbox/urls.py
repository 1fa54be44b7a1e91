"""Addresses of the mailbox page."""

from django.urls import path

from . import views

app_name = "mailbox"
urlpatterns = [
    path("", views.messages, name="list"),
    path("<int:pk>/", views.message, name="message"),
    path("<int:pk>/html/", views.html_part, name="html"),
    path("<int:pk>/raw/", views.raw, name="raw"),
    path("empty/", views.empty, name="empty"),
]
