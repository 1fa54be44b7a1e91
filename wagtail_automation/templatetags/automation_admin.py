"""Filters that the admin's templates of several apps share."""

import datetime as dt

from django import template
from django.utils.timesince import timesince
from django.utils.translation import gettext

from wagtail_automation import clock

register = template.Library()


@register.filter
def ago(moment: dt.datetime, parts: int = 2) -> str:
    """“2 hours, 5 minutes ago”, in so many units; “just now” below a minute, where Django and Wagtail say
    “0 minutes” (and in French “il y a 0 minute”)."""
    now = clock.now()
    if now - moment < dt.timedelta(minutes=1):
        return gettext("just now")
    return gettext("%(time)s ago") % {"time": timesince(moment, now, depth=parts)}
