"""What is referred to elsewhere is not deleted by accident."""


class GuardedDelete:
    """For delete views: what a rule, a campaign or a form refers to has to be taken out there first."""

    def get_usage(self):
        usage = super().get_usage()
        if usage is not None and len(usage):
            usage.is_protected = True
        return usage
