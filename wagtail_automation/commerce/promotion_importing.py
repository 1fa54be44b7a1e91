"""Promotions with their products, and codes that the shop gave, from files."""

import datetime as dt

from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from wagtail_automation import clock, sql
from wagtail_automation.leads.field_types import TYPES
from wagtail_automation.leads.imports import actions
from wagtail_automation.leads.imports.kinds import ImportKind, Prepared, Target, import_kinds
from wagtail_automation.leads.imports.moments import MomentCleaner, moment_fields
from wagtail_automation.leads.imports.people import identifier_targets
from wagtail_automation.leads.imports.querysets import owners

from . import money, products, promoting
from .cleaning import web_url
from .import_values import amount, currency_field, differs, text_of, units
from .models import Offer, Promotion, PromotionProduct
from .models.products import key_of

APP = "wagtail_automation_commerce"
#: value of an import -> column of the promotion
COLUMNS = {
    "promotion.name": "name",
    "promotion.benefit": "benefit",
    "promotion.description": "description",
    "promotion.url": "url",
    "promotion.starts": "starts_at",
    "promotion.ends": "ends_at",
    "promotion.code": "code",
}
REFERENCE = ("reference", "promotion", "promotion reference", "ref", "operation", "campagne")


def code_text(text: str) -> str:
    found = text_of(40)(text)
    Promotion._meta.get_field("code").run_validators(found)
    return found


@import_kinds.register
class Promotions(ImportKind):
    """Promotions, one row for each of their products; the same reference again brings one up to date."""

    key = "promotions"
    label = _("Promotions and their products")
    description = _("One row for each product of a promotion; known promotions are brought up to date.")
    icon = "tag"
    order = 50
    permissions = (f"{APP}.add_promotion", f"{APP}.change_promotion")
    counts = (
        ("created", _("Promotions created")),
        ("updated", _("Promotions updated")),
        ("products", _("Products")),
        ("refused", _("Rows refused")),
    )

    def targets(self, user):
        group, product = _("The promotion"), _("Product")
        return [
            Target("promotion.reference", _("Reference of the promotion"), group, REFERENCE),
            Target("promotion.name", _("Name"), group, ("name", "title", "nom", "titre", "libelle")),
            Target("promotion.benefit", _("Benefit"), group, ("benefit", "discount", "avantage", "remise")),
            Target("promotion.description", _("Description"), group, ("description", "texte")),
            Target("promotion.url", _("Link"), group, ("url", "link", "lien")),
            Target("promotion.starts", _("Starts"), group, ("starts", "start", "from", "debut", "du")),
            Target("promotion.ends", _("Ends"), group, ("ends", "end", "until", "to", "fin", "au")),
            Target("promotion.code", _("Code for all"), group, ("code", "coupon", "code promo", "voucher")),
            Target("promotion.sku", _("SKU"), product, ("sku", "article", "product id", "reference produit")),
            Target("promotion.product", _("Name of the product"), product,
                   ("product", "produit", "designation")),
            Target("promotion.price", _("Price in the promotion"), product, ("price", "prix", "prix promo")),
            Target("promotion.currency", _("Currency"), product, ("currency", "devise", "monnaie")),
        ]  # fmt: skip

    def option_fields(self, user, header):
        return {"currency": currency_field(), **moment_fields()}

    def check(self, columns, options):
        if "promotion.reference" not in {column["target"] for column in columns}:
            raise ValidationError(gettext("Choose the column with the reference of the promotion."))

    def cleaner(self, run):
        by_name = {
            "reference": text_of(100), "name": text_of(160), "benefit": text_of(120), "url": web_url,
            "description": text_of(2000, lines=True), "code": code_text, "sku": text_of(100),
            "product": text_of(255), "price": amount, "currency": money.clean_currency,
        }  # fmt: skip
        return MomentCleaner(run, by_name, may_be_ahead=True)

    def complete(self, run, rows):
        for entry in rows:
            if entry.refused:
                continue
            values = entry.values
            if not key_of(values.get("promotion.reference", "")):
                entry.refuse(gettext("Nothing in this row says which promotion it is."))
                continue
            for name in ("promotion.starts", "promotion.ends"):
                if name in values:
                    values[name] = TYPES["datetime"].to_python(values[name])
            starts, ends = values.get("promotion.starts"), values.get("promotion.ends")
            if starts and ends and ends <= starts:
                entry.refuse(gettext("It ends before it starts."))
            elif "promotion.price" in values:
                self._check_price(run, entry)

    def _check_price(self, run, entry) -> None:
        currency = entry.values.get("promotion.currency") or run.options["currency"]
        if not key_of(entry.values.get("promotion.sku", "")):
            entry.refuse(gettext("A price needs the SKU of its product."))
            return
        try:
            entry.values["promotion.units"] = units(entry.values["promotion.price"], currency)
            entry.values["promotion.currency"] = currency
        except ValidationError as error:
            entry.refuse_value(run, "promotion.price", error)

    def shown(self, target, value):
        return (
            TYPES["datetime"].display(value.isoformat(), None)
            if isinstance(value, dt.datetime)
            else str(value)
        )

    def foresee(self, run, rows):
        for entries in _by_reference(rows).values():
            _remark(entries)

    def apply(self, run, rows):
        created, updated, lines = put(rows)
        refused, noted = actions.note_problems(run, rows)
        counts = {"created": created, "updated": updated, "products": lines}
        return {"rows": len(rows), **counts, "refused": refused, "noted": noted}


