"""Choosing products, their categories and currencies."""

from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from wagtail.blocks import CharBlock, ChooserBlock

from wagtail_automation import conf

from . import money


class ProductChooserBlock(ChooserBlock):
    """Chooses one product; those not sold any more are not offered but stay chosen."""

    @cached_property
    def target_model(self):
        from .models import Product

        return Product

    @cached_property
    def widget(self):
        from .viewsets import product_chooser

        return product_chooser.widget_class()

    class Meta:
        icon = "wa-cart"


class ProductCategoryChooserBlock(ChooserBlock):
    """Chooses one category of products."""

    @cached_property
    def target_model(self):
        from .models import ProductCategory

        return ProductCategory

    @cached_property
    def widget(self):
        from .viewsets import category_chooser

        return category_chooser.widget_class()

    class Meta:
        icon = "folder-open-inverse"


class PromotionChooserBlock(ChooserBlock):
    """Chooses one promotion; archived ones are not offered but stay chosen."""

    @cached_property
    def target_model(self):
        from .models import Promotion

        return Promotion

    @cached_property
    def widget(self):
        from .promotion_admin import promotion_chooser

        return promotion_chooser.widget_class()

    class Meta:
        icon = "tag"


class CurrencyBlock(CharBlock):
    """The three letters of a currency; that of the site (``CURRENCY``) until somebody writes another."""

    def __init__(self, **kwargs):
        kwargs.setdefault("max_length", 3)
        kwargs.setdefault("help_text", _("Three letters, such as EUR."))
        super().__init__(**kwargs)

    def get_default(self):
        return self.normalize(conf.get("CURRENCY"))

    def clean(self, value):
        found = super().clean(value)
        return money.clean_currency(found) if found else found

    class Meta:
        icon = "wa-cart"
