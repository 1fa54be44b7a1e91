"""The shop: who left a cart is reminded of it; who bought is thanked and asked to come again."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .base import Scenario, register
from .kit import rule

#: the block of an email with what was left
CART = {"heading": "", "label": "", "count": 4, "audience": "everybody", "instead": False}


@register
class AbandonedCart(Scenario):
    key = "abandoned_cart"
    name = gettext_lazy("Abandoned cart")
    sentence = gettext_lazy(
        "Writes four hours after somebody left a cart, with what lies in it; a day later once more, if it is "
        "still there."
    )
    before = (gettext_lazy("Your shop or site must report carts. Nobody gets it twice within a week."),)
    icon = "wa-cart"
    order = 82
    settings = {"reentry": "after", "reentry_days": 7}

    def build(self, kit):
        came = kit.lead_list(_("Came back to their cart"), _("They bought after an abandoned cart."))
        first = kit.email(
            _("1 Your cart"),
            _("You left something behind"),
            _("You left something behind"),
            _("Hello {{ lead.first_name | default: 'again' }},"),
            _("This is still in your cart:"),
            blocks=[("cart", CART)],
        )
        second = kit.email(
            _("2 Still there"),
            _("We keep your cart for you"),
            _("We keep your cart for you"),
            _("Hello {{ lead.first_name | default: 'again' }},"),
            _("Do you have a question before you order? Just answer this email."),
            blocks=[("cart", CART)],
        )
        kit.start("cart_abandoned", hours="4")
        kit.do("email_send", email=first, name=_("Your cart"))
        kit.add("wait_days", {"amount": 1, "unit": "days"})
        left = kit.ask(
            rule(("cart_open", {"hours": 20, "amount": None, "currency": ""})), name=_("Still there?")
        )
        kit.do("email_send", email=second, parent=left, branch="yes", name=_("Still there"))
        kit.do("list_add", list=came, parent=left, branch="no", name=_("Came back"))


@register
class PostPurchase(Scenario):
    key = "post_purchase"
    name = gettext_lazy("After a purchase")
    sentence = gettext_lazy(
        "Thanks for an order a day later; three weeks later it shows what others like to whoever has not "
        "bought again, and puts those who have into a list."
    )
    before = (gettext_lazy("Your shop must report orders. Nobody gets it twice within two months."),)
    icon = "wa-cart"
    order = 84
    settings = {"reentry": "after", "reentry_days": 60}

    def build(self, kit):
        regular = kit.lead_list(_("Regular customers"), _("They bought again within three weeks."))
        thanks = kit.email(
            _("1 Thank you"),
            _("Thank you for your order"),
            _("Thank you for your order"),
            _("Hello {{ lead.first_name | default: 'and thank you' }},"),
            _(
                "Your order {{ order.number }} is in good hands. This is how to get the most out of it: add "
                "it here."
            ),
        )
        again = kit.email(
            _("2 What others like"),
            _("What others like"),
            _("What others like"),
            _("Hello {{ lead.first_name | default: 'again' }},"),
            _("How do you like what you bought? Others went on with these:"),
            blocks=[("best_sellers", {"heading": "", "category": None, "count": 4, "audience": "everybody"})],
        )
        kit.start("order_paid", product=None, category=None, amount=None, currency="")
        kit.add("wait_days", {"amount": 1, "unit": "days"})
        kit.do("email_send", email=thanks, name=_("Thank you"))
        kit.add("wait_days", {"amount": 20, "unit": "days"})
        lately = {"ago": {"operator": "lt", "value": 20, "to": None}, "unit": "days"}
        bought = kit.ask(rule(("last_order", lately)), name=_("Bought again?"))
        kit.do("list_add", list=regular, parent=bought, branch="yes", name=_("Regular customers"))
        kit.do("email_send", email=again, parent=bought, branch="no", name=_("What others like"))
