"""What a form may fill: the fields of leads and the consents that exist now."""

from django.utils.translation import gettext_lazy as _

from wagtail_automation.leads.models import Topic


def choices() -> list[tuple[str, str]]:
    """The lead fields that a form may fill."""
    return []


def max_length(key: str | None) -> int | None:
    """How many characters the lead field takes; None: no limit of its own."""
    return None


def consent_choices() -> list[tuple[str, str]]:
    """The subjects that a form may ask consent to."""
    topics = Topic.objects.filter(is_archived=False)
    return [
        ("email", _("Receiving emails")),
        ("tracking", _("Remembering visits")),
        *((topic.subject, topic.name) for topic in topics),
    ]
