"""Blocks with products for a site's StreamFields: one, many, looked at last, left in the cart, best sellers.

Each has a rule (who sees it) and something for everybody else. What depends on the person goes through
``content.personal``: it comes as a fragment for this visitor alone and never stands in a page that a cache
keeps. What a lead left elsewhere – a cart, pages looked at – is shown to somebody who has identified
themselves, or to a browser of which nobody knows whose it is; never to one that only followed a signed link.
"""

from django.template.loader import render_to_string
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from wagtail import blocks

from wagtail_automation.commerce import showing
from wagtail_automation.commerce.blocks import ProductCategoryChooserBlock, ProductChooserBlock
from wagtail_automation.commerce.models import Cart, Product
from wagtail_automation.commerce.models.products import key_of
from wagtail_automation.content import personal
from wagtail_automation.leads.models import Lead
from wagtail_automation.rules.blocks import RuleBlock

from .promotions import PromotionBlock

MAX_PRODUCTS = 24
NOTHING, SELLERS, CATEGORY, CHOSEN = "nothing", "best_sellers", "category", "chosen"


def count_block(default: int = 4) -> blocks.IntegerBlock:
    return blocks.IntegerBlock(
        label=_("At most so many"), default=default, min_value=1, max_value=MAX_PRODUCTS
    )


class InsteadBlock(blocks.StructBlock):
    """What those see to whom the block has nothing to show."""

    kind = blocks.ChoiceBlock(
        label=_("Everybody else sees"),
        choices=[
            (NOTHING, _("Nothing")),
            (SELLERS, _("Best sellers")),
            (CATEGORY, _("The newest of a category")),
            (CHOSEN, _("These products")),
        ],
        default=NOTHING,
    )
    category = ProductCategoryChooserBlock(label=_("Category"), required=False)
    products = blocks.ListBlock(ProductChooserBlock(label=_("Product")), label=_("Products"), default=[])

    class Meta:
        label = _("Instead")
        icon = "rotate"
        collapsed = True

    def listed(self, value, limit: int) -> list[Product]:
        """The products it names."""
        category = value.get("category")
        if value.get("kind") == SELLERS:
            return showing.best_sellers(limit=limit, category=category.pk if category else None)
        if value.get("kind") == CATEGORY and category:
            return showing.newest(limit=limit, category=category.pk)
        if value.get("kind") == CHOSEN:
            return showing.chosen([product.pk for product in value["products"] if product])[:limit]
        return []


class ShopBlock(personal.PersonalBlock, blocks.StructBlock):
    """Base. ``for_everybody``: what it shows is the same for all whom the rule lets see it."""

    for_everybody = True
    template_name = "wagtail_automation/shop/products.html"

    class Meta:
        icon = "wa-cart"
        group = pgettext_lazy("blocks", "Shop")

    def personal_key(self, value, block_id):
        is_personal = not self.for_everybody or bool(value["rule"])
        return str(block_id or "") if is_personal else ""

    def alternatives(self, value):
        return [personal.Alternative("rule", "", value["rule"])] if value["rule"] else []

    def products(self, value) -> list[Product]:
        """What everybody whom the rule lets sees."""
        return []

    def limit(self, value) -> int:
        return value.get("count") or 1

    def render_for(self, person, value, context):
        if person.lead is None:
            return None
        alternatives = self.alternatives(value)
        if alternatives and person.first_match(alternatives) is None:
            return None
        found = self.shown_to(person, value, context)
        return (found, "rule" if alternatives else "") if found else None

    def shown_to(self, person, value, context) -> str:
        """HTML for this person; empty: they see what everybody else sees."""
        return self.as_html(value, self.products(value), context)

    def render_alternative(self, value, alternative_id, context):
        return self.as_html(value, self.products(value), context)

    def render_fallback(self, value, context):
        if self.for_everybody and not value["rule"] and (found := self.products(value)):
            return self.as_html(value, found, context)
        return self.as_html(
            value, self.child_blocks["instead"].listed(value["instead"], self.limit(value)), context
        )

    def as_html(self, value, products: list[Product], context, **more) -> str:
        """The products as a list; nothing for none."""
        if not products:
            return ""
        return self.written(value, showing.listed(products), context, **more)

    def written(self, value, lines: list[dict], context, **more) -> str:
        names = {"heading": value.get("heading") or "", "products": lines, "kind": type(self).__name__}
        return render_to_string(self.template_name, {**names, **more}, request=context.get("request"))


def rule_block() -> RuleBlock:
    return RuleBlock(label=_("Shown to"), required=False)


class ProductBlock(ShopBlock):
    """One product."""

    heading = blocks.CharBlock(label=_("Heading"), max_length=120, required=False)
    product = ProductChooserBlock(label=_("Product"))
    instead = InsteadBlock()
    rule = rule_block()

    class Meta:
        label = _("Product")
        form_layout = blocks.BlockGroup(children=["heading", "product"], settings=["rule", "instead"])

    def products(self, value):
        product = value.get("product")
        return [product] if product and not product.archived else []


