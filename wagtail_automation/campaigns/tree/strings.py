"""Every word the editor's scripts say, in the language of the request. The scripts hold no text."""

from collections.abc import Callable

from django.utils.translation import gettext as _
from django.utils.translation import ngettext


def _forms(words: Callable[[int], str]) -> list[str]:
    """Forms for 1, 2 and 5: the browser knows which of a language's categories a number is in."""
    return [words(number) for number in (1, 2, 5)]


def editor_strings() -> dict[str, str | list[str]]:
    """Texts by key; ``{name}`` is filled in by the script, lists are plural forms."""
    return _tools() | _cards() | _messages() | _drawer() | _picker() | _menu()


def _tools():
    return {
        "steps": _("Campaign steps"),
        "undo": _("Undo"),
        "redo": _("Redo"),
        "addStep": _("Add a step"),
        "addStepShort": _("Add step"),
        "copy": _("Copy"),
        "pasteAfter": _("Paste after"),
        "delete": _("Delete"),
        "outline": _("Outline view"),
        "zoomIn": _("Zoom in"),
        "zoomOut": _("Zoom out"),
        "fit": _("Fit to screen"),
        "fullScreen": _("Full screen"),
        "withKeys": _("{label} ({keys})"),
        "control": _("Ctrl"),
        "shift": _("Shift"),
        "deleteKey": _("Del"),
        "problems": _forms(lambda n: ngettext("{n} problem", "{n} problems", n)),
        "toSetUp": _forms(lambda n: ngettext("{n} step to set up", "{n} steps to set up", n)),
        "keysHelp": _(
            "Arrow keys move between steps. Enter edits, A adds a step, Delete removes, Alt with arrows "
            "moves, Control C, X and V copy, cut and paste."
        ),
        "readOnly": _("You can look at this campaign, but not change it."),
    }


def _cards():
    return {
        "peopleEnter": _("People enter when someone…"),
        "chooseStart": _("Choose what starts this campaign"),
        "addStart": _("Add a start"),
        "addHere": _("Add a step here"),
        "end": _("End"),
        "stepsHidden": _forms(lambda n: ngettext("{n} step hidden", "{n} steps hidden", n)),
        "branchLabel": _forms(lambda n: ngettext("{label}, {n} step", "{label}, {n} steps", n)),
        "notConnected": _("Not connected – cut and paste these steps, or delete them"),
        "unavailable": _("Unavailable step"),
        "notInstalled": _("The step type “{type}” is not installed."),
        "chooseStep": _("Choose a step"),
        "step": _("Step"),
        "problem": _("Problem: {text}"),
        "setUp": _("Set up this step"),
        "more": _("More"),
        "fold": _("Fold"),
        "continueHere": _("Other steps continue here"),
        "waiting": _forms(lambda n: ngettext("{n} waiting", "{n} waiting", n)),
        "passed": _forms(lambda n: ngettext("{n} passed", "{n} passed", n)),
        "entered": _forms(lambda n: ngettext("{n} entered", "{n} entered", n)),
        "held": _forms(lambda n: ngettext("{n} held", "{n} held", n)),
        "waitingTitle": _("People waiting here now"),
        "passedTitle": _("People who passed this step"),
        "heldTitle": _("People who cannot go on until the campaign is published again"),
    }


def _messages():
    return {
        "undone": _("Undone"),
        "redone": _("Redone"),
        "stepsMoved": _("Step added. The steps below moved into “{branch}”."),
        "deleteWaiting": _forms(
            lambda n: ngettext(
                "{n} person is waiting in these steps. When you publish, they leave the campaign. Delete?",
                "{n} people are waiting in these steps. When you publish, they leave the campaign. Delete?",
                n,
            )
        ),
        "stepsDeleted": _forms(lambda n: ngettext("Step deleted", "{n} steps deleted", n)),
        "cannotMove": _("This step cannot move further."),
        "movedDown": _("Moved down"),
        "movedUp": _("Moved up"),
        "moved": _("Moved"),
        "onlyLast": _("This step ends its path, so it can only go last. Cut and paste it instead."),
        "copied": _("Copied. Paste it here or in another campaign."),
        "notInstalledHere": _("Some of these step types are not installed here."),
        "pasted": _("Pasted"),
        "nothingToPaste": _("Nothing to paste"),
        "failed": _("This could not be done. Check your connection and try again."),
    }


def _drawer():
    return {
        "close": _("Close"),
        "done": _("Done"),
        "cancel": _("Cancel"),
        "stepName": _("Step name"),
        "typeAndDescription": _("{type} – {description}"),
        "keptSettings": _("This step type is not installed. Its settings are kept."),
        "nothingToSetUp": _("Nothing to set up here."),
        "formFailed": _("The form could not be loaded. Check your connection and try again."),
        "somethingMissing": _("Something is missing. Fix it, or press Done again to finish later."),
        "correctFields": _("Please correct the fields below."),
        "discard": _("Discard your changes to this step?"),
    }


def _picker():
    return {
        "whatStarts": _("What starts this campaign?"),
        "searchSteps": _("Search steps"),
        "groups": _("Groups"),
        "actions": _("Do something"),
        "questions": _("Ask a question"),
        "questionGroup": _("Question: {group}"),
        "noMatch": _("No step matches."),
    }


def _menu():
    return {
        "edit": _("Edit"),
        "copyBranches": _("Copy with branches"),
        "duplicate": _("Duplicate"),
        "moveUp": _("Move up"),
        "moveDown": _("Move down"),
        "addAfter": _("Add a step after"),
        "unfold": _("Unfold"),
        "deleteKeep": _("Delete, keep “{branch}”"),
        "deleteBranches": _("Delete with branches"),
    }
