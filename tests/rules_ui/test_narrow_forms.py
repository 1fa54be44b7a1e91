"""Forms of the package on a narrow screen: all fields of a form are equally wide, and none is cut off."""

import pytest
from django.urls import reverse

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

#: ``{name: [left, right]}`` of the fields of the form that is saved
FIELDS = """() => Object.fromEntries(
  [...document.querySelectorAll(".w-field__input > :is(input:not([type=checkbox]), select, textarea)")]
    .map((field) => [field.name, field.getBoundingClientRect()])
    .map(([name, box]) => [name, [Math.round(box.left), Math.round(box.right)]])
)"""


@pytest.mark.parametrize(
    ("address", "wanted"),
    [
        ("wagtail_automation_mail_server:add", {"host", "port", "security", "warm_up_begin", "warm_up_end"}),
        ("wagtail_automation_mailbox:add", {"host", "port", "protocol", "authority"}),
    ],
)
def test_fields_of_a_row_and_selects_are_as_wide_as_the_others(admin, site, address, wanted):
    page = admin.page
    page.set_viewport_size({"width": 400, "height": 900})
    admin.open(reverse(address))
    found = page.evaluate(FIELDS)
    assert wanted <= set(found)
    assert {name: found[name] for name in wanted} == dict.fromkeys(wanted, found["name"])
    assert found["name"][1] <= 400
    page.set_viewport_size({"width": 1280, "height": 900})
    wide = page.evaluate(FIELDS)
    assert wide["port"][0] > wide["host"][1], "where there is room they stand side by side"
    assert admin.errors == []
