"""Consents in mass changes: one channel or topic granted or withdrawn for many, with how it is known."""

from typing import ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from wagtail_automation import clock
from wagtail_automation.leads import consent, consent_actions
from wagtail_automation.leads.field_types import clean_text
from wagtail_automation.leads.models import Topic

from .kinds import MassAction, ValueForm, mass_actions


class ConsentForm(ValueForm):
    """Which channel or topic, what they said, and how the site knows."""

    subject = forms.ChoiceField(label=_("Channel or topic"))
    granted = forms.ChoiceField(
        label=_("What they said"),
        choices=[("yes", _("They agree")), ("no", _("They refuse or withdraw"))],
        widget=forms.RadioSelect,
    )
    reason = forms.CharField(
        label=_("How do you know?"),
        max_length=consent_actions.MAX_REASON,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Goes into the consent ledger of each of them, as the proof that you may be asked for."),
    )
    reopen = forms.BooleanField(
        label=_("They agreed anew: also open what they refused or withdrew before"),
        required=False,
        help_text=_(
            "Only if the answer above says when and where they agreed again. Otherwise a consent that was "
            "refused or withdrawn stays so."
        ),
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["subject"].choices = consent.subjects(marketing=True)

    def clean_reason(self):
        reason = clean_text(self.cleaned_data["reason"], max_length=consent_actions.MAX_REASON, lines=True)
        if not reason:
            raise ValidationError(gettext("Say how you know."))
        return reason

    def clean(self):
        cleaned = super().clean()
        if cleaned.get("reopen") and cleaned.get("granted") == "no":
            self.add_error("reopen", gettext("Nothing is opened by a refusal."))
        return cleaned


@mass_actions.register
class ConsentChange(MassAction):
    """One channel or topic for all of them, noted in the ledger of each."""

    key = "consent"
    label = _("Record a consent or a withdrawal")
    description = _(
        "Notes for all of them that they agree to a channel or topic, or refuse it. What somebody refused or "
        "withdrew before stays so unless you say how they agreed again; nobody under the minimum age and "
        "no erased address is ever opened."
    )
    icon = "circle-check"
    order = 40
    counts: ClassVar[dict] = {"kept": _("Not opened: refused before, too young or erased")}

    def form(self, data, given):
        return ConsentForm(data)

    def sentence(self, value):
        words = (
            gettext("They agree: %(subject)s")
            if value["granted"] == "yes"
            else gettext("They refuse or withdraw: %(subject)s")
        )
        return words % {"subject": dict(consent.subjects()).get(value["subject"], value["subject"])}

    def apply(self, run, ids):
        value = run.value
        subject, granted = value["subject"], value["granted"] == "yes"
        if (
            subject.startswith("topic:")
            and not Topic.objects.filter(key=subject.removeprefix("topic:")).exists()
        ):
            raise ValidationError(gettext("This topic does not exist any more."))
        changed, kept = consent_actions.set_for_many(
            ids=ids,
            subject=subject,
            granted=granted,
            reopen=bool(value.get("reopen")),
            reason=value["reason"],
            origin=f"mass:{run.uuid}",
            user=run.user,
            now=clock.now(),
        )
        return {"changed": changed, "kept": kept}
