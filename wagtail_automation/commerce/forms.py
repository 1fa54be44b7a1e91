"""The form of a product: its price as people write it, its attributes as lines."""

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail.admin.forms import WagtailAdminModelForm

from wagtail_automation import clock
from wagtail_automation.leads.field_types import clean_text

from . import money
from .import_values import amount, units

MAX_ATTRIBUTES = 50


class AttributesField(forms.CharField):
    """``colour: red`` on each line, as a dictionary."""

    def __init__(self, **kwargs):
        kwargs.setdefault("widget", forms.Textarea(attrs={"rows": 4}))
        super().__init__(max_length=10_000, required=False, **kwargs)

    def prepare_value(self, value):
        if isinstance(value, dict):
            return "\n".join(f"{name}: {text}" for name, text in value.items())
        return value

    def clean(self, value):
        found = {}
        for line in (super().clean(value) or "").splitlines():
            name, colon, text = line.partition(":")
            if not line.strip():
                continue
            if not colon or not name.strip():
                raise ValidationError(
                    gettext("“%(line)s” is no attribute: write a name, a colon and its value.")
                    % {"line": line[:50]}
                )
            found[clean_text(name, max_length=50)] = clean_text(text, max_length=500)
        if len(found) > MAX_ATTRIBUTES:
            raise ValidationError(gettext("At most %(limit)d attributes.") % {"limit": MAX_ATTRIBUTES})
        return found


class PriceForm(WagtailAdminModelForm):
    """Price and currency go together; nothing is finer than the currency's smallest unit."""

    amount = forms.CharField(
        label=_("Price"),
        required=False,
        max_length=30,
        help_text=_("Such as 49.90; leave it empty if there is none."),
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.instance.price is not None:
            self.initial["amount"] = str(money.to_decimal(self.instance.price, self.instance.currency))
        self.fields["currency"].help_text = _("Three letters, such as EUR.")

    def clean_currency(self):
        code = self.cleaned_data.get("currency")
        return money.clean_currency(code) if code else ""

    def clean(self):
        cleaned = super().clean()
        text = (cleaned.get("amount") or "").strip()
        self.price = None
        if text and not cleaned.get("currency"):
            if "currency" not in self.errors:
                self.add_error("currency", gettext("A price needs its currency."))
        elif text:
            try:
                self.price = units(amount(text), cleaned["currency"])
            except ValidationError as error:
                self.add_error("amount", error)
        return cleaned

    def _post_clean(self):
        super()._post_clean()
        self.instance.price = getattr(self, "price", None)


class PromotionForm(WagtailAdminModelForm):
    """Stamps when it was written."""

    def save(self, commit=True):
        now = clock.now()
        self.instance.created_at = self.instance.created_at or now
        self.instance.updated_at = now
        return super().save(commit)


class ProductForm(PriceForm):
    """A product with its attributes as lines."""

    attributes = AttributesField(label=_("Attributes"), help_text=_("One on each line, such as colour: red"))

    def clean_sku(self):
        return clean_text(self.cleaned_data["sku"], max_length=100)

    def save(self, commit=True):
        now = clock.now()
        self.instance.created_at = self.instance.created_at or now
        self.instance.updated_at = now
        return super().save(commit)
