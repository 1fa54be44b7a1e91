"""Why people are held: stored as a short code with its details, said in the reader's language."""

from django.apps import apps
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

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


#: Why people leave: code → words.
LEFT = {
    "finished": gettext_lazy("Came to the end."),
    "stopped": gettext_lazy("The campaign was stopped."),
    "step_removed": gettext_lazy("The step was removed, and no step after it was left."),
    "merged": gettext_lazy("Went on as the lead it was merged into."),
    "goal_reached": gettext_lazy("Reached the goal."),
    "exit_rule": gettext_lazy("The rule for leaving was true."),
    "holdout": gettext_lazy("Was held out, to compare with."),
    "campaign_ended": gettext_lazy("The campaign was over."),
    "exit": gettext_lazy("Left at a step for leaving."),
    "taken_out": gettext_lazy("Was taken out by a step of a campaign."),
    "loop_limit": gettext_lazy("Came round too often."),
    "date_over": gettext_lazy("The date was over."),
    "no_date": gettext_lazy("There was no date."),
    "by_hand": gettext_lazy("Was taken out by hand."),
    "overdue": gettext_lazy("The time had passed while the campaign was paused."),
}


#: Why a step that was done did less than it says: code → words.
PASSED = {
    "date_over": gettext_lazy("The date was over: went on at once."),
    "no_date": gettext_lazy("There was no date: went on at once."),
    "quiet_hours": gettext_lazy("Waited for the end of the quiet hours."),
    "business_days": gettext_lazy("Waited for a day on which people are written to."),
    "frequency_cap": gettext_lazy("Skipped: enough messages lately."),
    "holdout": gettext_lazy("Held out, to compare with: nothing was done."),
    "not_let_in": gettext_lazy("The other campaign did not let them in."),
    "not_inside": gettext_lazy("Was not in that campaign."),
}


#: What was done by hand: code → words.
HAND = {
    "moved": gettext_lazy("Moved to “%(step)s”"),
    "skipped": gettext_lazy("The step was skipped; went on to “%(step)s”"),
    "restarted": gettext_lazy("Began again at “%(step)s”"),
    "overdue_skipped": gettext_lazy("The step was overdue and skipped; went on to “%(step)s”"),
    "finished": gettext_lazy("The last step was skipped"),
    "by_hand": gettext_lazy("Taken out"),
    "overdue": gettext_lazy("The time had passed while the campaign was paused"),
}


def hand_words(code: str) -> str:
    return str(HAND.get(code, code))


def passed_words(code: str) -> str:
    return str(PASSED.get(code, ""))


def leaving(reason: str, said: str = "") -> str:
    """What an enrollment keeps: the code, with the editor's own words where there are some."""
    return f"{reason}:{said}" if said else reason


def left_words(code: str) -> str:
    """The sentence for people; the editor's own words say more than the code."""
    kind, _colon, said = code.partition(":")
    return said or str(LEFT.get(kind, kind))


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
