"""``RuleField``: a rule in a model. Migrations hold only the path, so conditions may come and go."""

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.text import capfirst

from .rule import Rule, condition_block


class RuleField(models.JSONField):
    """A column that holds a ``Rule``. Unknown conditions survive load, edit and save untouched."""

    def __init__(self, *args, **kwargs):
        kwargs.setdefault("default", Rule)
        super().__init__(*args, **kwargs)

    def deconstruct(self):
        name, _path, args, kwargs = super().deconstruct()
        return name, "wagtail_automation.rules.fields.RuleField", args, kwargs

    def from_db_value(self, value, expression, connection):
        return Rule(super().from_db_value(value, expression, connection))

    def to_python(self, value):
        return Rule.parse_lenient(value)

    def get_prep_value(self, value):
        return super().get_prep_value(value.raw if isinstance(value, Rule) else value)

    def get_db_prep_value(self, value, connection, prepared=False):
        if isinstance(value, Rule):
            value = value.raw
        return super().get_db_prep_value(value, connection, prepared)

    def validate(self, value, model_instance):
        if problem := value.malformed():
            raise ValidationError(problem, code="invalid")
        if not self.blank and value.is_empty:
            raise ValidationError(self.error_messages["blank"], code="blank")

    def value_to_string(self, obj):
        return self.value_from_object(obj).raw

    def value_from_object(self, obj):
        return Rule.parse_lenient(super().value_from_object(obj))

    def formfield(self, **kwargs):
        from .forms import RuleFormField

        options = {"form_class": RuleFormField, "required": not self.blank, **kwargs}
        form_class = options.pop("form_class")
        options.pop("choices_form_class", None)
        return form_class(
            label=options.pop("label", None) or capfirst(self.verbose_name),
            help_text=options.pop("help_text", self.help_text),
            **options,
        )

    def extract_references(self, value):
        """Objects that the conditions choose, for Wagtail's reference index ("where used")."""
        yield from rule_references(Rule.parse_lenient(value))

    def get_searchable_content(self, value):
        return []


def rule_references(rule: Rule):
    """``(model, pk, model path, content path)`` of every object a rule refers to."""
    if rule.malformed():
        return
    from .conditions import conditions

    for item in rule.walk():
        if item["type"] in conditions:
            block = condition_block(conditions[item["type"]])
            native = block.to_python(item.get("value") or {})
            for model, pk, model_path, content_path in block.extract_references(native):
                yield model, pk, f"item.{item['type']}.{model_path}", f"{item.get('id', '')}.{content_path}"