class ProductGridBlock(ShopBlock):
    """Products somebody chose, or the newest or best sold of a category."""

    heading = blocks.CharBlock(label=_("Heading"), max_length=120, required=False)
    what = blocks.ChoiceBlock(
        label=_("Which"),
        choices=[(CHOSEN, _("These products")), ("newest", _("The newest")), (SELLERS, _("Best sellers"))],
        default=CHOSEN,
    )
    products_chosen = blocks.ListBlock(
        ProductChooserBlock(label=_("Product")), label=_("Products"), default=[]
    )
    category = ProductCategoryChooserBlock(
        label=_("Category"), required=False, help_text=_("Leave it empty for any category.")
    )
    count = count_block()
    instead = InsteadBlock()
    rule = rule_block()

    class Meta:
        label = _("Products")
        form_layout = blocks.BlockGroup(
            children=["heading", "what", "products_chosen", "category", "count"], settings=["rule", "instead"]
        )

    def products(self, value):
        category = value["category"].pk if value.get("category") else None
        if value.get("what") == CHOSEN:
            return showing.chosen([p.pk for p in value["products_chosen"] if p])[: self.limit(value)]
        ask = showing.newest if value.get("what") == "newest" else showing.best_sellers
        return ask(limit=self.limit(value), category=category)


class BestSellersBlock(ShopBlock):
    """What sold most in the last 30 days."""

    heading = blocks.CharBlock(label=_("Heading"), max_length=120, required=False)
    category = ProductCategoryChooserBlock(
        label=_("Category"), required=False, help_text=_("Leave it empty for any category.")
    )
    count = count_block()
    instead = InsteadBlock()
    rule = rule_block()

    class Meta:
        label = _("Best sellers")
        form_layout = blocks.BlockGroup(
            children=["heading", "category", "count"], settings=["rule", "instead"]
        )

    def products(self, value):
        category = value.get("category")
        return showing.best_sellers(limit=self.limit(value), category=category.pk if category else None)


class BoughtTogetherBlock(ShopBlock):
    """What was most often in one order with a product."""

    heading = blocks.CharBlock(label=_("Heading"), max_length=120, required=False)
    product = ProductChooserBlock(label=_("Product"))
    count = count_block()
    instead = InsteadBlock()
    rule = rule_block()

    class Meta:
        label = _("Bought together")
        form_layout = blocks.BlockGroup(
            children=["heading", "product", "count"], settings=["rule", "instead"]
        )

    def products(self, value):
        product = value.get("product")
        if not product:
            return []
        return showing.bought_with({0: [product.pk]}, limit=self.limit(value))[0]


class OwnBlock(ShopBlock):
    """Base: what is the person's own."""

    for_everybody = False

    def shown_to(self, person, value, context):
        if not (person.is_identified or person.lead.status == Lead.Status.ANONYMOUS):
            return ""
        return self.own(person.lead, value, context)

    def own(self, lead, value, context) -> str:
        raise NotImplementedError(f"{type(self).__qualname__} must define own()")


class LastSeenBlock(OwnBlock):
    """The products whose pages the person looked at last."""

    heading = blocks.CharBlock(label=_("Heading"), max_length=120, required=False)
    count = count_block()
    instead = InsteadBlock()
    rule = rule_block()

    class Meta:
        label = _("Looked at last")
        form_layout = blocks.BlockGroup(children=["heading", "count"], settings=["rule", "instead"])

    def own(self, lead, value, context):
        return self.as_html(
            value, showing.seen_by([lead.pk], limit=self.limit(value)).get(lead.pk, []), context
        )


class CartBlock(OwnBlock):
    """What the person left in a cart last, with the way back to it."""

    heading = blocks.CharBlock(label=_("Heading"), max_length=120, required=False)
    label = blocks.CharBlock(label=_("Label of the link"), max_length=60, required=False)
    count = count_block()
    instead = InsteadBlock()
    rule = rule_block()

    class Meta:
        label = _("Left in the cart")
        form_layout = blocks.BlockGroup(children=["heading", "label", "count"], settings=["rule", "instead"])

    def own(self, lead, value, context):
        cart = Cart.objects.left().filter(lead=lead).order_by("-touched_at", "-pk").first()
        if cart is None:
            return ""
        lines = cart.lines[: self.limit(value)]
        known = {product.sku_key: product for product in showing.by_sku([line["sku"] for line in lines])}
        pictures = showing.pictures(list(known.values()))
        shown = []
        for line in lines:
            product = known.get(key_of(line["sku"]))
            picture = line.get("image_url") or (pictures.get(product.pk) if product else "")
            url = line.get("url") or (product.url if product else "")
            shown.append({**line, "image_url": picture or "", "url": url, "is_in_stock": True})
        more = {"cart_url": cart.url, "cart_label": value.get("label"), "total_shown": cart.total_shown}
        return self.written(value, shown, context, **more)


class ShopBlocks(blocks.StreamBlock):
    """All of them, to be inherited by a site's own StreamBlock."""

    product = ProductBlock()
    product_grid = ProductGridBlock()
    best_sellers = BestSellersBlock()
    bought_together = BoughtTogetherBlock()
    last_seen = LastSeenBlock()
    cart = CartBlock()
    promotion = PromotionBlock()
