"""What a file says of an object of the site it comes from, and which object of this site that is."""

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.db import models
from wagtail.models import Page, Site

from wagtail_automation.leads.folding import fold

#: Fields by which people call things, the first that a model has.
NAMES = ("name", "title")
#: Of several of one name only one of the same kind is meant.
KINDS = ("type", "kind")


def field_of(model: type[models.Model], *names: str) -> models.Field | None:
    """The first of these fields that the model has."""
    for name in names:
        try:
            return model._meta.get_field(name)
        except FieldDoesNotExist:
            continue
    return None


def key_field(model: type[models.Model]) -> models.UUIDField | None:
    """The field that names an object on every site."""
    found = field_of(model, "translation_key", "uuid")
    return found if isinstance(found, models.UUIDField) else None


def describe(obj: models.Model) -> dict:
    """All by which the object may be found again: ``model``, ``name``, and what it has of ``key``,
    ``language``, ``kind``, ``path`` (of a page) and ``natural`` (key, as of users)."""
    model = type(obj)
    said = {"model": model._meta.label, "name": str(obj)}
    if field := key_field(model):
        said["key"] = str(getattr(obj, field.attname))
    if getattr(obj, "locale_id", None):
        said["language"] = obj.locale.language_code
    if kind := field_of(model, *KINDS):
        said["kind"] = str(getattr(obj, kind.attname))
    if isinstance(obj, Page):
        said["path"] = page_path(obj)
    elif hasattr(obj, "natural_key"):
        said["natural"] = list(obj.natural_key())
    return said


def page_path(page: Page) -> str:
    """Where the page stands below the root of its site, such as ``/en/prices/``; "" if in none."""
    roots = [site.root_page.url_path for site in Site.objects.select_related("root_page")]
    below = [root for root in roots if page.url_path.startswith(root)]
    return page.url_path[len(max(below, key=len)) - 1 :] if below else ""


def find(said: dict) -> models.Model | None:
    """The one object of this site that is meant: by key, else by natural key or address, else by its name
    if only one is called so. None if there is none, or if one cannot tell."""
    model = model_called(said.get("model"))
    if model is None:
        return None
    for look in (_by_key, _by_natural_key, _by_path, _by_name):
        if obj := look(model, said):
            return obj
    return None


def model_called(label) -> type[models.Model] | None:
    """The model, if it is installed."""
    try:
        return apps.get_model(label)
    except (LookupError, ValueError, AttributeError, TypeError):
        return None


def _by_key(model, said):
    field = key_field(model)
    if field is None or not said.get("key"):
        return None
    rows = model._default_manager.filter(**{field.name: said["key"]})
    return _one(_in_language(rows, said)) or _one(rows)


def _by_natural_key(model, said):
    look = getattr(model._default_manager, "get_by_natural_key", None)
    if look is None or not said.get("natural"):
        return None
    try:
        return look(*said["natural"])
    except (model.DoesNotExist, TypeError, ValueError):
        return None


def _by_path(model, said):
    if not issubclass(model, Page) or not said.get("path"):
        return None
    roots = [site.root_page.url_path for site in Site.objects.select_related("root_page")]
    return _one(model._default_manager.filter(url_path__in=[root + said["path"][1:] for root in roots]))


def _by_name(model, said):
    field = field_of(model, *NAMES)
    if field is None or not said.get("name") or issubclass(model, Page):
        return None  # many pages have one title
    rows = model._default_manager.all()
    kind = field_of(model, *KINDS)
    if kind is not None and said.get("kind"):
        rows = rows.filter(**{kind.name: said["kind"]})
    called = fold(said["name"])
    pks = [pk for pk, name in rows.values_list("pk", field.name) if fold(name or "") == called]
    found = model._default_manager.filter(pk__in=pks)
    return _one(_in_language(found, said)) or _one(found)


def _in_language(rows, said):
    if said.get("language") and field_of(rows.model, "locale") is not None:
        return rows.filter(locale__language_code=said["language"])
    return rows


def _one(rows):
    found = list(rows[:2])
    return found[0] if len(found) == 1 else None
