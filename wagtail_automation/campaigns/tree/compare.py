"""How two revisions of a step are compared: title, place and sentence instead of UUIDs."""

from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from wagtail.admin.compare import StructBlockComparison, diff_text

from .describe import describe_one


class PlacedStepComparison(StructBlockComparison):
    """A moved step says so; a changed one shows its sentence, or its settings when that stayed the same."""

    def has_changed(self):
        # ListValue has no __eq__, so Wagtail's own comparison always calls lists changed
        return self.block.get_prep_value(self.val_a) != self.block.get_prep_value(self.val_b)

    def htmlvalue(self, val):
        return format_html("<h4>{}</h4><p>{}</p>", self.block.title(val), describe_one(self.block, val))

    def htmldiff(self):
        parts = [self._title()]
        if (self.val_a["parent"], self.val_a["branch"]) != (self.val_b["parent"], self.val_b["branch"]):
            parts.append(format_html('<p><span class="addition">{}</span></p>', _("Moved to another branch")))
        before, after = describe_one(self.block, self.val_a), describe_one(self.block, self.val_b)
        if before != after:
            parts.append(format_html("<p>{}</p>", diff_text(before, after).to_html()))
        elif self._config_changed():
            parts.append(self._config().htmldiff())
        return format_html_join("", "{}", ((part,) for part in parts))

    def _title(self):
        before, after = self.block.title(self.val_a), self.block.title(self.val_b)
        if before == after:
            return format_html("<h4>{}</h4>", after)
        return format_html("<h4>{}</h4>", diff_text(before, after).to_html())

    def _config_changed(self) -> bool:
        block = self.block.config_block
        return block.get_prep_value(self.val_a["config"]) != block.get_prep_value(self.val_b["config"])

    def _config(self):
        return StructBlockComparison(
            self.block.config_block, self.exists_a, self.exists_b, self.val_a["config"], self.val_b["config"]
        )
