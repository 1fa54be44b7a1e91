"""The import of people: identifiers say who it is, fields what is known of them, extras the rest."""

from django import forms
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from wagtail_automation.leads.fields import COLUMNS, LeadField, all_fields
from wagtail_automation.leads.filters import SOURCES_KEY
from wagtail_automation.leads.identifiers import identifier_kinds, normalise
from wagtail_automation.leads.models import ImportRun

from . import actions, dates
from .kinds import POLICIES, ImportKind, Prepared, Target, allowed, import_extras, import_kinds

#: How files call the lead's own fields, folded, in English and French.
NAMES = {
    "first_name": ("first name", "firstname", "given name", "forename", "prenom"),
    "last_name": ("last name", "lastname", "surname", "family name", "nom", "nom de famille"),
    "email": (
        "email", "e mail", "email address", "mail", "e mail address", "courriel", "adresse e mail",
        "adresse email", "adresse mail", "adresse courriel", "adresse electronique",
    ),
    "phone": (
        "phone", "phone number", "telephone", "tel", "mobile", "mobile phone", "cell", "portable",
        "numero de telephone", "telephone portable", "tel portable",
    ),
    "company": ("company", "organisation", "organization", "employer", "societe", "entreprise"),
    "job_title": ("job title", "title", "position", "role", "fonction", "poste", "intitule du poste"),
    "language": ("language", "lang", "locale", "langue"),
    "country": ("country", "country code", "pays", "code pays"),
    "region": ("region", "state", "province", "departement"),
    "city": ("city", "town", "ville", "localite", "commune"),
    "postal_code": ("postal code", "postcode", "zip", "zip code", "code postal", "cp"),
    "street": (
        "street", "street and number", "street address", "address line 1", "address", "postal address",
        "rue", "rue et numero", "numero et rue", "voie", "adresse", "adresse postale", "adresse ligne 1",
    ),
    "time_zone": ("time zone", "timezone", "tz", "fuseau horaire"),
    "birth_date": (
        "birth date", "birthdate", "date of birth", "dob", "birthday", "date de naissance", "naissance",
    ),
}  # fmt: skip
KIND_NAMES = {
    "external": (
        "external id", "external key", "customer id", "customer number", "client id", "id client",
        "numero client", "numero de client", "identifiant externe", "cle externe", "user id",
    ),
    "crm": ("crm id", "crm key", "crm", "id crm", "identifiant crm", "cle crm"),
    "mobile": ("mobile device", "device id", "appareil mobile"),
    "subscriber": ("subscriber id", "subscriber key", "cle d abonne", "id abonne", "numero d abonne"),
}  # fmt: skip
#: A primary key of the site's accounts says nothing in a file from elsewhere, and outranks everything.
NOT_OFFERED = {"user"}


def identifier_targets() -> list[Target]:
    """A target for each kind of identifier that a file may hold."""
    kinds = sorted(identifier_kinds, key=lambda kind: (kind.key != "email", -kind.strength))
    return [
        Target(
            f"id.{kind.key}",
            kind.label,
            _("Who it is"),
            NAMES.get(kind.key, ()) + KIND_NAMES.get(kind.key, ()),
        )
        for kind in kinds
        if kind.key not in NOT_OFFERED
    ]


