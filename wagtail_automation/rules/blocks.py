"""``RuleBlock``: a rule inside any StreamField. The site's migrations hold only the path."""

from django.utils.functional import cached_property
from wagtail.blocks import FieldBlock

from .fields import rule_references
from .rule import Rule


class RuleBlock(FieldBlock):
    """A block whose value is a ``Rule``; conditions' forms are loaded on demand, not with the page."""

    def __init__(self, required=True, help_text=None, **kwargs):
        self._required = required
        self._help_text = help_text
        super().__init__(**kwargs)

    class Meta:
        icon = "group"
        default = None

    @cached_property
    def field(self):
        from .forms import RuleFormField

        return RuleFormField(required=self._required, help_text=self._help_text)

    def get_default(self):
        return Rule()

    def to_python(self, value):
        return Rule.parse_lenient(value)

    def bulk_to_python(self, values):
        return [self.to_python(value) for value in values]

    def get_prep_value(self, value):
        return value.raw if isinstance(value, Rule) else (value or {})

    def value_from_form(self, value):
        return Rule.parse_lenient(value)

    def get_form_state(self, value):
        return self.field.widget.format_value(value)

    def normalize(self, value):
        return self.to_python(value)

    def clean(self, value):
        return self.field.clean(value)

    def extract_references(self, value):
        if isinstance(value, Rule):
            yield from rule_references(value)

    def get_searchable_content(self, value):
        return []

    def get_comparison_class(self):
        from .compare import RuleBlockComparison  # needs the admin

        return RuleBlockComparison

    def deconstruct(self):
        return "wagtail_automation.rules.blocks.RuleBlock", [], {}

    def deconstruct_with_lookup(self, lookup):
        return self.deconstruct()
