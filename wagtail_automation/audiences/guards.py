"""What is referred to elsewhere – live, in a draft or scheduled – is not deleted by accident."""

from wagtail.admin.views.generic.usage import UsageView

from wagtail_automation import drafts


class GuardedDelete:
    """For delete views: what a rule, a campaign or a form refers to has to be taken out there first."""

    def get_usage(self):
        if super().get_usage() is None:
            return None
        usage = drafts.uses_of(self.object)
        if len(usage):
            usage.is_protected = True
        return usage


class DraftUsage:
    """For usage views: what drafts refer to stands among the rest, and says so."""

    def get_queryset(self):
        return drafts.uses_of(self.object)


class UsageWithDrafts(DraftUsage, UsageView):
    """The usage page of a model with drafts among the users."""
