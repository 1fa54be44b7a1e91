"""Blocks with products for emails. Prices always say of which day they are.

Products that somebody chose, and best sellers, are those of the moment when the email was published; what a
person looked at or left in a cart is read when the message is handed over.
"""

from urllib.parse import urljoin

from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail import blocks

from wagtail_automation import clock
from wagtail_automation.commerce import rfm, showing
from wagtail_automation.commerce.blocks import (
    ProductCategoryChooserBlock,
    ProductChooserBlock,
    PromotionChooserBlock,
)
from wagtail_automation.commerce.models import Product
from wagtail_automation.messaging.registry import EmailBlock, email_blocks

from .lines import lines_of

GROUP = gettext_lazy("Shop")
MAX_PRODUCTS = 12
LINKED = "{% if item.key != blank %}{% if item.url != blank %}"
#: stands for a product's key in addresses until Liquid knows it
PLACE = "00000000-0000-0000-0000-000000000000"
#: who sees a block -> the question in Liquid; nothing: everybody
AUDIENCES = {
    "everybody": (gettext_lazy("Everybody"), ""),
    "bought": (gettext_lazy("Those who have bought"), "customer.order_count > 0"),
    "never": (gettext_lazy("Those who have never bought"), "customer.order_count == 0"),
    **{key: (label, f"customer.class == '{key}'") for key, label in rfm.CLASSES.items()},
}


def audience_block() -> blocks.ChoiceBlock:
    return blocks.ChoiceBlock(
        label=gettext_lazy("Shown to"),
        choices=[(key, label) for key, (label, _question) in AUDIENCES.items()],
        default="everybody",
    )


def instead_block() -> blocks.BooleanBlock:
    return blocks.BooleanBlock(
        label=gettext_lazy("Everybody else sees best sellers"), required=False, default=False
    )


def count_block() -> blocks.IntegerBlock:
    return blocks.IntegerBlock(
        label=gettext_lazy("At most so many"), default=4, min_value=1, max_value=MAX_PRODUCTS
    )


def heading_block() -> blocks.CharBlock:
    return blocks.CharBlock(label=gettext_lazy("Heading"), max_length=120, required=False)


def inert(text) -> str:
    """Text of the shop, in which no Liquid comes alive."""
    return str(text or "").replace("{{", "{ {").replace("{%", "{ %").replace("}}", "} }").replace("%}", "% }")


def as_of() -> str:
    """“Prices as of 1 March 2026.”, of today."""
    today = timezone.localtime(clock.now()).date()
    return _("Prices as of %(day)s.") % {"day": date_format(today, "DATE_FORMAT")}


def as_of_liquid() -> str:
    """The same, of the day on which the message is handed over."""
    return _("Prices as of %(day)s.") % {"day": "{{ today | date: '%-d %B %Y' }}"}


