"""Promotions in the admin: written in a form or a file, and beside each what came of it."""

import django_filters
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import cached_property
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.panels import FieldPanel, FieldRowPanel, MultiFieldPanel
from wagtail.admin.ui.tables import Column, StatusFlagColumn, TitleColumn
from wagtail.admin.views import generic
from wagtail.admin.viewsets.model import ModelViewSet

from wagtail_automation import clock
from wagtail_automation.admin.choosers import ChooserViewSet
from wagtail_automation.admin.export import neutral
from wagtail_automation.admin.strict import InlinePanel
from wagtail_automation.audiences.guards import GuardedDelete, UsageWithDrafts
from wagtail_automation.leads.field_types import MomentInput
from wagtail_automation.leads.permissions import about_visible
from wagtail_automation.leads.records import LeadRecordAdmin

from . import money, promoting, querysets
from .forms import PriceForm, PromotionForm
from .models import Offer, Order, Promotion

Promotion.base_form_class = PromotionForm


class LinesPanel(InlinePanel):
    """Products with their prices as people write them."""

    def get_form_options(self):
        options = super().get_form_options()
        options["formsets"][self.relation_name]["form"] = PriceForm
        return options


def _day(name: str):
    """The day of a moment, past or to come: "two days ago" says nothing of a promotion that ends."""

    def shown(promotion) -> str:
        moment = getattr(promotion, name)
        return date_format(timezone.localtime(moment), "SHORT_DATE_FORMAT") if moment else "–"

    return shown


class PromotionFilterSet(WagtailFilterSet):
    """By how codes are given, and the archived."""

    live = django_filters.BooleanFilter(label=_("On now"), method="only_live")

    class Meta:
        model = Promotion
        fields = ["codes", "archived"]

    def only_live(self, queryset, name, value):
        live = Promotion.objects.live(clock.now()).values("pk")
        return queryset.filter(pk__in=live) if value else queryset.exclude(pk__in=live)


class PromotionIndexView(generic.IndexView):
    """With who saw, used, and how much that earned; two more queries for a page of them."""

    list_export = ["reference", "name", "starts_at", "ends_at", "seen", "given", "used", "revenue"]
    export_headings = {
        "seen": _("Seen by"),
        "given": _("Codes given"),
        "used": _("Orders"),
        "revenue": _("Revenue"),
    }

    @cached_property
    def orders(self):
        if not self.request.user.has_perm("wagtail_automation_commerce.view_order"):
            return Order.objects.none()
        return about_visible(Order.objects.all(), self.request.user)

    @cached_property
    def found(self) -> dict:
        """The results of all that are shown, asked together."""
        rows = self.object_list if self.is_export else self.get_context_page()
        return querysets.results([row.pk for row in rows], self.orders)

    def get_context_page(self):
        size = self.get_paginate_by(self.object_list)
        if not size:
            return self.object_list
        return self.paginate_queryset(self.object_list, size)[2]

    def result(self, promotion, name):
        """One number of what came of a promotion."""
        found = self.found.get(promotion.pk) or {}
        if name == "revenue":
            return ", ".join(
                money.display(units, code) for code, units in sorted(found.get(name, {}).items())
            )
        return found.get(name, 0)

    @cached_property
    def columns(self):
        def of(name):
            return lambda promotion: self.result(promotion, name)

        return [
            *super().columns,
            TitleColumn("seen", label=_("Seen by"), accessor=of("seen"), get_url=self.offers_url),
            TitleColumn("given", label=_("Codes given"), accessor=of("given"), get_url=self.offers_url),
            TitleColumn("used", label=_("Orders"), accessor=of("used"), get_url=self.orders_url),
            Column("revenue", label=_("Revenue"), accessor=of("revenue")),
        ]

    def offers_url(self, promotion):
        if not self.request.user.has_perm("wagtail_automation_commerce.view_offer"):
            return None
        url = reverse("automation_offers_modeladmin_index")
        return f"{url}?{urlencode({'promotion__id__exact': promotion.pk})}"

    def orders_url(self, promotion):
        if not self.request.user.has_perm("wagtail_automation_commerce.view_order"):
            return None
        url = reverse("automation_orders_modeladmin_index")
        return f"{url}?{urlencode({'promotion__id__exact': promotion.pk})}"

    def to_row_dict(self, item):
        plain = [name for name in self.list_export if name not in self.export_headings]
        row = {name: neutral(getattr(item, name)) for name in plain}
        return row | {name: self.result(item, name) for name in self.export_headings}


