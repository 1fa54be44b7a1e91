"""Questions about what people answered."""

import re

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail import blocks

from wagtail_automation.content.choosers import FormChooserBlock
from wagtail_automation.content.form_conditions import NOT_TICKED, TICKED
from wagtail_automation.content.models import FormSubmission
from wagtail_automation.leads.folding import fold
from wagtail_automation.rules import Condition, Events
from wagtail_automation.rules.conditions import register
from wagtail_automation.tracking import events

KEY = re.compile(r"\A[a-z](?!.*__)[a-z0-9_]*\Z")


@register
class FormFilled(Condition):
    """The form was submitted; with a field, that field was answered so. Translations count as the form."""

    key = "form_filled"
    keywords = (
        gettext_lazy("submitted"),
        gettext_lazy("sign up"),
        gettext_lazy("answer"),
    )
    waitable = True
    counted_from = "entry"
    depends_on = Events(events.FORM_SUBMITTED)

    form = FormChooserBlock(label=gettext_lazy("Form"))
    field = blocks.CharBlock(
        label=gettext_lazy("Key of a field"),
        required=False,
        max_length=50,
        help_text=gettext_lazy("Leave it empty if any answer will do."),
    )
    value = blocks.CharBlock(
        label=gettext_lazy("Answer"),
        required=False,
        max_length=255,
        help_text=gettext_lazy(
            "Capitals and accents make no difference. Write “yes” or “no” for a tick box."
        ),
    )

    class Meta:
        label = gettext_lazy("Form submitted")
        icon = "form"
        group = gettext_lazy("Web site")
        description = gettext_lazy("The person sent this form, optionally with one particular answer.")

    def clean(self, value):
        cleaned = super().clean(value)
        field, answer = cleaned.get("field") or "", cleaned.get("value") or ""
        problems = {}
        if field and not KEY.match(field):
            problems["field"] = ValidationError(_("No field of a form has such a key."))
        if field and not answer:
            problems["value"] = ValidationError(_("Write the answer to look for."))
        if answer and not field:
            problems["field"] = ValidationError(_("Write the key of the field with this answer."))
        if problems:
            raise blocks.StructBlockValidationError(block_errors=problems)
        return cleaned

    def q(self, value, scope):
        form, field, answer = value.get("form"), value.get("field") or "", value.get("value") or ""
        if form is None or bool(field) != bool(answer):
            return scope.nobody()
        if not field:
            return scope.happened(events.FORM_SUBMITTED, about=form)
        if not KEY.match(field):
            return scope.nobody()
        submissions = FormSubmission.objects.filter(answered(field, answer), form__translation_key=form.key)
        if scope.since is not None:
            submissions = submissions.filter(at__gte=scope.since)
        return scope.where(submissions)

    def sentence(self, value):
        form, field, answer = value.get("form"), value.get("field"), value.get("value")
        if form is None:
            return _("Submitted a form")
        if field and answer:
            return _("Submitted “%(form)s” with “%(answer)s” in %(field)s") % {
                "form": form,
                "answer": answer,
                "field": field,
            }
        return _("Submitted “%(form)s”") % {"form": form}


@register
class FormFilledAny(Condition):
    """Any form was submitted."""

    key = "form_filled_any"
    keywords = (
        gettext_lazy("submitted"),
        gettext_lazy("sign up"),
        gettext_lazy("answer"),
    )
    waitable = True
    counted_from = "entry"
    depends_on = Events(events.FORM_SUBMITTED)

    class Meta:
        label = gettext_lazy("Any form submitted")
        icon = "form"
        group = gettext_lazy("Web site")
        description = gettext_lazy("The person sent a form, whichever.")

    def q(self, value, scope):
        return scope.happened(events.FORM_SUBMITTED)

    def sentence(self, value):
        return _("Submitted any form")


def answered(field: str, answer: str) -> Q:
    """Submissions in which ``field`` was answered so, without regard to case and accents."""
    folded = fold(answer).replace("\n", " ").strip()
    found = Q(**{f"folded__{field}__icontains": f"\n{folded}\n"})
    if folded in TICKED:
        found |= Q(**{f"data__{field}": True})
    if folded in NOT_TICKED:
        found |= Q(**{f"data__{field}": False})
    return found


from .assets import rules as asset_rules  # noqa: E402, F401
from .showing import conditions as showing_conditions  # noqa: E402, F401  (registers its classes)
from .surveys import conditions as survey_conditions  # noqa: E402, F401
