"""Commerce in the Wagtail admin: registration only."""

from wagtail import hooks

from wagtail_automation.admin import menu

from .viewsets import (
    CartAdmin,
    OrderAdmin,
    ProductCategoryViewSet,
    ProductViewSet,
    category_chooser,
    product_chooser,
)

products = ProductViewSet()
categories = ProductCategoryViewSet()
OrderAdmin().register_with_wagtail()
CartAdmin().register_with_wagtail()
menu.register_viewset_in_menu("content", products, 400)
menu.register_viewset_in_menu("content", categories, 410)


@hooks.register("register_admin_viewset")
def viewsets():
    return [products, categories, product_chooser, category_chooser]


@hooks.register("register_icons")
def icons(icons):
    return [*icons, "wagtail_automation/commerce/icons/wa-cart.svg"]
