"""The test project with the adapters of shops elsewhere."""

from django.urls import include, path

from tests.urls import urlpatterns as ordinary
from wagtail_automation.contrib.shopify import urls as shopify
from wagtail_automation.contrib.woocommerce import urls as woocommerce

urlpatterns = [
    path("automation/", include(shopify)),
    path("automation/", include(woocommerce)),
    *ordinary,
]
