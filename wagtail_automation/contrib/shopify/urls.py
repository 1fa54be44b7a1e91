"""The address that a Shopify shop calls; ``wagtail_automation.urls`` includes it."""

from django.urls import path

from . import webhooks

app_name = "wagtail_automation_shopify"

urlpatterns = [path("commerce/shopify/<slug:shop>/", webhooks.receive, name="webhook")]
