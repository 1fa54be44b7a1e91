"""The same columns for the site's rules and for a campaign's own."""

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, FieldRowPanel, MultiFieldPanel
from wagtail.contrib.settings.models import BaseSiteSetting, register_setting

from .rules import EVERY_DAY, ContactRules, known_countries

DAYS = (
    ("0", _("Monday")),
    ("1", _("Tuesday")),
    ("2", _("Wednesday")),
    ("3", _("Thursday")),
    ("4", _("Friday")),
    ("5", _("Saturday")),
    ("6", _("Sunday")),
)


class WeekdaysFormField(forms.MultipleChoiceField):
    """Ticked days to the digits that are stored."""

    widget = forms.CheckboxSelectMultiple

    def prepare_value(self, value):
        return list(value) if isinstance(value, str) else value

    def clean(self, value):
        return "".join(sorted(super().clean(value)))

    def has_changed(self, initial, data):
        return super().has_changed(list(initial or ""), data)


class WeekdaysField(models.CharField):
    """Days of the week as digits, Monday is 0."""

    def formfield(self, **kwargs):
        return WeekdaysFormField(
            choices=DAYS, required=True, label=capfirst(self.verbose_name), help_text=self.help_text
        )


class TimeInput(forms.TimeInput):
    """The browser's own picker."""

    input_type = "time"

    def __init__(self, attrs=None):
        super().__init__(attrs, format="%H:%M")


def check_country(code: str) -> None:
    if code.upper() not in known_countries():
        raise ValidationError(_("The holidays of this country are not known."))


class ContactLimits(models.Model):
    """When and how often people may be written to."""

    cap = models.PositiveSmallIntegerField(
        _("messages at most"),
        default=0,
        validators=[MaxValueValidator(1000)],
        help_text=_("For one person, over all campaigns. 0: any number. More are skipped."),
    )
    cap_days = models.PositiveSmallIntegerField(
        _("within so many days"), default=7, validators=[MinValueValidator(1), MaxValueValidator(365)]
    )
    quiet_begin = models.TimeField(_("quiet from"), null=True, blank=True)
    quiet_end = models.TimeField(
        _("quiet until"),
        null=True,
        blank=True,
        help_text=_("Where the person lives; over midnight works. Messages wait until then."),
    )
    weekdays = WeekdaysField(_("days on which people are written to"), max_length=7, default=EVERY_DAY)
    holidays_country = models.CharField(
        _("not on holidays of"),
        max_length=2,
        blank=True,
        validators=[check_country],
        help_text=_("Two letters of a country, such as FR. Empty: holidays do not count."),
    )
    holidays_own = models.BooleanField(
        _("holidays of the person's own country, where it is known"), default=False
    )

    class Meta:
        abstract = True

    def clean(self):
        super().clean()
        if (self.quiet_begin is None) != (self.quiet_end is None):
            raise ValidationError({"quiet_end": _("Quiet hours need a beginning and an end.")})
        if self.quiet_begin is not None and self.quiet_begin == self.quiet_end:
            raise ValidationError({"quiet_end": _("These quiet hours never end.")})

    def contact_rules(self) -> ContactRules:
        return ContactRules.of(self)


LIMIT_FIELDS = (
    "cap",
    "cap_days",
    "quiet_begin",
    "quiet_end",
    "weekdays",
    "holidays_country",
    "holidays_own",
)


def limit_panels() -> list:
    """The panels of these columns."""
    return [
        MultiFieldPanel([FieldRowPanel([FieldPanel("cap"), FieldPanel("cap_days")])], heading=_("How often")),
        MultiFieldPanel(
            [
                FieldRowPanel(
                    [
                        FieldPanel("quiet_begin", widget=TimeInput),
                        FieldPanel("quiet_end", widget=TimeInput),
                    ]
                ),
                FieldPanel("weekdays"),
                FieldRowPanel([FieldPanel("holidays_country"), FieldPanel("holidays_own")]),
            ],
            heading=_("When"),
        ),
    ]


@register_setting(icon="time", order=710)
class ContactSettings(ContactLimits, BaseSiteSetting):
    """The rules of one site, for campaigns without their own and at hand-over."""

    panels = limit_panels()

    class Meta:
        verbose_name = _("contact rules")
        verbose_name_plural = _("contact rules")

    def __str__(self):
        return str(self.site)