class ShopEmailBlock(EmailBlock):
    """Base: products in two columns, a question who sees them, best sellers for everybody else."""

    class Meta:
        icon = "wa-cart"
        group = GROUP

    def products(self, value) -> list[Product]:
        """Those of the moment when the email is published."""
        return []

    def asked(self, value) -> str:
        """The question in Liquid; nothing: everybody sees it."""
        return AUDIENCES.get(value.get("audience"), ("", ""))[1]

    def otherwise(self, value) -> list[Product]:
        return showing.best_sellers(limit=value.get("count") or 4) if value.get("instead") else []

    def render_mjml(self, value, context):
        def written(products):
            return self._table(value, showing.listed(products, context.base_url), context)

        return self._between(value, context, written(self.products(value)), written, "mjml")

    def render_text(self, value, context):
        def written(products):
            return self._lines(value, showing.listed(products), context)

        return self._between(value, context, written(self.products(value)), written, "text")

    def _between(self, value, context, own: str, written, part: str) -> str:
        """``own`` for whom the block is, best sellers for others, each as ``part`` wants it."""
        asked = self.asked(value)
        others = written(self.otherwise(value)) if asked or not own else ""
        if not own:
            asked, own = "", others
        if asked and own:
            keep = context.keep if part == "mjml" else str
            tag_if, tag_else, tag_end = f"{{% if {asked} %}}", "{% else %}", "{% endif %}"
            middle = f"{keep(tag_else)}{others}" if others else ""
            own = f"{keep(tag_if)}{own}{middle}{keep(tag_end)}"
        return f"<mj-text>{own}</mj-text>" if own and part == "mjml" else own

    def _table(self, value, lines: list[dict], context) -> str:
        if not lines:
            return ""
        cells = [self._cell(line, context) for line in lines]
        if len(cells) % 2 and len(cells) > 1:
            cells.append("")
        width = 1 if len(cells) == 1 else 2
        cell = f'<td valign="top" width="{100 // width}%" style="padding:0 12px 16px 0">'
        rows = [cells[place : place + width] for place in range(0, len(cells), width)]
        body = "".join(f"<tr>{''.join(f'{cell}{text}</td>' for text in row)}</tr>" for row in rows)
        heading = f"<h3>{context.html(value['heading'])}</h3>" if value.get("heading") else ""
        table = f'<table role="presentation" width="100%" cellpadding="0" cellspacing="0">{body}</table>'
        return f"{heading}{table}<small>{context.html(as_of())}</small>"

    def _cell(self, line: dict, context) -> str:
        url = line["url"] if "{" not in line["url"] else ""
        name = context.html(inert(line["name"]))
        link = f'<a href="{context.html(url)}">{name}</a>' if url else name
        picture = context.html(inert(line["image_url"]))
        image = f'<img src="{picture}" alt="" width="240" style="max-width:100%"><br>' if picture else ""
        price = f"<br>{context.html(inert(line['price_shown']))}" if line["price_shown"] else ""
        return f"{image}<strong>{link}</strong>{price}"

    def _lines(self, value, lines: list[dict], context) -> str:
        if not lines:
            return ""
        found = [context.plain(value["heading"])] if value.get("heading") else []
        for line in lines:
            name = inert(line["name"])
            price = f" – {inert(line['price_shown'])}" if line["price_shown"] else ""
            url = f" ({context.url(line['url'], name)})" if line["url"] and "{" not in line["url"] else ""
            found.append(f"* {name}{price}{url}")
        return "\n".join([*found, as_of()])


@email_blocks.register
class ProductEmailBlock(ShopEmailBlock):
    key = "product"
    heading = heading_block()
    product = ProductChooserBlock(label=gettext_lazy("Product"))
    audience = audience_block()
    instead = instead_block()

    class Meta:
        label = gettext_lazy("Product")
        icon = "wa-cart"
        group = GROUP

    def products(self, value):
        product = value.get("product")
        return [product] if product and not product.archived else []


@email_blocks.register
class ProductGridEmailBlock(ShopEmailBlock):
    key = "product_grid"
    heading = heading_block()
    products_chosen = blocks.ListBlock(
        ProductChooserBlock(label=gettext_lazy("Product")),
        label=gettext_lazy("Products"),
        default=[],
        max_num=MAX_PRODUCTS,
    )
    category = ProductCategoryChooserBlock(label=gettext_lazy("Or the newest of a category"), required=False)
    count = count_block()
    audience = audience_block()
    instead = instead_block()

    class Meta:
        label = gettext_lazy("Products")
        icon = "wa-cart"
        group = GROUP

    def products(self, value):
        found = showing.chosen([product.pk for product in value["products_chosen"] if product])
        if not found and value.get("category"):
            found = showing.newest(limit=value["count"], category=value["category"].pk)
        return found[: value.get("count") or MAX_PRODUCTS]

    def problems(self, value):
        if not value.get("category") and not any(value["products_chosen"]):
            return {"category": _("Choose products or a category.")}
        return {}


@email_blocks.register
class BestSellersEmailBlock(ShopEmailBlock):
    key = "best_sellers"
    heading = heading_block()
    category = ProductCategoryChooserBlock(label=gettext_lazy("Category"), required=False)
    count = count_block()
    audience = audience_block()

    class Meta:
        label = gettext_lazy("Best sellers")
        icon = "wa-cart"
        group = GROUP

    def products(self, value):
        category = value.get("category")
        return showing.best_sellers(limit=value["count"], category=category.pk if category else None)


