"""Columns of lists that Wagtail has not."""

from wagtail.admin.ui.tables import DateColumn, UpdatedAtColumn

from wagtail_automation import clock


class _InWords:
    """In the cell: what has passed as so long ago, what is to come as its date and time."""

    cell_template_name = "wagtail_automation/moment_cell.html"

    def get_cell_context_data(self, instance, parent_context):
        context = super().get_cell_context_data(instance, parent_context)
        moment = self.get_value(instance)
        return context | {"is_ahead": bool(moment) and moment > clock.now()}


class MomentColumn(_InWords, DateColumn):
    """How long ago it was. A moment that may still come is shown as its date and time, since Wagtail's column
    calls whatever has not passed “just now”; and the last minute is “just now” in every language, where
    Wagtail's says « il y a 0 minute »."""


class ChangedColumn(_InWords, UpdatedAtColumn):
    """When something was last changed, in the same words."""
