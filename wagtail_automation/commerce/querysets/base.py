"""Models of the app by name, which querysets cannot import."""

from django.apps import apps


def model_named(name: str):
    return apps.get_model("wagtail_automation_commerce", name)
