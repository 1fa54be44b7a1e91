"""The kernel's application: wires the registries once every model is loaded."""

from django.apps import AppConfig
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


class WagtailAutomationConfig(AppConfig):
    name = "wagtail_automation"
    label = "wagtail_automation"
    verbose_name = _("Automation")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self):
        from . import checks, jobs, private, pruning, sql  # noqa: F401  (registers checks, a beat and lookups)
        from .admin import roles
        from .rules import evaluate

        jobs.connect_worker_start()
        autodiscover_modules(*PLUGIN_MODULES)
        evaluate.connect_deletions()
        roles.connect()
