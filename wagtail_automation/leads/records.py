"""Read-only lists of records about leads: everybody sees those of the leads that they may see."""

from wagtail_automation.admin.readonly import ReadOnlyModelAdmin, ReadOnlyPermissions

from .permissions import about_visible


class LeadRecordPermissions(ReadOnlyPermissions):
    """One record may be looked at by who may see its lead."""

    lead_path = "lead"

    def user_can_inspect_obj(self, user, obj):
        if not super().user_can_inspect_obj(user, obj):
            return False
        same = type(obj)._default_manager.filter(pk=obj.pk)
        return about_visible(same, user, self.lead_path).exists()


class LeadRecordAdmin(ReadOnlyModelAdmin):
    """Subclass as ``ReadOnlyModelAdmin``; ``lead_path`` leads from a record to its lead."""

    lead_path = "lead"

    def __init__(self, *args, **kwargs):
        self.permission_helper_class = type(
            "Permissions", (LeadRecordPermissions,), {"lead_path": self.lead_path}
        )
        super().__init__(*args, **kwargs)

    def get_queryset(self, request):
        return about_visible(super().get_queryset(request), request.user, self.lead_path)
