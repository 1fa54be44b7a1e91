"""Who may see everybody's leads and make teams."""

from wagtail_automation import objects
from wagtail_automation.admin import roles

from . import duplicates  # noqa: F401  (its beat and merge handler register themselves)

APP = "wagtail_automation_leads"

objects.register_kind(60, f"{APP}.Team")

roles.grant("marketer", f"{APP}.view_all_leads")
roles.grant("marketer", *(f"{APP}.{action}_team" for action in ("view", "add", "change", "delete")))
roles.grant("analyst", f"{APP}.view_all_leads")