@import_kinds.register
class People(ImportKind):
    key = "people"
    label = _("People")
    description = _("People with their fields, consents and lists. Whoever is known is updated, not doubled.")
    icon = "group"
    order = 10
    permissions = ("wagtail_automation_leads.add_lead", "wagtail_automation_leads.change_lead")
    counts = (
        ("created", _("People created")),
        ("matched", _("Known before")),
        ("updated", _("Updated")),
        ("unchanged", _("Unchanged")),
        ("refused", _("Rows refused")),
        ("noted", _("With remarks")),
    )

    def targets(self, user):
        own = [
            # a phone number of whatever form is a field; as an identifier it must be international
            Target(f"field.{field.key}", field.label, _("Profile"), NAMES.get(field.key, ()))
            for field in COLUMNS.values()
            if field.is_settable
        ]
        custom = [
            Target(f"field.{field.key}", field.label, _("Custom fields"), (field.key,))
            for field in all_fields()
            if field.is_custom and field.is_settable
        ]
        extra = [target for add in extras(user) for target in add.targets()]
        # fields before identifiers, so that "phone" is guessed as the field
        return [*identifier_targets()[:1], *own, *custom, *identifier_targets()[1:], *extra]

    def option_fields(self, user, header):
        fields = {
            "policy": forms.ChoiceField(
                label=_("When a field has a value already"),
                choices=list(POLICIES.items()),
                initial="fill",
                help_text=_("Empty cells never change anything."),
            ),
            "who": forms.ChoiceField(
                label=_("Whom to import"),
                choices=[
                    ("all", _("Everybody: update known people, create the others")),
                    ("new", _("Only people who are not known yet")),
                    ("known", _("Only people who are known already")),
                ],
                initial="all",
            ),
            "on_error": forms.ChoiceField(
                label=_("When a row holds an invalid value"),
                choices=[
                    ("refuse", _("Refuse the whole row")),
                    ("partly", _("Import the row without that value")),
                ],
                initial="refuse",
                help_text=_("Both are listed in the report, to be corrected and imported again."),
            ),
            "day_first": dates.order_field(),
        }
        for extra in extras(user):
            fields |= extra.option_fields(user)
        return fields

    def check(self, columns, options):
        chosen = [column["target"] for column in columns if column["target"]]
        if not any(target.startswith("id.") for target in chosen):
            raise ValidationError(
                gettext("Choose the column that says who it is, such as the email address.")
            )
        for cls in import_extras:
            cls().check(columns, options)

    def cleaner(self, run):
        return Cleaner(run)

    def complete(self, run, rows):
        for entry in rows:
            if not entry.refused and not any(target.startswith("id.") for target in entry.values):
                entry.refuse(gettext("Nothing in this row says who it is."))

    def apply(self, run, rows):
        return actions.import_people(run=run, rows=rows)

    def finish(self, run):
        for extra in extras(run.user):
            extra.finish(run)
        cache.delete(SOURCES_KEY)  # the list of leads offers this import as a source at once

    def shown(self, target, value):
        area, _dot, key = target.partition(".")
        if area == "field":
            field = _fields().get(key)
            return field.kind.display(value, field) if field else str(value)
        return import_extras[area]().shown(target, value) if area in import_extras else str(value)


def extras(user) -> list:
    """The extras that this person may use, in order. Nobody (an erased account): none."""
    classes = sorted(import_extras, key=lambda cls: (cls.order, cls.key))
    return [cls() for cls in classes if user is not None and allowed(cls, user)]


def _fields() -> dict[str, LeadField]:
    return {field.key: field for field in all_fields() if field.is_settable}


class Cleaner:
    """Cleans the columns of one run; the fields are read once."""

    def __init__(self, run: ImportRun):
        self.run = run
        self.fields = _fields()
        self.extras = {extra.key: extra for extra in extras(run.user)}

    def clean(self, target: str, texts: set[str]) -> dict:
        area, _dot, key = target.partition(".")
        if area == "id":
            return {text: attempt(normalise, key, text) for text in texts}
        if area == "field":
            field = self.fields.get(key)
            if field is None:
                gone = ValidationError(gettext("This field does not exist any more."))
                return dict.fromkeys(texts, gone)
            return {text: attempt(self._field, field, text) for text in texts}
        if area in self.extras:
            return self.extras[area].clean(self.run, target, texts)
        return dict.fromkeys(texts, ValidationError(gettext("You may not import this column.")))

    def _field(self, field: LeadField, text: str):
        if field.type in {"date", "datetime"}:
            text = dates.normal(text, self.run)
        return field.clean(text)

    def put(self, entry: Prepared, target: str, name: str, value) -> None:
        if isinstance(value, list) and target in entry.values:  # several columns may name lists
            value = [*entry.values[target], *value]
        entry.values[target] = value


def attempt(function, *args):
    """The value, or the ValidationError instead of raising it."""
    try:
        return function(*args)
    except ValidationError as error:
        return error
