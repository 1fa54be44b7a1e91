"""Wires channels into messaging: beat, kinds, steps and rules, roles, personal data."""

from wagtail_automation import jobs, objects
from wagtail_automation.admin import roles
from wagtail_automation.messaging.marketing import activities as of_all  # noqa: F401
from wagtail_automation.messaging.push import activities as of_push  # noqa: F401
from wagtail_automation.messaging.push import kinds as push_kinds  # noqa: F401
from wagtail_automation.messaging.sms import activities, apprise_kind, conditions, kinds, triggers  # noqa: F401

from . import contact, own_data, receivers, timeline  # noqa: F401  (they register themselves)

APP = "wagtail_automation_messaging"
objects.register_kind(30, f"{APP}.TextMessage")
objects.register_kind(32, f"{APP}.PushMessage")
objects.register_kind(33, f"{APP}.MarketingMessage")
jobs.register_beat("wagtail_automation.messaging.channels.tasks.beat")

roles.grant(
    "marketer",
    *(f"{APP}.{action}_textmessage" for action in ("view", "add", "change", "delete", "publish")),
    *(f"{APP}.{action}_pushmessage" for action in ("view", "add", "change", "delete", "publish")),
    *(f"{APP}.{action}_marketingmessage" for action in ("view", "add", "change", "delete")),
    f"{APP}.view_channelmessage",
    f"{APP}.change_channelmessage",
    f"{APP}.view_channelreply",
    # a channel may use any of SECRETS: only administrators add and change one
    f"{APP}.view_channel",
)
for role in ("salesperson", "analyst"):
    roles.grant(role, f"{APP}.view_textmessage", f"{APP}.view_channelmessage", f"{APP}.view_channelreply")
