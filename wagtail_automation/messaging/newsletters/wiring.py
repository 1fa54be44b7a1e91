"""Wires newsletters into the kernel: the beat, merges, personal data, roles."""

from django.utils.translation import gettext_lazy as _

from wagtail_automation import jobs
from wagtail_automation.admin import roles
from wagtail_automation.leads.merging import merge_handlers
from wagtail_automation.leads.personal_data import PersonalRows, register

from . import actions, bench  # noqa: F401  (the benchmark registers itself)

APP = "wagtail_automation_messaging"

jobs.register_beat(actions.RUN)
merge_handlers.register(actions.merge_newsletters)
register(
    PersonalRows(f"{APP}.NewsletterRecipient", heading=_("Newsletters to come"), loose=False, is_traced=False)
)

roles.grant(
    "marketer", *(f"{APP}.{action}_newsletter" for action in ("view", "add", "change", "delete", "send"))
)
roles.grant("analyst", f"{APP}.view_newsletter")
