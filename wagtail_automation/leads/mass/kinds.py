"""What can be done with many leads at once: a registry that other apps extend."""

from typing import ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from wagtail_automation import clock
from wagtail_automation.leads import actions, erasure
from wagtail_automation.leads.fields import all_fields, lead_field
from wagtail_automation.leads.models import MassRun
from wagtail_automation.registry import Registry

CHANGE_LEADS = "wagtail_automation_leads.change_lead"


class MassAction:
    """One thing to do. Its value is JSON, made by its form; ``apply`` gets some thousand leads at a time."""

    key: str | None = None
    label = ""
    description = ""
    icon = "edit"
    order = 100
    permissions: tuple[str, ...] = (CHANGE_LEADS,)
    #: the button is red
    is_grave = False
    #: what else is counted and shown in the report: ``{key: label}``
    counts: ClassVar[dict] = {}

    def first(self, data) -> forms.Form | None:
        """A question to be answered before the form can be made; None when there is none (any more)."""
        return None

    def form(self, data, given) -> forms.Form:
        """The form; ``given``: the parameters of the address. Its ``value()`` is the action's JSON value."""
        raise NotImplementedError

    def sentence(self, value: dict) -> str:
        """What is done, for people."""
        return str(self.label)

    def apply(self, run: MassRun, ids: list[int]) -> int | dict[str, int]:
        """Do it in a constant number of statements, in the caller's transaction; returns how many changed, or
        that as ``changed`` beside the action's other ``counts``. Raises ValidationError when it can never
        succeed."""
        raise NotImplementedError


mass_actions = Registry("mass_actions", MassAction, is_public=True, needs=("form", "apply"), key_length=30)


class ValueForm(forms.Form):
    """A form whose cleaned data are the value."""

    def value(self) -> dict:
        return {name: getattr(value, "pk", value) for name, value in self.cleaned_data.items()}


class FieldForm(forms.Form):
    """Which field."""

    field = forms.ChoiceField(label=_("Field"))

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        fields = [field for field in all_fields() if field.is_settable]
        self.fields["field"].choices = [
            (_("Profile"), [(field.key, str(field).capitalize()) for field in fields if not field.is_custom]),
            (_("Custom fields"), [(field.key, str(field)) for field in fields if field.is_custom]),
        ]


class NewValueForm(forms.Form):
    """The value, asked for as the profile asks for it."""

    def __init__(self, *args, field, **kwargs):
        super().__init__(*args, **kwargs)
        self.lead_field = field
        self.fields["value"] = field.form_field()
        help_text = _("Leave it empty to empty the field.")
        self.fields["value"].help_text = field.help_text or help_text

    def clean_value(self):
        return self.lead_field.clean(self.cleaned_data["value"])

    def value(self):
        return {"field": self.lead_field.key, "value": self.cleaned_data["value"]}


@mass_actions.register
class FieldChange(MassAction):
    """The same value into one field of everybody."""

    key = "field"
    label = _("Change a field")
    description = _("Writes one value into one field of all of them, or empties it.")
    order = 10

    def first(self, data):
        form = FieldForm(data if "field" in data else None)
        return None if form.is_valid() else form

    def form(self, data, given):
        field = lead_field(given.get("field", ""))
        if field is None or not field.is_settable:
            raise ValidationError(gettext("This field does not exist any more."))
        return NewValueForm(data, field=field)

    def sentence(self, value):
        field = lead_field(value["field"])
        if field is None:
            return gettext("Change a field")
        if value["value"] is None:
            return gettext("Empty %(field)s") % {"field": field}
        shown = field.kind.display(value["value"], field)
        return gettext("Set %(field)s to “%(value)s”") % {"field": field, "value": shown}

    def apply(self, run, ids):
        field = lead_field(run.value["field"])
        if field is None or not field.is_settable:
            raise ValidationError(gettext("This field does not exist any more."))
        return actions.set_field_for(
            ids=ids, field=field, value=run.value["value"], source="admin", now=clock.now()
        )


class NothingForm(ValueForm):
    """Nothing is asked but the confirmation."""


@mass_actions.register
class Erase(MassAction):
    """Everything about them is erased, as one person's is on request."""

    key = "erase"
    label = _("Erase")
    description = _("Deletes them with everything that is known of them. This cannot be undone.")
    icon = "bin"
    order = 900
    permissions = ("wagtail_automation_leads.erase_lead",)
    is_grave = True

    def form(self, data, given):
        return NothingForm(data)

    def apply(self, run, ids):
        return erasure.request(leads=ids, mode=erasure.ERASE, origin="admin", now=clock.now(), user=run.user)
