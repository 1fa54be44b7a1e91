"""Why people are held: stored as a short code with its details, said in the reader's language."""

from django.apps import apps
from django.utils.translation import gettext as _

from wagtail_automation.objects import MissingReference

LIMIT = 500


def of_error(error: BaseException) -> str:
    """The code of what made a step fail."""
    if isinstance(error, MissingReference):
        return f"missing:{error.model._meta.label}:{error.pk}"[:LIMIT]
    return f"error:{str(error) or type(error).__name__}"[:LIMIT]


def not_installed(step_type: str) -> str:
    return f"not_installed:{step_type}"


def unanswerable(why: str) -> str:
    """Of a decision whose rule cannot be asked."""
    return f"rule:{why}"[:LIMIT]


def words(code: str) -> str:
    """The sentence for people."""
    kind, _colon, detail = code.partition(":")
    if kind == "missing":
        label, _colon, pk = detail.partition(":")
        try:
            what = apps.get_model(label)._meta.verbose_name
        except (LookupError, ValueError):
            what = label
        return _("What this step needs was deleted: %(object)s no. %(number)s.") % {
            "object": what,
            "number": pk,
        }
    if kind == "not_installed":
        return _("This kind of step is not installed: %(type)s.") % {"type": detail}
    if kind == "rule":
        return _("The question cannot be asked: %(why)s.") % {"why": detail}
    return _("It failed: %(error)s.") % {"error": detail}
