"""How two versions of a rule are compared: as sentences, word by word."""

from django.utils.html import escape
from wagtail.admin.compare import BlockComparison, FieldComparison, diff_text, register_comparison_class

from .fields import RuleField
from .forms import UNREADABLE
from .rule import Rule


def in_words(rule) -> str:
    """The rule's sentence; its JSON where it cannot be said."""
    rule = rule if isinstance(rule, Rule) else Rule(rule)
    try:
        return rule.sentence()
    except UNREADABLE:
        return str(rule.raw)


class RuleFieldComparison(FieldComparison):
    def htmldiff(self):
        if not self.has_changed():
            return escape(in_words(self.val_a))
        return diff_text(in_words(self.val_a), in_words(self.val_b)).to_html()


class RuleBlockComparison(BlockComparison):
    def htmlvalue(self, val):
        return escape(in_words(val))

    def htmldiff(self):
        return diff_text(in_words(self.val_a), in_words(self.val_b)).to_html()


register_comparison_class(RuleField, comparison_class=RuleFieldComparison)