def _by_reference(rows: list[Prepared]) -> dict[str, list[Prepared]]:
    """The rows that are not refused, by their promotion."""
    found: dict[str, list[Prepared]] = {}
    for entry in rows:
        if not entry.refused:
            found.setdefault(key_of(entry.values["promotion.reference"]), []).append(entry)
    return found


def put(rows: list[Prepared]) -> tuple[int, int, int]:
    """Add and update promotions and their products; ``(created, updated, products)``. What a row does not
    name stays as it is. A constant number of statements, and three for each promotion with a new code."""
    now = clock.now()
    by_key = _by_reference(rows)
    known = {row.reference_key: row for row in Promotion.objects.filter(reference_key__in=by_key)}
    taken = promoting.owners_of(
        {key_of(e.values["promotion.code"]) for e in rows if e.values.get("promotion.code")}
    )
    created, kept = 0, {}
    for key, entries in by_key.items():
        found = known.get(key) or Promotion(
            reference=entries[0].values["promotion.reference"], created_at=now
        )
        for entry in entries:
            for name, column in COLUMNS.items():
                if name in entry.values:
                    setattr(found, column, entry.values[name])
        problem = _problem(found, taken)
        if problem:
            for entry in entries:
                entry.refuse(problem)
            continue
        found.name = found.name or found.reference
        if any("promotion.code" in entry.values for entry in entries):
            found.codes = Promotion.Codes.SINGLE
        _remark(entries)
        created += found.pk is None
        found.updated_at = now
        found.save()
        if found.code_key:
            taken[found.code_key] = found.pk
            promoting.claim_orders(found)
        kept[key] = found
    return created, len(kept) - created, _put_lines(by_key, kept, now)


def _remark(entries: list[Prepared]) -> None:
    """Rows of one promotion that say something else than a later one."""
    counting: dict = {}
    for entry in entries:
        counting |= entry.values
    for entry in entries:
        if differs(entry.values, counting, COLUMNS):
            entry.errors.append(
                ("", gettext("A later row of this promotion says something else, and that counts."))
            )


def _problem(found: Promotion, taken: dict[str, int]) -> str:
    if found.starts_at and found.ends_at and found.ends_at <= found.starts_at:
        return gettext("It ends before it starts.")
    owner = taken.get(key_of(found.code)) if found.code else None
    if owner is not None and owner != found.pk:
        return gettext("Another promotion has this code.")
    return ""


def _put_lines(by_key: dict, kept: dict[str, Promotion], now) -> int:
    """The products of these promotions; those nobody knows are made."""
    wanted: dict[tuple[int, str], dict] = {}
    for key, entries in by_key.items():
        for entry in entries:
            sku = key_of(entry.values.get("promotion.sku", ""))
            if key in kept and sku:
                place = (kept[key].pk, sku)
                wanted[place] = wanted.get(place, {}) | entry.values
    if not wanted:
        return 0
    items = [
        (
            {
                "sku": values["promotion.sku"],
                "name": values.get("promotion.product") or values["promotion.sku"],
                "price": None,
                "categories": [],
            },
            "",
        )
        for values in wanted.values()
    ]
    by_sku = products.products_of(items, now)
    rows = [
        {
            "promotion": promotion,
            "product": by_sku[sku],
            "price": values.get("promotion.units"),
            "currency": values.get("promotion.currency", "") if "promotion.units" in values else "",
            "sort_order": position,
        }
        for position, ((promotion, sku), values) in enumerate(wanted.items())
    ]
    sql.insert_rows(PromotionProduct, rows, ignore_conflicts=True)
    lines = {
        (line.promotion_id, line.product_id): line
        for line in PromotionProduct.objects.filter(promotion__anyof=[row["promotion"] for row in rows])
    }
    changed = []
    for row in rows:
        line = lines[row["promotion"], row["product"]]
        if row["price"] is not None and (line.price, line.currency) != (row["price"], row["currency"]):
            line.price, line.currency = row["price"], row["currency"]
            changed.append(line)
    PromotionProduct.objects.bulk_update(changed, ["price", "currency"], batch_size=500)
    return len(rows)