class Claiming:
    """After saving, orders that came with its codes before are owed to it."""

    def save_instance(self):
        instance = super().save_instance()
        promoting.claim_orders(instance)
        return instance


class PromotionCreateView(Claiming, generic.CreateView):
    pass


class PromotionEditView(Claiming, generic.EditView):
    pass


class PromotionDeleteView(GuardedDelete, generic.DeleteView):
    pass


class PromotionViewSet(ModelViewSet):
    model = Promotion
    name = "wagtail_automation_promotion"
    url_prefix = "automation/promotions"
    icon = "tag"
    menu_label = _("Promotions")
    menu_name = "automation-promotions"
    list_per_page = 50
    ordering = "-pk"
    copy_view_enabled = False
    index_view_class = PromotionIndexView
    add_view_class = PromotionCreateView
    edit_view_class = PromotionEditView
    delete_view_class = PromotionDeleteView
    usage_view_class = UsageWithDrafts
    export_filename = "promotions"
    search_fields = ["name", "reference", "reference_key", "code"]
    search_backend_name = None
    filterset_class = PromotionFilterSet
    list_display = [
        "name",
        Column("reference", label=_("Reference"), sort_key="reference_key"),
        Column("starts_at", label=_("Starts"), accessor=_day("starts_at"), sort_key="starts_at"),
        Column("ends_at", label=_("Ends"), accessor=_day("ends_at"), sort_key="ends_at"),
        StatusFlagColumn("archived", label=_("State"), true_label=_("archived"), sort_key="archived"),
    ]
    panels = [
        FieldPanel("name"),
        FieldPanel("reference"),
        MultiFieldPanel(
            [FieldPanel("benefit"), FieldPanel("description"), FieldPanel("url")], heading=_("The offer")
        ),
        FieldRowPanel(
            [
                FieldPanel("starts_at", heading=_("Starts"), widget=MomentInput),
                FieldPanel("ends_at", widget=MomentInput),
            ],
            heading=_("Period"),
        ),
        MultiFieldPanel([FieldPanel("codes"), FieldPanel("code")], heading=_("Codes")),
        FieldPanel("audience"),
        LinesPanel(
            "lines",
            panels=[FieldPanel("product"), FieldRowPanel([FieldPanel("amount"), FieldPanel("currency")])],
            heading=_("Products"),
            label=_("product"),
        ),
        FieldPanel("archived"),
    ]


class PromotionChooserViewSet(ChooserViewSet):
    model = Promotion
    icon = "tag"
    choose_one_text = _("Choose a promotion")
    choose_another_text = _("Choose another promotion")
    edit_item_text = _("Edit this promotion")

    def get_object_list(self):
        return Promotion.objects.filter(archived=False)


promotion_chooser = PromotionChooserViewSet("wagtail_automation_promotion_chooser")


class OfferAdmin(LeadRecordAdmin):
    """Who saw a promotion, and who got which code."""

    model = Offer
    menu_label = _("Offers to people")
    menu_icon = "tag"
    menu_order = 320
    section = "campaigns"
    base_url_path = "automation/offers"
    list_display = ["lead", "promotion", "code", "seen_at", "given_at"]
    list_filter = ["promotion", "seen_at", "given_at"]
    search_fields = ["code", "lead__email", "lead__last_name", "promotion__name"]
    ordering = ["-pk"]
    list_export = ["lead", "promotion", "code", "seen_at", "given_at"]
    inspect_view_fields = ["lead", "promotion", "code", "seen_at", "given_at"]
    export_filename = "offers"

    def get_queryset(self, request):
        rows = super().get_queryset(request).filter(lead__isnull=False)
        return rows.select_related("lead", "promotion")

    def inspect_title(self, offer):
        return f"{offer.promotion} → {offer.lead}"
