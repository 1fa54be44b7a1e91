"""The panel of the tree in the campaign's edit view."""

from wagtail.admin.panels import FieldPanel, PublishingPanel

from wagtail_automation.leads.field_types import MomentInput


def is_locked_for(instance, user) -> bool:
    """Wagtail's own locks: by a person, by the workflow, by a schedule."""
    lock = instance.get_lock() if instance.pk and user is not None else None
    return bool(lock and lock.for_user(user))


class CampaignTreePanel(FieldPanel):
    """A FieldPanel that takes the whole width and tells the widget whose tree it is."""

    class BoundPanel(FieldPanel.BoundPanel):
        """Bound to one campaign and one request."""

        template_name = "wagtail_automation/campaigns/tree_panel.html"

        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            if self.instance is not None and self.bound_field is not None:
                widget = self.bound_field.field.widget
                widget.campaign = self.instance
                widget.read_only = is_locked_for(self.instance, getattr(self.request, "user", None))


#: what Wagtail's own inputs carry in its dialog
IN_DIALOG = {
    "data-controller": "w-action",
    "data-action": "w-dialog:hidden->w-action#reset",
    "data-w-dialog-target": "notify",
}


class SchedulePanel(PublishingPanel):
    """Wagtail's dialog for a publication at a time, with the browser's own pickers: Wagtail's need an
    inline script, which a strict policy forbids."""

    def __init__(self, **kwargs):
        fields = [
            FieldPanel(name, widget=MomentInput(attrs=IN_DIALOG)) for name in ("go_live_at", "expire_at")
        ]
        super().__init__(**{"children": fields, **kwargs})
