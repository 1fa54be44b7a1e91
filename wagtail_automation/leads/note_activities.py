"""What a campaign, a form or a bulk action notes about people."""

import logging

from django.core.exceptions import ValidationError
from django.utils.text import Truncator
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail.blocks import TextBlock
from wagtail.blocks.struct_block import StructBlockValidationError

from wagtail_automation import liquid
from wagtail_automation.activities import Activity, register

from . import item_actions
from .activities import check_expression
from .models import Lead

logger = logging.getLogger("wagtail_automation")


@register
class NoteAdd(Activity):
    """The same note for all is one statement, an expression is rendered for each lead and written in one. A
    lead for whom the expression gives no text gets no note."""

    key = "note_add"
    immediate = True
    keywords = (_("comment"), _("remember"))

    text = TextBlock(
        label=_("Note"),
        max_length=2000,
        rows=3,
        help_text=_("Plain text; expressions such as {{ lead.first_name }} are filled in for each person."),
    )

    class Meta:
        label = _("Add a note")
        icon = "comment"
        group = _("Profile")
        tone = "green"
        description = _("Writes a note about the lead, which stands on its page and in its timeline.")

    def apply(self, value, cohort):
        text = value.get("text") or ""
        if not liquid.has_expressions(text):
            item_actions.add_notes(cohort=cohort, text=item_actions.clean_note(text), act=text)
            return
        template = liquid.parse(text)
        leads = list(Lead.objects.filter(pk__in=cohort.lead_ids()).order_by("pk"))
        data = liquid.contexts(leads, template.variables)
        texts, refused = {}, []
        for lead in leads:
            try:
                texts[lead.pk] = item_actions.clean_note(template.render(data[lead.pk], now=cohort.now))
            except (liquid.TemplateError, ValidationError) as error:
                refused.append((lead.pk, error))
        if refused:
            logger.warning(
                "note_add (%s): %d of %d leads get no note; the first is %s: %s",
                cohort.origin, len(refused), len(leads), *refused[0],
            )  # fmt: skip
        item_actions.add_notes(cohort=cohort, text=texts, act=text)

    def clean(self, value):
        result = super().clean(value)
        try:
            if liquid.has_expressions(result["text"]):
                check_expression(result["text"])
            else:
                item_actions.clean_note(result["text"])
        except (liquid.TemplateError, ValidationError) as error:
            message = error if isinstance(error, ValidationError) else ValidationError(str(error))
            raise StructBlockValidationError({"text": message}) from error
        return result

    def sentence(self, value):
        if not value.get("text"):
            return str(self.label)
        return gettext("Note “%(text)s”") % {"text": Truncator(value["text"]).chars(60)}
