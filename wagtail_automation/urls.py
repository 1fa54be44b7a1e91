"""All addresses of the installed apps. A site includes this once, usually below ``automation/``."""

from importlib import import_module
from importlib.util import find_spec

from django.apps import apps
from django.urls import include, path

from .admin import bundles

APPS = ("leads", "tracking", "messaging", "content", "commerce", "campaigns")
#: adapters that a site may install beside them
ADAPTERS = ("contrib.woocommerce", "contrib.shopify")


def addresses(names) -> list:
    """Those of the apps of these names that are installed and have any."""
    return [
        path("", include(import_module(f"wagtail_automation.{app}.urls")))
        for app in names
        if apps.is_installed(f"wagtail_automation.{app}") and find_spec(f"wagtail_automation.{app}.urls")
    ]


urlpatterns = [
    path("scripts/<slug:name>.js", bundles.serve, {"kind": bundles.ScriptBundle}, bundles.ScriptBundle.route),
    path("styles/<slug:name>.css", bundles.serve, {"kind": bundles.StyleBundle}, bundles.StyleBundle.route),
]
urlpatterns += addresses((*APPS, *ADAPTERS))
