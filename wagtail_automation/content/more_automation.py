"""Wiring of promos: what they record, who may do what."""

from wagtail_automation.admin import roles

from .promos import events  # noqa: F401  (publishes its event)

APP = "wagtail_automation_content"
ALL = ("view", "add", "change", "delete")

roles.grant("marketer", *(f"{APP}.{action}_webpromo" for action in (*ALL, "publish")))
roles.grant("analyst", f"{APP}.view_webpromo")
