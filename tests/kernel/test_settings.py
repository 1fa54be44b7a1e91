"""The one setting: read when used, wrong values told in words."""

import datetime as dt

import pytest
from django.core.checks import run_checks
from django.test import override_settings

from wagtail_automation import clock, conf
from wagtail_automation.testing import clock as test_clock


def ids():
    return {message.id for message in run_checks(tags=["wagtail_automation"])}


def test_defaults_and_override():
    with override_settings(WAGTAIL_AUTOMATION={"SEND_BATCH": 3}):
        assert conf.get("SEND_BATCH") == 3
        assert conf.get("PAGE_VIEWS") == "script"
    with pytest.raises(KeyError):
        conf.get("NO_SUCH_THING")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"TYPO": 1}, "wagtail_automation.E002"),
        ({"PAGE_VIEWS": "both"}, "wagtail_automation.E003"),
        ({"SEND_BATCH": 0}, "wagtail_automation.E004"),
        ({"LEASE_SECONDS": "60"}, "wagtail_automation.E004"),
        (["SEND_BATCH"], "wagtail_automation.E001"),
        ({"CART_HOURS": (0, 24)}, "wagtail_automation.E030"),
        ({"CART_HOURS": 24}, "wagtail_automation.E030"),
        ({"CART_HOURS": ()}, "wagtail_automation.E030"),
        ({"CURRENCY": "EURO"}, "wagtail_automation.E031"),
        ({"CURRENCY": ["EUR"]}, "wagtail_automation.E031"),
    ],
)
def test_wrong_settings_are_told(value, expected):
    with override_settings(WAGTAIL_AUTOMATION=value):
        assert expected in ids()


def test_right_settings_are_silent():
    assert not ids()


def test_the_clock_is_moved_here_and_in_other_processes(tmp_path, settings):
    settings.WAGTAIL_AUTOMATION = {**settings.WAGTAIL_AUTOMATION, "CLOCK_FILE": str(tmp_path / "clock")}
    real = clock.now()
    assert real.tzinfo is dt.UTC
    with test_clock.shift(dt.timedelta(days=2)):
        assert clock.now() - real > dt.timedelta(days=1)
    test_clock.set_shared(dt.timedelta(hours=5))
    assert clock.now() - real > dt.timedelta(hours=4)
    with test_clock.freeze(dt.datetime(2027, 1, 1, tzinfo=dt.UTC)) as moment:
        assert clock.now() == moment
    with pytest.raises(ValueError, match="aware"), test_clock.freeze(dt.datetime(2027, 1, 1)):  # noqa: DTZ001
        pass
