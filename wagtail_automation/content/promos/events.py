"""What promos record beside ``content_seen`` and ``content_clicked``."""

from django.utils.translation import gettext_lazy as _

from wagtail_automation.content.showing import actions
from wagtail_automation.tracking import events

PROMO_KIND = 10

PROMO_CLICKED = events.register(
    "promo_clicked",
    _("Promo clicked"),
    _("The person clicked in a web promo."),
    group="web",
    icon="pick",
)
actions.CLICK_EVENTS[PROMO_KIND] = PROMO_CLICKED
