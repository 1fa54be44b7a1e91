"""Fields that a site adds to its leads from the admin, without change of schema."""

import uuid

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from wagtail_automation import clock

MAX_CHOICES = 200


def _field_names(model) -> set[str]:
    return {field.name for field in model._meta.get_fields()}


class CustomField(models.Model):
    """One field. Its key and type never change once it exists: stored values are typed by them."""

    class Type(models.TextChoices):
        TEXT = "text", _("Text")
        LONG_TEXT = "long_text", _("Long text")
        NUMBER = "number", _("Number")
        DATE = "date", _("Date")
        DATETIME = "datetime", _("Date and time")
        BOOLEAN = "boolean", _("Yes or no")
        CHOICE = "choice", _("Choice")
        MULTIPLE_CHOICE = "multiple_choice", _("Multiple choice")
        COUNTRY = "country", _("Country")
        LANGUAGE = "language", _("Language")
        PHONE = "phone", _("Phone number")
        URL = "url", _("Web address")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    key = models.CharField(
        _("key"),
        max_length=50,
        unique=True,
        validators=[
            RegexValidator(
                r"\A[a-z](?!.*__)[a-z0-9_]*[a-z0-9]\Z",
                _("Use lower-case letters, digits and single underscores, beginning with a letter."),
            )
        ],
        help_text=_("The name in rules, imports and emails. It cannot be changed later."),
    )
    label = models.CharField(_("label"), max_length=100)
    type = models.CharField(
        _("type"), max_length=20, choices=Type.choices, help_text=_("It cannot be changed later.")
    )
    choices = models.JSONField(_("choices"), default=list, blank=True)
    help_text = models.CharField(_("help text"), max_length=255, blank=True)
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    is_archived = models.BooleanField(
        _("archived"),
        default=False,
        editable=False,
        help_text=_("No longer offered; stored values, old rules and exports keep it."),
    )
    created_at = models.DateTimeField(_("created"), default=clock.now, editable=False)

    class Meta:
        verbose_name = _("custom field")
        verbose_name_plural = _("custom fields")
        ordering = ["position", "label", "pk"]

    def __str__(self):
        return self.label

    @property
    def has_choices(self) -> bool:
        return self.type in {self.Type.CHOICE, self.Type.MULTIPLE_CHOICE}

    def clean(self):
        super().clean()
        errors = {}
        # its fields and whatever else code may read of a lead; a field that exists keeps its name
        lead = self._meta.apps.get_model("wagtail_automation_leads", "Lead")
        if self._state.adding and (self.key in _field_names(lead) or hasattr(lead, self.key)):
            errors["key"] = _("Leads already have a field of that name.")
        before = type(self).objects.filter(pk=self.pk).first() if self.pk else None
        if before is not None and (before.key, before.type) != (self.key, self.type):
            errors["type"] = _("Key and type cannot change once the field exists.")
        if self.has_choices and not self.choices:
            errors["choices"] = _("Give at least one choice.")
        if self.choices and not (
            isinstance(self.choices, list)
            and len(self.choices) <= MAX_CHOICES
            and all(isinstance(choice, str) and 0 < len(choice) <= 100 for choice in self.choices)
            and len(set(self.choices)) == len(self.choices)
        ):
            errors["choices"] = _(
                "Choices are different texts of at most 100 characters each, at most 200 of them."
            )
        if errors:
            raise ValidationError(errors)