class PersonalEmailBlock(ShopEmailBlock):
    """Base: lines that each person has of their own. ``source``: the Liquid list."""

    source = ""

    def asked(self, value):
        asked, audience = f"{self.source}.size > 0", super().asked(value)
        return f"{asked} and {audience}" if audience else asked

    def render_mjml(self, value, context):
        def written(products):
            return self._table(value, showing.listed(products, context.base_url), context)

        return self._between(value, context, self._loop(value, context), written, "mjml")

    def render_text(self, value, context):
        def written(products):
            return self._lines(value, showing.listed(products), context)

        return self._between(value, context, self._text_loop(value, context), written, "text")

    def _begin(self, value) -> str:
        return f"{{% for item in {self.source} limit: {int(value.get('count') or 4)} %}}"

    def _loop(self, value, context) -> str:
        keep = context.keep
        address = self._address(context, "product", "{{ item.key }}")
        name = keep("{{ item.name }}")
        heading = f"<h3>{context.html(value['heading'])}</h3>" if value.get("heading") else ""
        source, linked = keep("{{ item.image_url }}"), keep(LINKED)
        picture = f'<img src="{source}" alt="" width="120" style="max-width:100%"><br>'
        image = f"{keep('{% if item.image_url != blank %}')}{picture}{keep('{% endif %}')}"
        plain = keep("{% else %}{{ item.name }}{% endif %}{% else %}{{ item.name }}{% endif %}")
        link = f'{linked}<a href="{context.html(address)}">{name}</a>{plain}'
        pieces = (
            keep("{% if item.quantity > 1 %} × {{ item.quantity }}{% endif %}") if self.has_pieces else ""
        )
        line = f"<p>{image}<strong>{link}</strong>{pieces}<br>{keep('{{ item.price_shown }}')}</p>"
        note = f"<p><small>{context.html(as_of_liquid())}</small></p>"
        loop = f"{keep(self._begin(value))}{line}{keep('{% endfor %}')}"
        return f"{heading}{loop}{self._end(value, context)}{note}"

    #: whether its items have a number of pieces
    has_pieces = False

    def _address(self, context, name: str, key: str) -> str:
        """The address that leads on to where the shop says; mail programs see the host of the email."""
        path = reverse(f"wagtail_automation_commerce:{name}", args=[PLACE])
        return urljoin(f"{context.base_url}/", path).replace(PLACE, key)

    def _end(self, value, context) -> str:
        return ""

    def _text_loop(self, value, context) -> str:
        heading = f"{context.plain(value['heading'])}\n" if value.get("heading") else ""
        pieces = "{% if item.quantity > 1 %} × {{ item.quantity }}{% endif %}" if self.has_pieces else ""
        line = f"* {{{{ item.name }}}}{pieces} – {{{{ item.price_shown }}}}\n"
        loop = f"{self._begin(value)}{line}{{% endfor %}}"
        return f"{heading}{loop}{self._text_end(value, context)}{as_of_liquid()}"

    def _text_end(self, value, context) -> str:
        return ""


@email_blocks.register
class LastSeenEmailBlock(PersonalEmailBlock):
    key = "products_seen"
    source = "product.seen"
    heading = heading_block()
    count = count_block()
    audience = audience_block()
    instead = instead_block()

    class Meta:
        label = gettext_lazy("Looked at last")
        icon = "wa-cart"
        group = GROUP


@email_blocks.register
class CartEmailBlock(PersonalEmailBlock):
    key = "cart"
    source = "cart.items"
    has_pieces = True
    heading = heading_block()
    label = blocks.CharBlock(label=gettext_lazy("Label of the link"), max_length=60, required=False)
    count = count_block()
    audience = audience_block()
    instead = instead_block()

    class Meta:
        label = gettext_lazy("Left in the cart")
        icon = "wa-cart"
        group = GROUP

    def _end(self, value, context):
        keep = context.keep
        address = self._address(context, "to_cart", "{{ cart.key }}")
        label = context.html(value.get("label") or _("Back to the cart"))
        word = _("Total")
        total = f"<p>{context.html(word)}: <strong>{keep('{{ cart.total_shown }}')}</strong></p>"
        link = f'<p><a href="{context.html(address)}">{label}</a></p>'
        return f"{total}{keep('{% if cart.url != blank %}')}{link}{keep('{% endif %}')}"

    def _text_end(self, value, context):
        address = self._address(context, "to_cart", "{{ cart.key }}")
        label = context.plain(value.get("label") or _("Back to the cart"))
        word = _("Total")
        total = f"{word}: {{{{ cart.total_shown }}}}\n"
        return f"{total}{{% if cart.url != blank %}}{label}: {context.absolute(address)}\n{{% endif %}}"


