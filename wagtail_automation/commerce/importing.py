"""Products and orders from files: tills that are not online, shops of the past, catalogues."""

import datetime as dt
import zoneinfo
from decimal import Decimal, InvalidOperation

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from wagtail_automation import clock, conf
from wagtail_automation.leads.field_types import TYPES, clean_text
from wagtail_automation.leads.folding import fold
from wagtail_automation.leads.identifiers import normalise
from wagtail_automation.leads.imports import actions, dates
from wagtail_automation.leads.imports.kinds import ImportKind, Prepared, Target, import_kinds
from wagtail_automation.leads.imports.people import attempt, identifier_targets

from . import money, products
from .models import Channel, Order
from .models.products import key_of
from .recording import record_statements
from .stating import MAX_QUANTITY, Statement, order_statement, stamp, web_url

APP = "wagtail_automation_commerce"
YES = {"yes", "y", "true", "1", "x", "oui", "o", "vrai", "in stock", "en stock", "disponible"}
NO = {"no", "n", "false", "0", "non", "faux", "sold out", "out of stock", "epuise", "indisponible"}
#: What files call the states, folded.
STATES = {
    "paid": "paid", "payee": "paid", "paye": "paid", "completed": "paid", "terminee": "paid",
    "placed": "placed", "pending": "placed", "passee": "placed", "en attente": "placed",
    "cancelled": "cancelled", "canceled": "cancelled", "annulee": "cancelled", "annule": "cancelled",
}  # fmt: skip
CHANNELS = {
    "web": "web", "online": "web", "en ligne": "web", "internet": "web",
    "shop": "shop", "store": "shop", "magasin": "shop", "boutique": "shop",
    "call centre": "call_centre", "call center": "call_centre", "phone": "call_centre",
    "telephone": "call_centre", "centre d'appels": "call_centre",
    "marketplace": "marketplace", "place de marche": "marketplace",
    "app": "app", "mobile": "app", "other": "other", "autre": "other",
}  # fmt: skip


def amount(text: str) -> str:
    """“1 234,50” or “1,234.50” as a decimal number. Raises ValidationError."""
    plain = "".join(text.split()).replace("'", "").replace("\u2019", "")
    for sign in ("€", "$", "£", "EUR", "USD", "GBP", "CHF"):
        plain = plain.replace(sign, "")
    if "," in plain and "." in plain:
        last = max(plain.rfind(","), plain.rfind("."))
        plain = plain[:last].replace(",", "").replace(".", "") + "." + plain[last + 1 :]
    plain = plain.replace(",", ".")
    try:
        number = Decimal(plain)
    except InvalidOperation:
        number = None
    if number is None or not number.is_finite() or len(plain) > 30:
        raise ValidationError(gettext("This is no amount."))
    if number < 0:
        raise ValidationError(gettext("Amounts are never negative."))
    return str(number)


def one_of(words: dict, text: str) -> str:
    found = words.get(" ".join(fold(text).split()))
    if found is None:
        raise ValidationError(gettext("“%(text)s” is not known here.") % {"text": text[:50]})
    return found


def truth(text: str) -> bool:
    folded = " ".join(fold(text).split())
    if folded in YES or (folded.isdecimal() and int(folded[:9]) > 0):
        return True
    if folded in NO or folded.isdecimal():
        return False
    raise ValidationError(gettext("This is neither yes nor no."))


def whole(text: str) -> int:
    number = TYPES["number"].clean(text, None)
    if number != int(number) or not 1 <= number <= MAX_QUANTITY:
        raise ValidationError(
            gettext("A quantity is a whole number from 1 to %(limit)d.") % {"limit": MAX_QUANTITY}
        )
    return int(number)


def names(text: str) -> list[str]:
    """Categories, separated by commas, semicolons or strokes."""
    parts = text.replace(";", ",").replace("|", ",").split(",")
    found = [clean_text(part, max_length=100) for part in parts]
    return [name for name in found if key_of(name)][:20]


def currency_field() -> forms.CharField:
    return forms.CharField(
        label=_("Currency"),
        max_length=3,
        initial=conf.get("CURRENCY"),
        help_text=_("Where no column says it."),
        validators=[money.clean_currency],
    )


