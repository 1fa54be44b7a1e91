"""What django-q2 runs for leads; thin and repeatable."""

from wagtail_automation import background

from .exports.runner import run_export  # noqa: F401  (a task, named by its path here)
from .imports.runner import run_import  # noqa: F401  (so is this)
from .mass.runner import run_mass  # noqa: F401  (and this)
from .models import ExportRun, ImportRun, MassRun


def beat() -> str:
    """Every minute: go on with whatever a killed worker or a lost queue left."""
    return ", ".join(
        f"{model._meta.model_name}: {background.resume(model)}" for model in (ImportRun, ExportRun, MassRun)
    )
