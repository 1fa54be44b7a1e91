"""What a new email begins with: nothing, a ready-made design, a template that users made, a document."""

from django.db import transaction
from django.utils import translation
from wagtail.log_actions import log
from wagtail.models import Locale

from wagtail_automation import clock
from wagtail_automation.messaging.models import Email, EmailTemplate

from .designs import DESIGNS


def begun_with(choice: str, locale: Locale, email: Email | None = None) -> Email:
    """An unsaved email in this language with the content of ``design:<key>`` or ``template:<pk>``.

    Empty for anything else: a template that is not published (any more) begins nothing.
    """
    email = email or Email()
    email.locale = locale
    kind, _colon, key = choice.partition(":")
    block = Email._meta.get_field("body").stream_block
    if kind == "design" and key in DESIGNS:
        design = DESIGNS[key]
        with translation.override(locale.language_code):
            email.subject, email.preheader, _rows = design.content()
            email.body = block.to_python(design.rows())
        email.is_transactional = design.is_transactional
    elif kind == "template" and key.isdecimal():
        template = EmailTemplate.objects.filter(is_published=True, pk=int(key)).first()
        if template is not None:
            email.subject, email.preheader, email.html = template.subject, template.preheader, template.html
            email.category, email.colour = template.category, template.colour
            email.body = block.to_python(block.get_prep_value(template.body))
    return email


def save_as_template(*, email: Email, user, **fields) -> EmailTemplate:
    """A template with what the email holds as last saved. Each call makes another one."""
    draft = email.get_latest_revision_as_object()
    with transaction.atomic():
        template = EmailTemplate.objects.create(
            subject=draft.subject,
            preheader=draft.preheader,
            body=draft.body,
            html=draft.html,
            updated_at=clock.now(),
            **fields,
        )
        log(instance=template, action="wagtail.create", user=user)
    return template
