"""What a form may fill: the fields of leads and the consents that exist now."""

from django.utils.translation import gettext_lazy as _

from wagtail_automation.leads import fields as lead_fields
from wagtail_automation.leads.blocks import field_choices
from wagtail_automation.leads.models import Topic

#: lead fields that say who somebody is, with the kind of identifier; ``identify`` sets them
IDENTIFIERS = {"email": "email"}


def choices() -> list[tuple[str, str]]:
    """The lead fields that a form may fill."""
    return field_choices(lambda field: field.is_settable or field.key in IDENTIFIERS)


def max_length(key: str | None) -> int | None:
    """How many characters the lead's own text field takes; None: no limit, or a value that is translated
    before it is stored (a country's name becomes its code)."""
    field = lead_fields.COLUMNS.get(key or "")
    return field.max_length if field is not None and field.type == "text" else None


def consent_choices() -> list[tuple[str, str]]:
    """The subjects that a form may ask consent to."""
    topics = Topic.objects.filter(is_archived=False)
    return [
        ("email", _("Receiving emails")),
        ("tracking", _("Remembering visits")),
        *((topic.subject, topic.name) for topic in topics),
    ]
