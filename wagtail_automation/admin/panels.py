"""Panels of the lead page: each app shows what it knows about a person."""

from wagtail_automation.registry import Registry


class LeadPanel:
    """One panel. ``column``: "main" or "side"; panels stand in their ``order``."""

    key: str | None = None
    heading = ""
    icon = "user"
    column = "main"
    order = 100
    template_name = ""
    #: static paths of scripts that the panel needs
    scripts: tuple[str, ...] = ()

    def __init__(self, lead, request):
        self.lead, self.request = lead, request

    def is_shown(self) -> bool:
        """False hides the panel from this user or for this lead."""
        return True

    def get_context(self) -> dict:
        """What the template gets, beside ``lead``, ``panel`` and ``request``."""
        return {}


lead_panels = Registry("lead_panels", LeadPanel)
