"""Who loaded an email's image: a person, or a program on their behalf."""

import datetime as dt
import re

from wagtail_automation.tracking import machine

#: Image proxies that fetch when the person opens the email; they hide the browser, not the person.
ON_OPENING = re.compile(r"GoogleImageProxy|YahooMailProxy", re.IGNORECASE)
#: Apple's Mail Privacy Protection loads every image by itself and says no more than this.
PRIVACY_PROXY = re.compile(r"Mozilla/5\.0")
#: Nobody reads within this time; scanners at the receiving server do.
TOO_SOON = dt.timedelta(seconds=2)


def is_human(request, message, now: dt.datetime) -> bool:
    """The verdict on one loading of the image."""
    found = machine.evidence(request)
    if PRIVACY_PROXY.fullmatch(found.user_agent):
        return False
    if message.sent_at is None or now - message.sent_at < TOO_SOON:
        return False
    if ON_OPENING.search(found.user_agent):
        return found.method == "GET" and not found.purpose
    return machine.judge(found).human
