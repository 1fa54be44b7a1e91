"""The catalogue of the shop from files."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from wagtail_automation import clock
from wagtail_automation.leads.imports import actions
from wagtail_automation.leads.imports.kinds import ImportKind, Prepared, Target, import_kinds
from wagtail_automation.leads.imports.moments import MomentCleaner

from . import money, products
from .cleaning import web_url
from .import_values import amount, currency_field, differs, names, text_of, truth, units
from .models.products import key_of

APP = "wagtail_automation_commerce"


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
        return MomentCleaner(run, by_name, many=frozenset({"product.attributes"}), longest=50)

    def complete(self, run, rows):
        for entry in rows:
            if entry.refused:
                continue
            if not key_of(entry.values.get("product.sku", "")):
                entry.refuse(gettext("Nothing in this row says which product it is."))
            elif "product.price" in entry.values:
                currency = entry.values.get("product.currency") or run.options["currency"]
                try:
                    entry.values["product.units"] = units(entry.values["product.price"], currency)
                    entry.values["product.currency"] = currency
                except ValidationError as error:
                    entry.refuse_value(run, "product.price", error)

    def value_of(self, entry, target, column):
        value = entry.values.get(target)
        return value.get(column) if target == "product.attributes" and value else value

    def shown(self, target, value):
        if isinstance(value, bool):
            return str(_("yes") if value else _("no"))
        return ", ".join(value) if isinstance(value, list) else str(value)

    def foresee(self, run, rows):
        _remark(rows)

    def apply(self, run, rows):
        _remark(rows)
        good = [entry.values for entry in rows if not entry.refused]
        created, updated = products.put(good, clock.now())
        refused, noted = actions.note_problems(run, rows)
        counts = {"rows": len(rows), "created": created, "updated": updated}
        return {**counts, "refused": refused, "noted": noted}


def _remark(rows: list[Prepared]) -> None:
    """Rows of one product that say something else than a later one."""
    good = [entry for entry in rows if not entry.refused]
    counting: dict[str, dict] = {}
    for entry in good:
        counting.setdefault(key_of(entry.values["product.sku"]), {}).update(entry.values)
    for entry in good:
        if differs(entry.values, counting[key_of(entry.values["product.sku"])], products.COLUMNS):
            entry.errors.append(
                ("", gettext("A later row of this product says something else, and that counts."))
            )
