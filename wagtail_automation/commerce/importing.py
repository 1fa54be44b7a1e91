"""Orders from files: tills that are not online, shops of the past."""

import datetime as dt

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import prefetch_related_objects
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from wagtail_automation.leads.field_types import TYPES
from wagtail_automation.leads.imports import actions
from wagtail_automation.leads.imports.kinds import ImportKind, Prepared, Target, import_kinds
from wagtail_automation.leads.imports.moments import MomentCleaner, moment_fields
from wagtail_automation.leads.imports.people import identifier_targets

from . import money
from .agreeing import Said, in_words, keep_spoken, refuse_contradictions, said_before
from .import_values import CHANNELS, STATES, amount, currency_field, names, one_of, text_of, units, whole
from .models import Channel, Order
from .recording import record_statements
from .stating import Normal, OrderStatement, order_statement, stamp

APP = "wagtail_automation_commerce"


@import_kinds.register
class Orders(ImportKind):
    """Orders, one row for each item; rows of one number are one order, wherever they stand in the file."""

    key = "orders"
    label = _("Orders and offline transactions")
    description = _("What people bought, one row for each item, attached by any identifier.")
    icon = "wa-cart"
    order = 30
    permissions = (f"{APP}.add_order",)
    chunk = 1500
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
            Target("order.refunded", _("Paid back of the order"), group,
                   ("refunded", "refund", "amount refunded", "rembourse", "montant rembourse",
                    "remboursement")),
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
            **moment_fields(),
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
        if not chosen & {"order.sku", "order.name", "order.total", "order.refunded"}:
            raise ValidationError(gettext("Choose the column that says what was bought, or the total."))

    def cleaner(self, run):
        by_name = {
            "number": text_of(200), "sku": text_of(100), "name": text_of(255), "coupon": text_of(100),
            "info": text_of(500), "quantity": whole, "price": amount, "total": amount, "refunded": amount,
            "categories": names,
            "currency": money.clean_currency,
            "state": lambda text: one_of(STATES, text),
            "channel": lambda text: one_of(CHANNELS, text),
        }  # fmt: skip
        return MomentCleaner(run, by_name, many=frozenset({"order.info"}), longest=50)

    def complete(self, run, rows):
        for entry in rows:
            if entry.refused:
                continue
            values = entry.values
            if "order.number" not in values:
                entry.refuse(gettext("Nothing in this row says which order it is."))
            elif "order.at" not in values:
                entry.refuse(gettext("Nothing in this row says when it happened."))
            elif not (_has_content(values) or _is_refund(values)):
                entry.refuse(gettext("Nothing in this row says what was bought."))
            else:
                self._check_money(run, entry)

    def _check_money(self, run, entry) -> None:
        currency = entry.values.get("order.currency") or run.options["currency"]
        for target in ("order.price", "order.total", "order.refunded"):
            if target in entry.values:
                try:
                    units(entry.values[target], currency)
                except ValidationError as error:
                    entry.refuse_value(run, target, error)

    def value_of(self, entry, target, column):
        value = entry.values.get(target)
        return value.get(column) if target == "order.info" and value else value

    def shown(self, target, value):
        if target == "order.at":
            return TYPES["datetime"].display(value, None)
        return ", ".join(value) if isinstance(value, list) else in_words(target, str(value))

    def foresee(self, run, rows):
        refuse_contradictions(_by_number(rows), {})

    def apply(self, run, rows):
        return record_rows(run, rows)


def _by_number(rows: list[Prepared]) -> dict[str, list[Prepared]]:
    """The rows that are not refused, by the number of their order."""
    found: dict[str, list[Prepared]] = {}
    for entry in rows:
        if not entry.refused:
            found.setdefault(entry.values["order.number"], []).append(entry)
    return found


