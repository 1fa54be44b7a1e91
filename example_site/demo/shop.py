"""What the shop says: on the home page what was looked at last, and two campaigns made from scenarios."""

from django.contrib.auth import get_user_model
from django.utils import translation

from wagtail_automation.campaigns.models import Campaign
from wagtail_automation.campaigns.scenarios import actions, scenarios

WORDS = {"en": "From the benches", "fr": "Sortis des établis"}
SCENARIOS = ("abandoned_cart", "post_purchase")


def shop(builder) -> None:
    """``builder``: the one of ``build_automation``. What is there already stays as it is.

    The campaigns run from now on, for carts and orders of the example data they come too late.
    """
    for code, heading in WORDS.items():
        best = {"kind": "best_sellers", "category": None, "products": []}
        builder.add_block(code, "home", "last_seen", {"heading": heading, "count": 3, "instead": best})
    user = get_user_model().objects.get(username="admin")
    with translation.override("en"):
        for key in SCENARIOS:
            scenario = scenarios[key]()
            if Campaign.objects.filter(name=str(scenario.name)).exists():
                continue
            installed = actions.install(scenario=scenario, user=user)
            for made in (*installed.emails, installed.campaign):
                made.refresh_from_db()
                made.get_latest_revision().publish(user=user)
