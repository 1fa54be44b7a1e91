"""Forms of the admin: a lead's profile, custom fields, topics. Cleaning is the fields' own business."""

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Max
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from wagtail_automation import clock

from . import actions
from .fields import COLUMNS, custom_fields
from .identifiers import normalise
from .models import CustomField, Identifier, Lead, Topic
from .people import name_of, owners_offered
from .permissions import sees_everybody

SOURCE = "admin"

#: headings of the profile form and the fields under each
SECTIONS = (
    ("identity", _("Person"), "user", ("first_name", "last_name", "language", "birth_date")),
    ("contact", _("Contact"), "mail", ("email", "phone", "owner")),
    ("work", _("Work"), "clipboard-list", ("company", "job_title")),
    ("place", _("Place"), "globe", ("country", "region", "city", "postal_code", "street", "time_zone")),
)


class LeadForm(forms.ModelForm):
    """The profile with all own and custom fields; saved through ``leads.actions``."""

    class Meta:
        model = Lead
        fields = ("owner",)

    def __init__(self, *args, for_user=None, **kwargs):
        self.for_user = for_user
        super().__init__(*args, **kwargs)
        self.lead_fields = {
            field.key: field
            for field in (*COLUMNS.values(), *custom_fields())
            if field.is_settable or field.key == "email"
        }
        for key, field in self.lead_fields.items():
            self.fields[key] = field.form_field()
            if self.instance.pk:
                self.initial[key] = self._shown(field)
        self.fields["email"].required = not self.instance.pk or bool(self.instance.email)
        if self.instance.pk and self.instance.email:
            self.fields["email"].help_text = _(
                "When it changes, the former address no longer identifies them."
            )
        self._offer_owners()

    def _offer_owners(self):
        if self.for_user is None:  # whoever forgets to say for whom offers nobody
            del self.fields["owner"]
            return
        owner = self.fields["owner"]
        owner.queryset = owners_offered(self.for_user, self.instance.owner_id)
        owner.label_from_instance = name_of
        # without an owner a lead would be out of sight for somebody who sees only some
        owner.required = not sees_everybody(self.for_user)
        if owner.required and not self.instance.owner_id:
            self.initial["owner"] = self.for_user.pk

    def _shown(self, field):
        """The value as the form's widget wants it."""
        value = field.python(self.instance)
        if isinstance(value, bool):
            return "true" if value else "false"
        return value

    def sections(self) -> list[dict]:
        """Bound fields under their headings, for the template."""
        sections = [
            {
                "id": name,
                "heading": heading,
                "icon": icon,
                "fields": [self[key] for key in keys if key in self.fields],
            }
            for name, heading, icon, keys in SECTIONS
        ]
        own = [self[key] for key, field in self.lead_fields.items() if field.is_custom]
        if own:
            sections.append({"id": "custom", "heading": _("Custom fields"), "icon": "form", "fields": own})
        return sections

    def clean(self):
        cleaned = super().clean()
        for key, field in self.lead_fields.items():
            if key in self.errors:
                continue
            try:
                cleaned[key] = field.clean(cleaned.get(key))
            except ValidationError as error:
                self.add_error(key, error)
        self._check_address(cleaned.get("email"))
        return cleaned

    def _check_address(self, address):
        if not address or "email" in self.errors:
            return
        other = Identifier.objects.filter(kind="email", value=normalise("email", address))
        if other.exclude(lead=self.instance.pk or 0).exists():
            self.add_error(
                "email", ValidationError(gettext("This address belongs to another lead."), code="taken")
            )

    def _post_clean(self):
        """The model's own validation is not asked: its columns are cleaned as every writer cleans them."""

    def save(self, commit=True):
        """Write what changed, each value with source and time. Returns the lead."""
        now, values = clock.now(), dict(self.cleaned_data)
        has_owner = "owner" in values
        owner, address = values.pop("owner", None), values.pop("email", None)
        if not self.instance.pk:
            values = {key: value for key, value in values.items() if value is not None}
            lead = actions.create_known(identifiers={"email": address}, fields=values, source=SOURCE, now=now)
        else:
            lead = Lead.objects.get(pk=self.instance.pk)
            if address and address != lead.email:
                actions.change_address(lead=lead, kind="email", value=address, source=SOURCE, now=now)
                lead.refresh_from_db()
            actions.set_fields(lead=lead, fields=values, source=SOURCE, now=now)
        if has_owner:
            actions.set_owner(lead=lead, owner=owner, now=now)
        lead.refresh_from_db()
        self.instance = lead
        return lead


class ChoicesField(forms.CharField):
    """A list of texts, one per line."""

    widget = forms.Textarea

    def prepare_value(self, value):
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value):
        lines = value if isinstance(value, list) else super().to_python(value).splitlines()
        return [line for line in (" ".join(str(line).split()) for line in lines) if line]

    def has_changed(self, initial, data):
        return (initial or []) != self.to_python(data or "")


class CustomFieldForm(forms.ModelForm):
    """Key and type can be given once only. Choices are written one per line."""

    choices = ChoicesField(
        label=_("Choices"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=_("One per line; for the types “Choice” and “Multiple choice”."),
    )

    class Meta:
        model = CustomField
        fields = ("label", "key", "type", "choices", "help_text")

    def __init__(self, *args, **kwargs):
        kwargs.pop("for_user", None)
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            for name in ("key", "type"):
                self.fields[name].disabled = True

    def save(self, commit=True):
        """A new field stands last."""
        if not self.instance.pk:
            last = CustomField.objects.aggregate(last=Max("position"))["last"]
            self.instance.position = 0 if last is None else last + 1
        return super().save(commit)


class TopicForm(forms.ModelForm):
    """A key once only: the ledger of consents names it."""

    class Meta:
        model = Topic
        fields = ("name", "key", "description", "double_opt_in", "is_archived")

    def __init__(self, *args, **kwargs):
        kwargs.pop("for_user", None)
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.fields["key"].disabled = True
