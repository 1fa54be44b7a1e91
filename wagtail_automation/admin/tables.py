"""Columns of lists that Wagtail has not."""

from wagtail.admin.ui.tables import DateColumn

from wagtail_automation import clock


class MomentColumn(DateColumn):
    """A moment that may still come: then its date and time stand there, since Wagtail's column calls whatever
    has not passed “just now”."""

    cell_template_name = "wagtail_automation/moment_cell.html"

    def get_cell_context_data(self, instance, parent_context):
        context = super().get_cell_context_data(instance, parent_context)
        moment = self.get_value(instance)
        return context | {"is_ahead": bool(moment) and moment > clock.now()}
