"""The lead page's panel of purchases: totals, the latest orders, what lies in a cart."""

from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _

from wagtail_automation.admin.panels import LeadPanel, lead_panels

from . import rfm
from .models import Cart, LeadOrders, LeadSpend, Order
from .timeline import VIEW_CART, VIEW_ORDER, names_of

SHOWN = 5
CARTS_SHOWN = 3


@lead_panels.register
class PurchasesPanel(LeadPanel):
    """Five queries, whatever was bought."""

    key = "purchases"
    heading = _("Purchases")
    icon = "wa-cart"
    column = "main"
    order = 35
    template_name = "wagtail_automation/commerce/lead_panel.html"

    def is_shown(self):
        return self.request.user.has_perm(VIEW_ORDER)

    def get_context(self):
        rows = list(Order.objects.of_lead(self.lead.pk).prefetch_related("items")[: SHOWN + 1])
        carts = []
        if self.request.user.has_perm(VIEW_CART):
            carts = list(Cart.objects.left().filter(lead=self.lead)[:CARTS_SHOWN])
        totals = LeadOrders.objects.filter(pk=self.lead.pk).first()
        return {
            "totals": totals,
            "rfm": rfm.CLASSES.get(totals.rfm, "") if totals else "",
            "rfm_meaning": rfm.MEANINGS.get(totals.rfm, "") if totals else "",
            "spends": list(LeadSpend.objects.filter(lead=self.lead).order_by("-revenue")),
            "orders": [
                (order, names_of([(item.quantity, item.name) for item in order.items.all()]))
                for order in rows[:SHOWN]
            ],
            "carts": [
                (cart, names_of([(item["quantity"], item["name"]) for item in cart.items])) for cart in carts
            ],
            "has_more": len(rows) > SHOWN,
            "all_url": reverse("automation_orders_modeladmin_index")
            + "?"
            + urlencode({"lead__id__exact": self.lead.pk}),
        }
