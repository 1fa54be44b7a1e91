"""Blocks with products for emails. Prices always say of which day they are.

Products that somebody chose, and best sellers, are those of the moment when the email was published; what a
person looked at or left in a cart is read when the message is handed over.
"""

from urllib.parse import urljoin

from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
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

GROUP = pgettext_lazy("blocks", "Shop")
MAX_PRODUCTS = 12
#: stands for a product's key in addresses until Liquid knows it
PLACE = "00000000-0000-0000-0000-000000000000"
CART_KEY = "{{ cart.key }}"
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


def linked_name(line: dict, context) -> str:
    """The name of a product, a link where it has an address of its own."""
    name = context.html(inert(line["name"]))
    is_plain = line["url"] and "{" not in line["url"]
    return f'<a href="{context.html(line["url"])}">{name}</a>' if is_plain else name


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
        return self._between(value, context, self.own_mjml(value, context), self._table, "mjml")

    def render_text(self, value, context):
        return self._between(value, context, self.own_text(value, context), self._lines, "text")

    def own_mjml(self, value, context) -> str:
        """What those see for whom the block is."""
        return self._table(value, self.products(value), context)

    def own_text(self, value, context) -> str:
        return self._lines(value, self.products(value), context)

    def _between(self, value, context, own: str, written, part: str) -> str:
        """``own`` for whom the block is, best sellers for others, each as ``part`` wants it."""
        asked = self.asked(value)
        others = written(value, self.otherwise(value), context) if asked or not own else ""
        if not own:
            asked, own = "", others
        if asked and own:
            keep = context.keep if part == "mjml" else str
            tag_if, tag_else, tag_end = f"{{% if {asked} %}}", "{% else %}", "{% endif %}"
            middle = f"{keep(tag_else)}{others}" if others else ""
            own = f"{keep(tag_if)}{own}{middle}{keep(tag_end)}"
        return f"<mj-text>{own}</mj-text>" if own and part == "mjml" else own

    def _table(self, value, products: list[Product], context) -> str:
        lines = showing.listed(products, context.base_url)
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
        link = linked_name(line, context)
        picture = context.html(inert(line["image_url"]))
        image = f'<img src="{picture}" alt="" width="240" style="max-width:100%"><br>' if picture else ""
        price = f"<br>{context.html(inert(line['price_shown']))}" if line["price_shown"] else ""
        return f"{image}<strong>{link}</strong>{price}"

    def _lines(self, value, products: list[Product], context) -> str:
        lines = showing.listed(products)
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

    def products(self, value):
        category = value.get("category")
        return showing.best_sellers(limit=value["count"], category=category.pk if category else None)


