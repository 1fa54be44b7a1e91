"""People of a site whose user model has a key of another kind."""

import json
import uuid
from types import SimpleNamespace

import pytest

from wagtail_automation.leads.people import PersonBlock


@pytest.mark.parametrize("key", [7, uuid.UUID("fc299baf-4d4e-4135-9a70-59e30600da98"), "anna"])
def test_a_chosen_person_is_kept_in_json_whatever_the_key_of_users_is(key):
    stored = json.loads(json.dumps(PersonBlock().get_prep_value(SimpleNamespace(pk=key))))
    assert stored == (key if isinstance(key, int) else str(key))


def test_nobody_chosen_stays_nobody():
    assert PersonBlock(required=False).get_prep_value(None) is None
