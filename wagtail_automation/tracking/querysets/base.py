"""Models of the app by name, which querysets cannot import."""

from django.apps import apps
from django.db import models


def model_named(name: str) -> type[models.Model]:
    return apps.get_model("wagtail_automation_tracking", name)
