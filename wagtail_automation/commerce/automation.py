"""Wires commerce into the rest: merges, claims, the beat, roles, the lead's page and timeline."""

from wagtail_automation import jobs
from wagtail_automation.admin import roles
from wagtail_automation.leads.merging import merge_handlers
from wagtail_automation.tracking import event_retention

from . import (  # noqa: F401  (checks, panel, timeline and benchmarks register themselves)
    bench,
    carts,
    checks,
    claiming,
    exporting,
    importing,
    merging,
    panel,
    personal,
    product_importing,
    promotion_importing,
    promotion_texts,
    rfm,
    timeline,
    touching,
)

merge_handlers.register(merging.merge_purchases)
claiming.connect()
touching.connect()
jobs.register_beat(claiming.sweep)
jobs.register_beat(carts.beat)
jobs.register_beat(rfm.refresh_daily)
jobs.register_beat(touching.sweep)
event_retention.register_groups()  # purchases are a group of their own

APP = "wagtail_automation_commerce"
for _name in ("product", "productcategory", "promotion"):
    roles.grant("marketer", *(f"{APP}.{action}_{_name}" for action in ("view", "add", "change", "delete")))
roles.grant("marketer", f"{APP}.add_order")
for _role in ("marketer", "salesperson", "analyst"):
    roles.grant(_role, f"{APP}.view_order", f"{APP}.view_cart", f"{APP}.view_product", f"{APP}.view_offer")
