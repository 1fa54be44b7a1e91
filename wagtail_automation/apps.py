"""The kernel's application: wires the registries once every model is loaded."""

from importlib import import_module

from django.apps import AppConfig, apps
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import autodiscover_modules
from django.utils.translation import gettext_lazy as _

#: Modules that every installed app may have; each is imported once when Django is ready.
PLUGIN_MODULES = (
    "conditions",
    "activities",
    "triggers",
    "flow_steps",
    "email_blocks",
    "own_data",
    "automation",
)
#: Modules that join two apps which never import each other, loaded where both are installed.
BRIDGES = {"wagtail_automation.contrib.shop.email_blocks": ("commerce", "messaging")}


class WagtailAutomationConfig(AppConfig):
    name = "wagtail_automation"
    label = "wagtail_automation"
    verbose_name = _("Automation")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self):
        from . import checks, class_checks, jobs, place_checks, private, pruning, sql  # noqa: F401  (they register)
        from .admin import roles
        from .rules import evaluate

        for app, needed in checks.missing_apps():  # a check would come after the failure that it explains
            raise ImproperlyConfigured(f"{app} needs {needed}: add it to INSTALLED_APPS.")
        jobs.connect_worker_start()
        autodiscover_modules(*PLUGIN_MODULES)
        for module, needed in BRIDGES.items():
            if all(apps.is_installed(f"wagtail_automation.{app}") for app in needed):
                import_module(module)
        evaluate.connect_deletions()
        roles.connect()