@import_kinds.register
class PromotionCodes(ImportKind):
    """Codes that the shop gave, one on each row, perhaps with whom it is for."""

    key = "promotion_codes"
    label = _("Codes of promotions")
    description = _("Codes that the shop gave, one on each row; a column may say for whom a code is.")
    icon = "tag"
    order = 60
    permissions = (f"{APP}.change_promotion",)
    counts = (("codes", _("Codes")), ("known", _("Codes known before")), ("refused", _("Rows refused")))

    def targets(self, user):
        group = _("The promotion")
        return [
            Target("offer.reference", _("Reference of the promotion"), group, REFERENCE),
            Target("offer.code", _("Code"), group, ("code", "coupon", "code promo", "voucher")),
            *identifier_targets(),
        ]

    def check(self, columns, options):
        chosen = {column["target"] for column in columns}
        if not {"offer.reference", "offer.code"} <= chosen:
            raise ValidationError(
                gettext("Choose the columns with the reference of the promotion and the code.")
            )

    def cleaner(self, run):
        return MomentCleaner(run, {"reference": text_of(100), "code": text_of(60)})

    def complete(self, run, rows):
        for entry in rows:
            if not entry.refused and not (
                key_of(entry.values.get("offer.reference", "")) and key_of(entry.values.get("offer.code", ""))
            ):
                entry.refuse(gettext("This row has no code, or no promotion."))

    def apply(self, run, rows):
        made, known = put_codes(rows)
        refused, noted = actions.note_problems(run, rows)
        return {"rows": len(rows), "codes": made, "known": known, "refused": refused, "noted": noted}


def put_codes(rows: list[Prepared]) -> tuple[int, int]:
    """Add codes; ``(new, known before)``. A code that is another promotion's is refused, and one for somebody
    who has one of this promotion already. A constant number of statements, and two for each promotion."""
    now = clock.now()
    good = [entry for entry in rows if not entry.refused]
    references = {key_of(entry.values["offer.reference"]) for entry in good}
    by_key = {row.reference_key: row for row in Promotion.objects.filter(reference_key__in=references)}
    taken = promoting.owners_of({key_of(entry.values["offer.code"]) for entry in good})
    people = owners(pair for entry in good for pair in _pairs(entry))
    having = set(
        Offer.objects.filter(promotion__in=by_key.values(), lead__isnull=False).values_list(
            "promotion", "lead"
        )
    )
    new, known = {}, 0
    for entry in good:
        promotion = by_key.get(key_of(entry.values["offer.reference"]))
        code = key_of(entry.values["offer.code"])
        pairs = _pairs(entry)
        lead = next((people[pair] for pair in pairs if pair in people), None)
        if promotion is None:
            entry.refuse(gettext("There is no promotion with this reference."))
        elif taken.get(code) == promotion.pk or code in new:
            known += 1
        elif code in taken:
            entry.refuse(gettext("Another promotion has this code."))
        elif pairs and lead is None:
            entry.refuse(gettext("Nobody with this identifier is known."))
        elif lead is not None and (promotion.pk, lead) in having:
            entry.refuse(gettext("This person has a code of this promotion, or has seen it, already."))
        else:
            having.add((promotion.pk, lead))
            new[code] = {
                "promotion": promotion.pk, "lead": lead, "code": entry.values["offer.code"], "code_key": code,
                "given_at": now if lead else None,
            }  # fmt: skip
    sql.insert_rows(Offer, list(new.values()), ignore_conflicts=True)
    touched = {row["promotion"] for row in new.values()}
    for promotion in by_key.values():
        if promotion.pk in touched:
            Promotion.objects.filter(pk=promotion.pk).exclude(codes=Promotion.Codes.LEAD).update(
                codes=Promotion.Codes.IMPORTED, code_key=""
            )
            promoting.claim_orders(promotion)
    return len(new), known


def _pairs(entry: Prepared) -> list[tuple[str, str]]:
    return [(key.removeprefix("id."), value) for key, value in entry.values.items() if key.startswith("id.")]
