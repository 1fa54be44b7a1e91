"""Commerce in the Wagtail admin: registration only."""

from django.templatetags.static import static
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.widgets.button import Button

from wagtail_automation.admin import menu

from .promotion_admin import OfferAdmin, PromotionViewSet, promotion_chooser
from .revenue_views import ObjectRevenueView, RevenueMenuItem, RevenueView, revenue_url
from .timeline import VIEW_ORDER
from .viewsets import (
    CartAdmin,
    OrderAdmin,
    ProductCategoryViewSet,
    ProductViewSet,
    category_chooser,
    product_chooser,
)

promotions = PromotionViewSet()
products = ProductViewSet()
categories = ProductCategoryViewSet()
OrderAdmin().register_with_wagtail()
CartAdmin().register_with_wagtail()
OfferAdmin().register_with_wagtail()
menu.register_viewset_in_menu("campaigns", promotions, 310)
menu.register_viewset_in_menu("content", products, 400)
menu.register_viewset_in_menu("content", categories, 410)
menu.register(
    "analysis",
    lambda: RevenueMenuItem(
        _("Revenue"), reverse("wagtail_automation_revenue"), name="automation-revenue", icon_name="wa-cart"
    ),
    220,
)


@hooks.register("register_admin_viewset")
def viewsets():
    return [products, categories, promotions, product_chooser, category_chooser, promotion_chooser]


@hooks.register("register_icons")
def icons(icons):
    return [*icons, "wagtail_automation/commerce/icons/wa-cart.svg"]


@hooks.register("register_admin_urls")
def urls():
    return [
        path("automation/revenue/", RevenueView.as_view(), name="wagtail_automation_revenue"),
        path(
            "automation/revenue/<int:kind>/<int:pk>/",
            ObjectRevenueView.as_view(),
            name="wagtail_automation_revenue_of",
        ),
    ]


@hooks.register("register_snippet_listing_buttons")
def revenue_button(snippet, user, next_url=None):
    """What an email or campaign earned, one click from its list."""
    url = revenue_url(snippet)
    if url and user.has_perm(VIEW_ORDER):
        yield Button(_("Revenue"), url=url, icon_name="wa-cart", priority=60)


@hooks.register("insert_global_admin_css")
def style():
    return format_html(
        '<link rel="stylesheet" href="{}">', static("wagtail_automation/commerce/commerce.css")
    )
