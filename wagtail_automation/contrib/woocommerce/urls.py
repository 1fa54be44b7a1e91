"""The address that a WooCommerce shop calls; ``wagtail_automation.urls`` includes it."""

from django.urls import path

from . import webhooks

app_name = "wagtail_automation_woocommerce"

urlpatterns = [path("commerce/woocommerce/<slug:shop>/", webhooks.receive, name="webhook")]