class PersonalEmailBlock(ShopEmailBlock):
    """Base: lines that each person has of their own. ``source``: the Liquid list.

    In the HTML part each line is written out, since an address that reads the variable of a loop cannot be
    told to anybody later, and its clicks would not be the email's.
    """

    source = ""
    #: whether its items have a number of pieces
    has_pieces = False

    def asked(self, value):
        asked, audience = f"{self.source}.size > 0", super().asked(value)
        return f"{asked} and {audience}" if audience else asked

    def own_mjml(self, value, context):
        heading = f"<h3>{context.html(value['heading'])}</h3>" if value.get("heading") else ""
        lines = "".join(self._item(number, context) for number in range(self._count(value)))
        note = f"<p><small>{context.html(as_of_liquid())}</small></p>"
        return f"{heading}{lines}{self._end(value, context)}{note}"

    def own_text(self, value, context):
        heading = f"{context.plain(value['heading'])}\n" if value.get("heading") else ""
        price = "{% if item.price_shown != blank %} – {{ item.price_shown }}{% endif %}"
        line = f"* {{{{ item.name }}}}{self._pieces('item')}{price}\n"
        begin = f"{{% for item in {self.source} limit: {self._count(value)} %}}"
        loop = f"{begin}{line}{{% endfor %}}"
        return f"{heading}{loop}{self._text_end(value, context)}{as_of_liquid()}"

    def _count(self, value) -> int:
        return min(int(value.get("count") or 4), MAX_PRODUCTS)

    def _pieces(self, item: str) -> str:
        if not self.has_pieces:
            return ""
        return f"{{% if {item}.quantity > 1 %}} × {{{{ {item}.quantity }}}}{{% endif %}}"

    def _item(self, number: int, context) -> str:
        """One line, if the person has so many; ``number`` counts from 0."""
        keep, item = context.keep, f"{self.source}[{number}]"

        def having(name: str, text: str) -> str:
            return f"{keep(f'{{% if {item}.{name} != blank %}}')}{text}{keep('{% endif %}')}"

        plain = keep(f"{{{{ {item}.name }}}}", shown=_("Line %(number)d") % {"number": number + 1})
        # read by itself when the link is followed, so that it may not fail where there is no such line
        key = f"{{{{ {self.source} | map: 'key' | slice: {number}, 1 | first }}}}"
        address = self._address(context, "product", key)
        source = keep(f"{{{{ {item}.image_url }}}}")
        image = having("image_url", f'<img src="{source}" alt="" width="120" style="max-width:100%"><br>')
        is_linked = f"{item}.key != blank and {item}.url != blank"
        link = f'<a href="{context.html(address)}">{plain}</a>'
        name = f"{keep(f'{{% if {is_linked} %}}')}{link}{keep('{% else %}')}{plain}{keep('{% endif %}')}"
        price = keep(f"{{{{ {item}.price_shown }}}}")
        line = f"<p>{image}<strong>{name}</strong>{keep(self._pieces(item))}<br>{price}</p>"
        return f"{keep(f'{{% if {self.source}.size > {number} %}}')}{line}{keep('{% endif %}')}"

    def _address(self, context, name: str, key: str) -> str:
        """The address that leads on to where the shop says; mail programs see the host of the email."""
        path = reverse(f"wagtail_automation_commerce:{name}", args=[PLACE])
        return urljoin(f"{context.base_url}/", path).replace(PLACE, key)

    def _end(self, value, context) -> str:
        return ""

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


@email_blocks.register
class BoughtTogetherEmailBlock(PersonalEmailBlock):
    key = "bought_together"
    source = "together.products"
    heading = heading_block()
    count = count_block()
    audience = audience_block()
    instead = instead_block()

    class Meta:
        label = gettext_lazy("Bought together with the last order")


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

    def _label(self, value) -> str:
        return value.get("label") or _("Back to the cart")

    def _end(self, value, context):
        keep = context.keep
        address = self._address(context, "to_cart", CART_KEY)
        label = context.html(self._label(value))
        amount = f"<strong>{keep('{{ cart.total_shown }}')}</strong>"
        total = f"<p>{_('%(label)s: %(value)s') % {'label': context.html(_('Total')), 'value': amount}}</p>"
        link = f'<p><a href="{context.html(address)}">{label}</a></p>'
        return f"{total}{keep('{% if cart.url != blank %}')}{link}{keep('{% endif %}')}"

    def _text_end(self, value, context):
        address = self._address(context, "to_cart", CART_KEY)
        label = context.plain(self._label(value))
        words = _("%(label)s: %(value)s")
        total = words % {"label": _("Total"), "value": "{{ cart.total_shown }}"}
        link = words % {"label": label, "value": context.absolute(address)}
        return f"{total}\n{{% if cart.url != blank %}}{link}\n{{% endif %}}"


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
        link = linked_name(line, context)
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
            link = {"label": label, "value": context.url(promotion.url, label)}
            parts.append(_("%(label)s: %(value)s") % link)
        return f"{{% if {name}.shown %}}" + "\n".join(filter(None, [*parts, as_of()])) + "{% endif %}"
