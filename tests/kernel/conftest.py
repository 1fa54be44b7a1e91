"""The small conditions of ``things`` are registered for every test of this folder."""

from contextlib import ExitStack

import pytest

from tests.kernel import things
from wagtail_automation.rules import conditions


@pytest.fixture(autouse=True)
def small_conditions():
    with ExitStack() as stack:
        for cls in things.ALL:
            stack.enter_context(conditions.temporarily(cls))
        yield
