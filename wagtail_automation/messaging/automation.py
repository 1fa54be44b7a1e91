"""Wires messaging into the kernel: the beat, the mail door, roles, the lead's page and timeline."""

from wagtail_automation import jobs, mailer
from wagtail_automation.admin import roles

from . import actions, bench, checks, contact, receivers, timeline  # noqa: F401  (they register themselves)
from .alerting import automation as alerting  # noqa: F401
from .channels import automation as channels  # noqa: F401
from .delivery import webhooks  # noqa: F401
from .newsletters import wiring  # noqa: F401

jobs.register_beat("wagtail_automation.messaging.tasks.beat")
mailer.register(actions.queue_direct)

APP = "wagtail_automation_messaging"
roles.grant(
    "marketer",
    *(f"{APP}.{action}_email" for action in ("view", "add", "change", "delete", "publish")),
    *(f"{APP}.{action}_emailtemplate" for action in ("view", "add", "change", "delete")),
    *(f"{APP}.{action}_senderprofile" for action in ("view", "add", "change", "delete")),
    f"{APP}.view_message",
    f"{APP}.change_message",
    f"{APP}.view_directmessage",
    f"{APP}.change_directmessage",
    f"{APP}.change_emailsettings",
    *(f"{APP}.{action}_suppression" for action in ("view", "add", "delete")),
    *(f"{APP}.{action}_mailserver" for action in ("view", "add", "change", "delete")),
    f"{APP}.change_originpause",
    *(f"{APP}.{action}_mailbox" for action in ("view", "add", "change", "delete")),
)
roles.grant("salesperson", f"{APP}.view_email", f"{APP}.view_message")
roles.grant("analyst", f"{APP}.view_email", f"{APP}.view_message")
