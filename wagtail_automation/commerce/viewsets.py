"""Products, orders and carts in the admin."""

import django_filters
from django import forms
from django.utils.translation import gettext_lazy as _
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.panels import FieldPanel, FieldRowPanel, MultiFieldPanel
from wagtail.admin.ui.tables import Column, NumberColumn, StatusFlagColumn
from wagtail.admin.views import generic
from wagtail.admin.viewsets.model import ModelViewSet

from wagtail_automation.admin.choosers import ChooserViewSet
from wagtail_automation.admin.export import neutral
from wagtail_automation.admin.readonly import ReadOnlyInspectView
from wagtail_automation.admin.strict import ImageChooser
from wagtail_automation.audiences.guards import GuardedDelete, UsageWithDrafts
from wagtail_automation.leads.records import LeadRecordAdmin

from . import attribution, money
from .forms import ProductForm
from .models import Cart, Order, Product, ProductCategory

Product.base_form_class = ProductForm


class ProductFilterSet(WagtailFilterSet):
    categories = django_filters.ModelChoiceFilter(
        label=_("Category"), queryset=ProductCategory.objects.all(), empty_label=_("All")
    )

    class Meta:
        model = Product
        fields = ["categories", "is_in_stock", "archived"]


class ProductIndexView(generic.IndexView):
    list_export = ["sku", "name", "price_shown", "is_in_stock", "url", "archived"]
    export_headings = {"price_shown": _("Price")}

    def to_row_dict(self, item):
        return {name: neutral(value) for name, value in super().to_row_dict(item).items()}


class ProductDeleteView(GuardedDelete, generic.DeleteView):
    pass


class ProductViewSet(ModelViewSet):
    model = Product
    name = "wagtail_automation_product"
    url_prefix = "automation/products"
    icon = "wa-cart"
    menu_label = _("Products")
    menu_name = "automation-products"
    list_per_page = 50
    ordering = "folded"
    copy_view_enabled = False
    index_view_class = ProductIndexView
    delete_view_class = ProductDeleteView
    usage_view_class = UsageWithDrafts
    export_filename = "products"
    search_fields = ["name", "folded", "sku", "sku_key"]
    search_backend_name = None
    filterset_class = ProductFilterSet
    list_display = [
        "name",
        Column("sku", label=_("SKU"), sort_key="sku_key"),
        Column("price_shown", label=_("Price"), sort_key="price"),
        StatusFlagColumn(
            "is_in_stock",
            label=_("Stock"),
            true_label=_("in stock"),
            false_label=_("sold out"),
            sort_key="is_in_stock",
        ),
        StatusFlagColumn("archived", label=_("State"), true_label=_("archived"), sort_key="archived"),
    ]
    panels = [
        FieldPanel("name"),
        FieldPanel("sku"),
        FieldPanel("categories", widget=forms.CheckboxSelectMultiple),
        FieldRowPanel([FieldPanel("amount"), FieldPanel("currency")], heading=_("Price")),
        FieldPanel("is_in_stock"),
        FieldPanel("description"),
        MultiFieldPanel(
            [FieldPanel("image", widget=ImageChooser), FieldPanel("image_url")], heading=_("Image")
        ),
        FieldPanel("url"),
        FieldPanel("attributes"),
        FieldPanel("archived"),
    ]


class CategoryIndexView(generic.IndexView):
    def get_base_queryset(self):
        return ProductCategory.objects.with_counts()


class CategoryDeleteView(GuardedDelete, generic.DeleteView):
    pass


class ProductCategoryViewSet(ModelViewSet):
    model = ProductCategory
    name = "wagtail_automation_product_category"
    url_prefix = "automation/product-categories"
    icon = "folder-open-inverse"
    menu_label = _("Product categories")
    menu_name = "automation-product-categories"
    list_per_page = 50
    ordering = "folded"
    copy_view_enabled = False
    index_view_class = CategoryIndexView
    delete_view_class = CategoryDeleteView
    usage_view_class = UsageWithDrafts
    search_fields = ["name", "folded"]
    search_backend_name = None
    list_display = ["name", NumberColumn("product_count", label=_("Products"), sort_key="product_count")]
    panels = [FieldPanel("name")]


