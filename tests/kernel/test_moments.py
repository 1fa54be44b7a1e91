"""Moments as people read them in the admin."""

import datetime as dt

import pytest
from django.utils import translation

from wagtail_automation import clock
from wagtail_automation.templatetags.automation_admin import ago
from wagtail_automation.testing import clock as test_clock

NOW = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("before", "parts", "english", "french"),
    [
        (dt.timedelta(seconds=-5), 2, "just now", "à l’instant"),
        (dt.timedelta(seconds=59), 2, "just now", "à l’instant"),
        (dt.timedelta(minutes=1), 2, "1 minute ago", "il y a 1 minute"),
        (dt.timedelta(hours=2, minutes=5), 2, "2 hours, 5 minutes ago", "il y a 2 heures, 5 minutes"),
        (dt.timedelta(hours=2, minutes=5), 1, "2 hours ago", "il y a 2 heures"),
    ],
)
def test_how_long_ago(before, parts, english, french):
    with test_clock.freeze(NOW):
        for language, words in (("en", english), ("fr", french)):
            with translation.override(language):
                assert ago(clock.now() - before, parts).replace("\xa0", " ") == words