class Cleaner:
    """Cleans the columns of one run, by the name behind the dot of their target."""

    def __init__(self, run, by_name: dict):
        self.run, self.by_name = run, by_name
        self.zone = zoneinfo.ZoneInfo(run.options.get("zone") or timezone.get_default_timezone_name())

    def clean(self, target: str, texts: set[str]) -> dict:
        area, _dot, name = target.partition(".")
        if area == "id":
            return {text: attempt(normalise, name, text) for text in texts}
        function = self.by_name.get(name) or self._at
        return {text: attempt(function, text) for text in texts}

    def _at(self, text: str) -> str:
        with timezone.override(self.zone):
            stored = TYPES["datetime"].clean(dates.normal(text, self.run), None)
        if TYPES["datetime"].to_python(stored) > clock.now() + dt.timedelta(minutes=5):
            raise ValidationError(gettext("This date lies in the future."))
        return stored

    def put(self, entry: Prepared, target: str, name: str, value) -> None:
        if target in ("order.info", "product.attributes"):
            entry.values.setdefault(target, {})[name[:50]] = value
        elif isinstance(value, list):
            entry.values[target] = [*entry.values.get(target, []), *value]
        else:
            entry.values[target] = value


def text_of(limit: int, *, lines: bool = False):
    return lambda text: clean_text(text, max_length=limit, lines=lines)


@import_kinds.register
class Orders(ImportKind):
    """Orders, one row for each item; rows of one number are one order, wherever they stand in the file."""

    key = "orders"
    label = _("Orders and offline transactions")
    description = _("What people bought, one row for each item, attached by any identifier.")
    icon = "wa-cart"
    order = 30
    permissions = (f"{APP}.add_order",)
    chunk = 500
    counts = (
        ("items", _("Items")),
        ("orders", _("Orders")),
        ("waiting", _("Orders of people nobody knows")),
        ("refused", _("Rows refused")),
    )

    def targets(self, user):
        group = _("The order")
        item = _("What was bought")
        return [
            *identifier_targets(),
            Target("order.number", _("Number of the order"), group,
                   ("order", "number", "order number", "order id", "numero", "commande", "ticket")),
            Target("order.at", _("When (date and time)"), group,
                   ("at", "date", "when", "time", "order date", "date de commande", "paid at", "horodatage")),
            Target("order.total", _("Total of the order"), group, ("total", "order total", "montant total")),
            Target("order.currency", _("Currency"), group, ("currency", "devise", "monnaie")),
            Target("order.state", _("State"), group, ("state", "status", "etat", "statut")),
            Target("order.channel", _("Channel"), group, ("channel", "canal")),
            Target("order.coupon", _("Coupon"), group, ("coupon", "code promo", "promo code", "voucher")),
            Target("order.info", _("Kept with the order"), group, (), many=True),
            Target("order.sku", _("SKU"), item, ("sku", "reference", "ref", "article", "product id")),
            Target("order.name", _("Name of the item"), item,
                   ("name", "product", "item", "nom", "produit", "designation", "libelle")),
            Target("order.quantity", _("Quantity"), item, ("quantity", "qty", "quantite", "qte")),
            Target("order.price", _("Price of one piece"), item,
                   ("price", "unit price", "prix", "prix unitaire", "amount", "montant")),
            Target("order.categories", _("Categories"), item,
                   ("category", "categories", "categorie", "rayon"), many=True),
        ]  # fmt: skip

    def option_fields(self, user, header):
        zones = [(zone, zone.replace("_", " ")) for zone in sorted(zoneinfo.available_timezones())]
        return {
            "source": forms.CharField(
                label=_("Where they come from"),
                max_length=50,
                initial="import",
                help_text=_("Order numbers are unique within it: the same file again changes nothing."),
            ),
            "currency": currency_field(),
            "channel": forms.ChoiceField(label=_("Channel"), choices=Channel.choices, initial=Channel.SHOP),
            "state": forms.ChoiceField(
                label=_("State"),
                choices=[("paid", _("Paid")), ("placed", _("Placed, not paid"))],
                initial="paid",
                help_text=_("Where no column says it."),
            ),
            "zone": forms.ChoiceField(
                label=_("Time zone of the times"),
                choices=zones,
                initial=timezone.get_default_timezone_name(),
                help_text=_("Where a time does not say its zone itself."),
            ),
            "day_first": dates.order_field(),
            "create": forms.BooleanField(
                label=_("Make leads of people nobody knows"),
                required=False,
                help_text=_("Otherwise their orders wait for them."),
            ),
            "wake": forms.BooleanField(
                label=_("Let these orders start campaigns"),
                required=False,
                help_text=_("Leave it off for orders of long ago. Rules count them in any case."),
            ),
        }

    def check(self, columns, options):
        chosen = {column["target"] for column in columns}
        if "order.number" not in chosen:
            raise ValidationError(gettext("Choose the column with the number of the order."))
        if "order.at" not in chosen:
            raise ValidationError(gettext("Choose the column that says when it happened."))
        if not chosen & {"order.sku", "order.name", "order.total"}:
            raise ValidationError(gettext("Choose the column that says what was bought, or the total."))

    def cleaner(self, run):
        by_name = {
            "number": text_of(200), "sku": text_of(100), "name": text_of(255), "coupon": text_of(100),
            "info": text_of(500), "quantity": whole, "price": amount, "total": amount, "categories": names,
            "currency": money.clean_currency,
            "state": lambda text: one_of(STATES, text),
            "channel": lambda text: one_of(CHANNELS, text),
        }  # fmt: skip
        return Cleaner(run, by_name)

    def complete(self, run, rows):
        for entry in rows:
            if entry.refused:
                continue
            values = entry.values
            if "order.number" not in values:
                entry.refuse(gettext("Nothing in this row says which order it is."))
            elif "order.at" not in values:
                entry.refuse(gettext("Nothing in this row says when it happened."))
            elif not (values.get("order.sku") or values.get("order.name") or "order.total" in values):
                entry.refuse(gettext("Nothing in this row says what was bought."))
            else:
                self._check_money(run, entry)

    def _check_money(self, run, entry) -> None:
        currency = entry.values.get("order.currency") or run.options["currency"]
        for target in ("order.price", "order.total"):
            if target in entry.values:
                try:
                    money.to_units(entry.values[target], currency)
                except ValidationError as error:
                    entry.refuse(" ".join(error.messages))

    def value_of(self, entry, target, column):
        value = entry.values.get(target)
        return value.get(column) if target == "order.info" and value else value

    def shown(self, target, value):
        if target == "order.at":
            return TYPES["datetime"].display(value, None)
        return ", ".join(value) if isinstance(value, list) else str(value)

    def apply(self, run, rows):
        return record_rows(run, rows)