class ProductChooserViewSet(ChooserViewSet):
    model = Product
    icon = "wa-cart"
    choose_one_text = _("Choose a product")
    choose_another_text = _("Choose another product")
    edit_item_text = _("Edit this product")

    def get_object_list(self):
        return Product.objects.on_offer()


class ProductCategoryChooserViewSet(ChooserViewSet):
    model = ProductCategory
    icon = "folder-open-inverse"
    choose_one_text = _("Choose a product category")
    choose_another_text = _("Choose another product category")
    edit_item_text = _("Edit this product category")
    form_fields = ["name"]


product_chooser = ProductChooserViewSet("wagtail_automation_product_chooser")
category_chooser = ProductCategoryChooserViewSet("wagtail_automation_product_category_chooser")


class OrderInspectView(ReadOnlyInspectView):
    def get_context_data(self, **kwargs):
        order = self.instance
        sums = [
            (_("Shipping"), order.shipping),
            (_("Discount"), -order.discount),
            (_("Total"), order.total),
            (_("of which tax"), order.tax),
            (_("Paid back"), -order.refunded),
        ]
        shown = [
            (label, money.display(amount, order.currency))
            for label, amount in sums
            if amount or label == sums[2][0]
        ]
        lines, refunds = list(order.items.all()), list(order.refunds.all())
        for row in (*lines, *refunds):
            row.order = order
        return super().get_context_data(**kwargs) | {
            "lines": lines,
            "refunds": refunds,
            "sums": shown,
            "touches": attribution.described(order),
        }


class OrderAdmin(LeadRecordAdmin):
    """Every order as shops and tills reported it; written by their calls alone."""

    model = Order
    menu_label = _("Orders")
    menu_icon = "wa-cart"
    menu_order = 300
    section = "leads"
    base_url_path = "automation/orders"
    inspect_view_class = OrderInspectView
    inspect_template_name = "wagtail_automation/commerce/order_inspect.html"
    list_display = ["number", "lead", "state", "channel", "placed_at", "amount"]
    list_filter = ["state", "channel", "currency", "paid_at", "promotion"]
    search_fields = ["number", "lead__email", "lead__last_name", "coupon", "items__sku", "items__name"]
    ordering = ["-pk"]
    list_export = [
        "number", "source", "lead", "state", "channel", "currency", "total_shown", "refunded_shown",
        "item_count", "coupon", "placed_at", "paid_at", "cancelled_at",
    ]  # fmt: skip
    export_filename = "orders"

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("lead")

    def amount(self, order):
        return order.total_shown.replace("\u00a0", " ") or "–"  # narrow columns break in words

    amount.short_description = _("total")
    amount.admin_order_field = "total"


class CartAdmin(LeadRecordAdmin):
    """Every cart as it stands now."""

    model = Cart
    menu_label = _("Carts")
    menu_icon = "wa-cart"
    menu_order = 310
    section = "leads"
    base_url_path = "automation/carts"
    inspect_template_name = "wagtail_automation/commerce/cart_inspect.html"
    list_display = ["key", "lead", "state", "item_count", "touched_at", "amount"]
    list_filter = ["state", "touched_at"]
    search_fields = ["key", "lead__email", "lead__last_name"]
    ordering = ["-touched_at", "-pk"]
    list_export = ["key", "source", "lead", "state", "currency", "total_shown", "item_count", "touched_at"]
    export_filename = "carts"

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("lead")

    def amount(self, cart):
        return cart.total_shown.replace("\u00a0", " ") or "–"

    amount.short_description = _("total")
    amount.admin_order_field = "total"
