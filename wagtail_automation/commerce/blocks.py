"""Choosing products and their categories."""

from django.utils.functional import cached_property
from wagtail.blocks import ChooserBlock


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
