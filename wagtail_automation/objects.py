"""References to objects that rules, events and campaigns are about: model, primary key, stable key."""

import uuid
from dataclasses import dataclass, field

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist, ImproperlyConfigured
from django.db import models

from .remembering import recall

#: Namespace of the keys of objects that have no UUID of their own (RFC 9562, version 5).
NAMESPACE = uuid.UUID("6f1f3c0e-6a0e-5a2b-9d55-7f1c3b7b1a10")

_kinds: dict[str, int] = {}


class MissingReference(LookupError):  # noqa: N818  the word people read
    """An object that a rule or step refers to does not exist (any more)."""

    def __init__(self, model, pk):
        self.model, self.pk = model, pk
        super().__init__(f"{model._meta.verbose_name} {pk} does not exist")


@dataclass(frozen=True)
class Ref:
    """An object by primary key and by ``key``, the same for all its translations."""

    model: type[models.Model]
    pk: object
    key: uuid.UUID
    kind: int | None = None
    _label: list = field(default_factory=list, compare=False, repr=False)

    @property
    def label(self) -> str:
        """What people call it; one query the first time, none when it was given."""
        if not self._label:
            obj = self.model._default_manager.filter(pk=self.pk).first()
            self._label.append(str(obj) if obj is not None else "?")
        return self._label[0]

    def __str__(self):
        return self.label


def register_kind(number: int, model: str) -> None:
    """Give a model ("app.Model") its small integer in ``Event.object_kind``; third parties start at 1000.

    Raises ImproperlyConfigured when the number is another model's.
    """
    model = model.lower()
    for other, taken in _kinds.items():
        if taken == number and other != model:
            raise ImproperlyConfigured(f"Object kind {number} of {model} is taken by {other}.")
    _kinds[model] = number


def kind_of(model: type[models.Model]) -> int | None:
    """The registered number of a model or of a model it inherits from; None when it has none."""
    for cls in model.__mro__:
        meta = getattr(cls, "_meta", None)
        if meta is not None and not meta.abstract and meta.label_lower in _kinds:
            return _kinds[meta.label_lower]
    return None


def kind_models() -> list[type[models.Model]]:
    """The installed models that have a number."""
    return [model for number in _kinds.values() if (model := model_of(number)) is not None]


def model_of(kind: int) -> type[models.Model] | None:
    """The model of a registered number, if its app is installed."""
    for label, number in _kinds.items():
        if number == kind:
            try:
                return apps.get_model(label)
            except LookupError:
                return None
    return None


def key_field(model) -> str | None:
    """The name of the field that holds a model's stable key; None: it has none."""
    for name in ("translation_key", "uuid"):
        try:
            if isinstance(model._meta.get_field(name), models.UUIDField):
                return name
        except FieldDoesNotExist:
            continue
    return None


def _fallback_key(model, pk) -> uuid.UUID:
    base = model
    for parent in model._meta.get_parent_list():
        base = parent
    return uuid.uuid5(NAMESPACE, f"{base._meta.label_lower}:{pk}")


def ref_of(instance: models.Model) -> Ref:
    """The reference of an object in hand; runs no query."""
    model = type(instance)
    name = key_field(model)
    key = getattr(instance, name) if name else _fallback_key(model, instance.pk)
    return Ref(model, instance.pk, key, kind_of(model), [str(instance)])


def refs(model: type[models.Model], pks) -> dict:
    """``{pk: Ref}`` of those that exist, in one query. Primary keys that are not even valid are left out."""
    clean = {}
    remembered = {}
    for pk in pks:
        known, instance = recall(model, pk)
        if known:
            if instance is not None:
                remembered[pk] = ref_of(instance)
            continue
        try:
            clean[pk] = model._meta.pk.to_python(pk)
        except (ValueError, TypeError):  # an unusable pk refers to nothing
            continue
        except Exception as error:
            if type(error).__name__ != "ValidationError":
                raise
    if not clean:
        return remembered
    name = key_field(model)
    rows = model._default_manager.filter(pk__in=set(clean.values())).values_list(
        "pk", *([name] if name else [])
    )
    kind = kind_of(model)
    found = {
        row[0]: Ref(model, row[0], row[1] if name else _fallback_key(model, row[0]), kind) for row in rows
    }
    return remembered | {raw: found[pk] for raw, pk in clean.items() if pk in found}


def load_labels(found: list[Ref]) -> None:
    """Name the objects in one query per model; one by one they would cost a query each."""
    wanted: dict[type[models.Model], list[Ref]] = {}
    for ref in found:
        if not ref._label:
            wanted.setdefault(ref.model, []).append(ref)
    for model, unnamed in wanted.items():
        named = model._default_manager.in_bulk({ref.pk for ref in unnamed})
        for ref in unnamed:
            ref._label.append(str(named.get(ref.pk, "?")))


register_kind(1, "wagtailcore.Page")
register_kind(2, "wagtail_automation_messaging.Email")
register_kind(3, "wagtail_automation_content.Form")
register_kind(4, "wagtail_automation_tracking.Link")
register_kind(5, "wagtail_automation_audiences.LeadList")
register_kind(6, "wagtail_automation_audiences.Segment")
register_kind(7, "wagtail_automation_campaigns.Campaign")
register_kind(8, "wagtail_automation_audiences.DynamicContent")
register_kind(9, "wagtail_automation_content.Asset")
register_kind(10, "wagtail_automation_content.WebPromo")
register_kind(11, "wagtail_automation_content.Survey")
register_kind(20, "wagtail_automation_leads.LeadNote")
register_kind(21, "wagtail_automation_leads.LeadFile")
register_kind(40, "wagtail_automation_audiences.ScoreThreshold")
register_kind(41, "wagtail_automation_audiences.Stage")
register_kind(42, "wagtail_automation_audiences.Goal")
register_kind(43, "wagtail_automation_audiences.Tag")
register_kind(44, "wagtail_automation_audiences.ScoreGroup")
register_kind(45, "wagtail_automation_audiences.Interest")
register_kind(46, "wagtail_automation_audiences.ScoreSet")
register_kind(80, "wagtail_automation_commerce.Product")
register_kind(81, "wagtail_automation_commerce.Order")
register_kind(82, "wagtail_automation_commerce.Cart")
register_kind(83, "wagtail_automation_commerce.ProductCategory")
register_kind(84, "wagtail_automation_commerce.Promotion")
