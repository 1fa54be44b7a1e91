"""What django-q2 runs for leads; thin and repeatable."""

from wagtail_automation import background

from .imports.runner import run_import  # noqa: F401  (a task, named by its path here)
from .models import ImportRun


def beat() -> str:
    """Every minute: go on with whatever a killed worker or a lost queue left."""
    return ", ".join(f"{model._meta.model_name}: {background.resume(model)}" for model in (ImportRun,))