def record_rows(run, rows: list[Prepared]) -> dict[str, int]:
    """Rows of one number are one order; those that an earlier chunk of this run brought are put before."""
    by_number: dict[str, list[Prepared]] = {}
    for entry in rows:
        if not entry.refused:
            by_number.setdefault(entry.values["order.number"], []).append(entry)
    source, moment = run.options.get("source") or "import", run.created_at
    before = _brought_before(source, list(by_number), moment)
    built: list[tuple[list[Prepared], Statement]] = []
    for number, entries in by_number.items():
        try:
            built.append((entries, _statement(run, number, source, moment, entries, before.get(number))))
        except ValidationError as error:
            for entry in entries:
                entry.refuse(" ".join(error.messages))
    results = record_statements(
        [said for _entries, said in built], wake=None if run.options.get("wake") else False
    ) if built else []  # fmt: skip
    counts = {"items": 0, "orders": 0, "waiting": 0}
    for (entries, _said), result in zip(built, results, strict=True):
        if isinstance(result, ValidationError):
            for entry in entries:
                entry.refuse(" ".join(result.messages))
            continue
        counts["items"] += len(entries)
        counts["orders"] += result.number not in before
        counts["waiting"] += result.lead_id is None and result.number not in before
    refused, noted = actions.note_problems(run, rows)
    return {"rows": len(rows), "refused": refused, "noted": noted, **counts}


def _brought_before(source: str, numbers: list[str], moment: dt.datetime) -> dict[str, list[dict]]:
    """``{number: items}`` of orders of which an earlier chunk of this very run has spoken."""
    orders = Order.objects.filter(source=source, number__in=numbers)
    found = {}
    for order in orders.prefetch_related("items__categories__category"):
        if order.stated.get("content", [""])[0] == stamp(moment):
            found[order.number] = [
                {
                    "sku": item.sku,
                    "name": item.name,
                    "quantity": item.quantity,
                    "price": money.to_decimal(item.price, order.currency),
                    "categories": [link.category.name for link in item.categories.all()],
                }
                for item in order.items.all()
            ]
    return found


