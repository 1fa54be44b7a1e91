"""Wires messaging into the kernel: the beat, the mail door."""

from wagtail_automation import jobs, mailer

from . import actions, receivers  # noqa: F401  (signal receivers)

jobs.register_beat("wagtail_automation.messaging.tasks.beat")
mailer.register(actions.queue_direct)
