"""The contract of every registered class of messaging, and what it means in a rule."""

import pytest

from wagtail_automation import clock
from wagtail_automation.leads.cohorts import LeadsCohort
from wagtail_automation.leads.models import Lead
from wagtail_automation.messaging import events
from wagtail_automation.messaging.activities import EmailSend
from wagtail_automation.messaging.conditions import EmailClicked, EmailOpened
from wagtail_automation.messaging.models import Message
from wagtail_automation.testing import contracts

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("condition", [EmailOpened, EmailClicked])
def test_conditions(condition, make_email, make_lead, queue, french):
    email, other = make_email(), make_email()
    translation = email.copy_for_translation(french)
    translation.save()
    translation.save_revision().publish()
    reader, french_reader, machine, of_other, nobody = (
        make_lead(language=code) for code in ("en", "fr", "en", "en", "en")
    )
    messages = queue(email, reader, french_reader, machine)
    (foreign,) = queue(other, of_other, key="other")
    link = {"id": "x", "url": "https://example.com/"}
    for message, human in zip((*messages, foreign), (True, True, False, True), strict=True):
        message = Message.objects.select_related("lead", "email_version", "site").get(pk=message.pk)
        events.record_click(message, link, human=human, data={}, now=clock.now())
        events.record_open(message, human=human, data={}, now=clock.now())
    found = contracts.check_condition(condition, value={"email": email.pk}, model=Lead)
    assert found == {reader.pk, french_reader.pk}
    assert nobody.pk not in found


def test_activity(make_email, make_lead):
    email = make_email()
    numbers = iter(range(100))

    def cohort_of(size):
        return LeadsCohort([make_lead().pk for _ in range(size)], key=f"contract:{next(numbers)}")

    contracts.check_activity(EmailSend, value={"email": email.pk}, cohort_of=cohort_of)
    assert Message.objects.count() == 8


def test_a_deleted_email_is_a_missing_reference(make_email):
    from wagtail_automation.rules.binding import MissingReference, bind

    email = make_email()
    value = {"email": email.pk}
    email.delete()
    for block in (EmailSend(), EmailOpened()):
        with pytest.raises(MissingReference):
            bind(block, value)


def test_every_email_block_has_its_name_and_icon(db):
    from wagtail.admin.icons import get_icons

    from wagtail_automation.messaging.registry import email_blocks

    icons = get_icons()
    for block in (cls() for cls in email_blocks):
        assert str(block.label) and str(block.meta.group)
        assert f'id="icon-{block.meta.icon}"' in icons, block.key