def record_rows(run, rows: list[Prepared]) -> dict[str, int]:
    """Rows of one number are one order; those that an earlier chunk of this run brought are put before."""
    by_number = _by_number(rows)
    source = run.options.get("source") or "import"
    # each chunk speaks later than the one before it, so that what it adds to an order counts
    moment = run.created_at + dt.timedelta(microseconds=run.position // Orders.chunk)
    orders = _brought_before(source, list(by_number), run.created_at, moment)
    counts_of = {number: said_before(order, run.options, run.created_at) for number, order in orders.items()}
    refuse_contradictions(by_number, counts_of)
    standing = _standing(source, by_number)
    built: list[tuple[list[Prepared], OrderStatement]] = []
    for number, entries in by_number.items():
        if not entries:
            continue
        try:
            said = _statement(run, number, source, moment, entries, orders.get(number), counts_of[number])
            _pay_back(said, entries, counts_of[number], standing.get(number))
            keep_spoken(said, counts_of[number], run.options)
            built.append((entries, said))
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
        counts["orders"] += result.number not in orders
        counts["waiting"] += result.lead_id is None and result.number not in orders
    refused, noted = actions.note_problems(run, rows)
    return {"rows": len(rows), "refused": refused, "noted": noted, **counts}


def _brought_before(
    source: str, numbers: list[str], start: dt.datetime, moment: dt.datetime
) -> dict[str, Order]:
    """Orders, by number, of which an earlier chunk of this very run has spoken."""
    orders = Order.objects.filter(source=source, number__anyof=numbers)
    first, last = stamp(start), stamp(moment)
    found = [order for order in orders if first <= order.stated.get("content", [""])[0] <= last]
    prefetch_related_objects(found, "items__categories__category", "claims", "lead__identifiers")
    return {order.number: order for order in found}


def _items_of(order: Order) -> list[dict]:
    return [
        {
            "sku": item.sku,
            "name": item.name,
            "quantity": item.quantity,
            "price": money.to_decimal(item.price, order.currency),
            "categories": [link.category.name for link in item.categories.all()],
        }
        for item in order.items.all()
    ]


def _statement(
    run, number, source, moment, entries: list[Prepared], before: Order | None, said: Said
) -> OrderStatement:
    def counting(name):
        return said.values.get(f"order.{name}") or said.assumed.get(f"order.{name}")

    identifiers: dict[str, str] = {}
    for entry in entries:
        for target, value in entry.values.items():
            if target.startswith("id."):
                identifiers.setdefault(target.removeprefix("id."), value)
    for claim in before.claims.all() if before else ():
        identifiers[claim.kind] = claim.value
    at = TYPES["datetime"].to_python(min(entry.values["order.at"] for entry in entries))
    state = counting("state") or run.options.get("state") or "paid"
    moments = {"placed_at": at}
    if state != "placed":
        moments["cancelled_at" if state == "cancelled" else "paid_at"] = at
    content = {}
    if before or any(_has_content(entry.values) for entry in entries):
        items = [
            _item(entry)
            for entry in entries
            if entry.values.get("order.sku") or entry.values.get("order.name")
        ]
        content = {
            "items": [*(_items_of(before) if before else ()), *items],
            "total": counting("total"),
            "channel": counting("channel") or run.options.get("channel") or Channel.SHOP,
        }
    return order_statement(
        number,
        source=source,
        at=moment,
        lead=before.lead_id if before else None,
        identifiers=Normal(identifiers) if identifiers else None,
        create_lead=bool(run.options.get("create")),
        currency=said.currency or run.options["currency"],
        coupon=counting("coupon"),
        info=said.info or None,
        **moments,
        **content,
    )


def _has_content(values: dict) -> bool:
    return bool(values.get("order.sku") or values.get("order.name") or "order.total" in values)


def _is_refund(values: dict) -> bool:
    return "order.refunded" in values or values.get("order.state") == "refunded"


def _standing(source: str, by_number: dict[str, list[Prepared]]) -> dict[str, tuple[int, int]]:
    """``{number: (paid back so far, total)}`` of known orders of which something was paid back."""
    numbers = [
        number for number, entries in by_number.items() if any(_is_refund(entry.values) for entry in entries)
    ]
    rows = Order.objects.filter(source=source, number__anyof=numbers)
    found = rows.values_list("number", "refunded", "total") if numbers else ()
    return {number: (refunded, total) for number, refunded, total in found}


def _pay_back(
    statement: OrderStatement, entries: list[Prepared], said: Said, standing: tuple[int, int] | None
) -> None:
    """A file says what was paid back in all: of what is known already only the rest is a refund. Its key is
    the sum that it makes, so that the same file again, or an older one, pays nothing back twice."""
    known, total = standing or (0, None)
    if said.values.get("order.state") == "refunded":
        whole = statement.parts["content"]["total"] if "content" in statement.parts else total
        if whole is None:
            raise ValidationError(gettext("Nothing says how much was paid back."))
    elif "order.refunded" in said.values:
        whole = money.to_units(said.values["order.refunded"], statement.currency)
    else:
        return
    if whole > known:
        at = TYPES["datetime"].to_python(max(entry.values["order.at"] for entry in entries))
        refund = {"key": f"to:{whole}", "amount": whole - known, "at": at, "items": []}
        statement.refunds.append(refund)


def _item(entry: Prepared) -> dict:
    values = entry.values
    return {
        "sku": values.get("order.sku", ""),
        "name": values.get("order.name", ""),
        "quantity": values.get("order.quantity", 1),
        "price": values.get("order.price", 0),
        "categories": values.get("order.categories", []),
    }
