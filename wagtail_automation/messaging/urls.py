"""Addresses that stand in emails; the site includes them through ``wagtail_automation.urls``."""

from django.urls import path

from . import preference_views, views
from .channels import views as channels
from .newsletters import archive
from .push import views as push

app_name = "wagtail_automation_messaging"

urlpatterns = [
    path("e/<str:token>/", views.click, name="click"),
    path("o/<str:token>.gif", views.open_pixel, name="open"),
    path("u/<str:token>/", views.unsubscribe, name="unsubscribe"),
    path("p/<str:token>/", preference_views.centre, name="preferences"),
    path("p/<str:token>/address/", preference_views.new_address, name="new_address"),
    path("a/<str:token>/", preference_views.confirm_address, name="address"),
    path("n/", archive.index, name="archive"),
    path("n/<uuid:uuid>/", archive.show, name="archived"),
    path("h/<str:token>/", views.hidden_link, name="hidden"),
    path("v/<str:token>/", views.view_in_browser, name="view"),
    path("t/<str:code>/", channels.short, name="short"),
    path("push/worker.js", push.worker, name="push_worker"),
    path("push/key/", push.key, name="push_key"),
    path("push/subscribe/", push.subscribe, name="push_subscribe"),
    path("push/leave/", push.leave, name="push_leave"),
    path("channels/<uuid:channel>/", channels.receive, name="channel"),
]