def _statement(run, number, source, moment, entries: list[Prepared], before: list[dict] | None) -> Statement:
    def first(name):
        return next((row.values[name] for row in entries if row.values.get(name) not in (None, "")), None)

    identifiers: dict[str, str] = {}
    for entry in entries:
        for target, value in entry.values.items():
            if target.startswith("id."):
                identifiers.setdefault(target.removeprefix("id."), value)
    at = TYPES["datetime"].to_python(min(entry.values["order.at"] for entry in entries))
    state = first("order.state") or run.options.get("state") or "paid"
    moments = {"placed_at": at}
    if state != "placed":
        moments[f"{state}_at"] = at
    items = [
        _item(entry) for entry in entries if entry.values.get("order.sku") or entry.values.get("order.name")
    ]
    return order_statement(
        number,
        source=source,
        at=moment,
        identifiers=identifiers or None,
        create_lead=bool(run.options.get("create")),
        currency=first("order.currency") or run.options["currency"],
        items=[*(before or []), *items],
        total=first("order.total"),
        channel=first("order.channel") or run.options.get("channel") or Channel.SHOP,
        coupon=first("order.coupon"),
        info=first("order.info"),
        **moments,
    )


def _item(entry: Prepared) -> dict:
    values = entry.values
    return {
        "sku": values.get("order.sku", ""),
        "name": values.get("order.name", ""),
        "quantity": values.get("order.quantity", 1),
        "price": values.get("order.price", 0),
        "categories": values.get("order.categories", []),
    }


@import_kinds.register
class Products(ImportKind):
    """Products by their SKU; the same file again brings them up to date."""

    key = "products"
    label = _("Products")
    description = _("The catalogue of the shop: new products are added, known ones brought up to date.")
    icon = "wa-cart"
    order = 40
    permissions = (f"{APP}.add_product", f"{APP}.change_product")
    counts = (("created", _("Created")), ("updated", _("Updated")), ("refused", _("Rows refused")))

    def targets(self, user):
        group = _("Products")
        return [
            Target("product.sku", _("SKU"), group, ("sku", "reference", "ref", "id", "product id")),
            Target("product.name", _("Name"), group, ("name", "title", "nom", "titre", "designation")),
            Target("product.price", _("Price"), group, ("price", "prix", "amount")),
            Target("product.currency", _("Currency"), group, ("currency", "devise")),
            Target("product.categories", _("Categories"), group,
                   ("category", "categories", "categorie", "product type", "rayon"), many=True),
            Target("product.stock", _("In stock (yes or no, or a number)"), group,
                   ("stock", "in stock", "availability", "disponibilite", "en stock")),
            Target("product.url", _("Link"), group, ("url", "link", "lien", "adresse")),
            Target("product.image_url", _("Address of an image"), group,
                   ("image", "image url", "image link", "photo")),
            Target("product.description", _("Description"), group, ("description", "texte")),
            Target("product.attributes", _("Attribute"), group, (), many=True),
        ]  # fmt: skip

    def option_fields(self, user, header):
        return {"currency": currency_field()}

    def check(self, columns, options):
        if "product.sku" not in {column["target"] for column in columns}:
            raise ValidationError(gettext("Choose the column with the SKU."))

    def cleaner(self, run):
        by_name = {
            "sku": text_of(100), "name": text_of(255), "price": amount, "currency": money.clean_currency,
            "categories": names, "stock": truth, "url": web_url, "image_url": web_url,
            "description": text_of(5000, lines=True), "attributes": text_of(500),
        }  # fmt: skip
        return Cleaner(run, by_name)

    def complete(self, run, rows):
        for entry in rows:
            if entry.refused:
                continue
            if not key_of(entry.values.get("product.sku", "")):
                entry.refuse(gettext("Nothing in this row says which product it is."))
            elif "product.price" in entry.values:
                currency = entry.values.get("product.currency") or run.options["currency"]
                try:
                    entry.values["product.units"] = money.to_units(entry.values["product.price"], currency)
                    entry.values["product.currency"] = currency
                except ValidationError as error:
                    entry.refuse(" ".join(error.messages))

    def value_of(self, entry, target, column):
        value = entry.values.get(target)
        return value.get(column) if target == "product.attributes" and value else value

    def shown(self, target, value):
        if isinstance(value, bool):
            return str(_("yes") if value else _("no"))
        return ", ".join(value) if isinstance(value, list) else str(value)

    def apply(self, run, rows):
        good = [entry.values for entry in rows if not entry.refused]
        created, updated = products.put(good, clock.now())
        refused, noted = actions.note_problems(run, rows)
        counts = {"rows": len(rows), "created": created, "updated": updated}
        return {**counts, "refused": refused, "noted": noted}