@email_blocks.register
class PromotionEmailBlock(EmailBlock):
    """A promotion with its products. Who it is for, and their code, are read when the message is handed
    over; its text and prices are those of the moment when the email was published."""

    key = "promotion"
    promotion = PromotionChooserBlock(label=gettext_lazy("Promotion"))
    label = blocks.CharBlock(label=gettext_lazy("Label of the link"), max_length=60, required=False)

    class Meta:
        label = gettext_lazy("Promotion")
        icon = "tag"
        group = GROUP

    def render_mjml(self, value, context):
        promotion = value.get("promotion")
        if promotion is None:
            return ""
        keep, html, name = context.keep, context.html, f"promotions.p{promotion.pk}"
        parts = [f"<h3>{html(inert(promotion.name))}</h3>"]
        if promotion.benefit:
            parts.append(f"<p><strong>{html(inert(promotion.benefit))}</strong></p>")
        if promotion.description:
            parts.append(f"<p>{html(inert(promotion.description))}</p>".replace("\n", "<br>"))
        parts += [self._line(line, context) for line in lines_of(promotion)]
        words = _("Your code:")
        code = f"<p>{html(words)} <strong>{keep('{{ ' + name + '.code }}')}</strong></p>"
        parts.append(f"{keep('{% if ' + name + '.code != blank %}')}{code}{keep('{% endif %}')}")
        if promotion.ends_at:
            parts.append(f"<p>{html(self._until(promotion))}</p>")
        if promotion.url and "{" not in promotion.url:
            label = html(inert(value.get("label")) or _("To the offer"))
            parts.append(f'<p><a href="{html(promotion.url)}">{label}</a></p>')
        parts.append(f"<p><small>{html(as_of())}</small></p>")
        shown, end = keep("{% if " + name + ".shown %}"), keep("{% endif %}")
        return f"<mj-text>{shown}{''.join(parts)}{end}</mj-text>"

    def _line(self, line: dict, context) -> str:
        url = line["url"] if "{" not in line["url"] else ""
        name = context.html(inert(line["name"]))
        link = f'<a href="{context.html(url)}">{name}</a>' if url else name
        old = line.get("old_price_shown")
        before = f" <s>{context.html(inert(old))}</s>" if old else ""
        return f"<p><strong>{link}</strong>{before} {context.html(inert(line['price_shown']))}</p>"

    def _until(self, promotion) -> str:
        day = date_format(timezone.localtime(promotion.ends_at), "DATETIME_FORMAT")
        return _("Until %(day)s.") % {"day": day}

    def render_text(self, value, context):
        promotion = value.get("promotion")
        if promotion is None:
            return ""
        name = f"promotions.p{promotion.pk}"
        parts = [inert(promotion.name), inert(promotion.benefit), inert(promotion.description)]
        parts += [f"* {inert(line['name'])} – {inert(line['price_shown'])}" for line in lines_of(promotion)]
        words = _("Your code:")
        code = f"{words} {{{{ {name}.code }}}}"
        parts.append(f"{{% if {name}.code != blank %}}{code}{{% endif %}}")
        if promotion.ends_at:
            parts.append(self._until(promotion))
        if promotion.url and "{" not in promotion.url:
            label = inert(value.get("label")) or _("To the offer")
            parts.append(f"{label}: {context.url(promotion.url, label)}")
        return f"{{% if {name}.shown %}}" + "\n".join(filter(None, [*parts, as_of()])) + "{% endif %}"
