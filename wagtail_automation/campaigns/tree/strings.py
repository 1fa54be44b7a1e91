"""Every word the editor's scripts say, in the language of the request. The scripts hold no text."""

from collections.abc import Callable
from functools import lru_cache

from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _


def _forms(words: Callable[[int], str]) -> list[str]:
    """Forms for 1, 2 and 5: the browser knows which of a language's categories a number is in."""
    return [words(number) for number in (1, 2, 5)]


def editor_strings() -> dict[str, str | list[str]]:
    """Texts by key; ``{name}`` is filled in by the script, lists are plural forms. To be read only."""
    return _strings(get_language())


@lru_cache(maxsize=16)
def _strings(_language) -> dict[str, str | list[str]]:
    parts = (_tools, _pictures, _cards, _numbers, _following, _asking, _messages, _drawer, _picker, _menu)
    return {key: words for part in parts for key, words in part().items()}


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
        "foldAll": _("Fold or unfold all branches"),
        "foldedAll": _("All branches folded"),
        "unfoldedAll": _("All branches unfolded"),
        "moreTools": _("More for this step"),
        "withKeys": _("{label} ({keys})"),
        "control": _("Ctrl"),
        "shift": _("Shift"),
        "deleteKey": _("Del"),
        "problems": _forms(lambda n: ngettext("{n} problem", "{n} problems", n)),
        "warnings": _forms(lambda n: ngettext("{n} warning", "{n} warnings", n)),
        "toSetUp": _forms(lambda n: ngettext("{n} step to set up", "{n} steps to set up", n)),
        "keysHelp": _(
            "Arrow keys move between steps. Enter edits, A adds a step, Delete removes, Alt with arrows "
            "moves, Control C, X and V copy, cut and paste."
        ),
        "readOnly": _("You can look at this campaign, but not change it."),
    }


def _pictures():
    return {
        "map": _("Overview in the corner"),
        "savePicture": _("Save as picture"),
        "pictureSvg": _("SVG"),
        "pictureSvgNote": _("Sharp at any size"),
        "picturePng": _("PNG"),
        "picturePngNote": _("For documents and slides"),
        "pictureSaved": _("The picture of the whole tree is saved."),
        "pictureSmaller": _("It is smaller than usual, as the tree is large; an SVG is sharp at any size."),
        "pictureFolded": _("Folded branches stay folded in it."),
        "pictureFailed": _("The picture could not be made. Try SVG."),
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
        "warning": _("Warning: {text}"),
        "setUp": _("Set up this step"),
        "more": _("More"),
        "moreOf": _("More for {step}"),
        "fold": _("Fold"),
        "continueHere": _("Other steps continue here"),
    }


def _numbers():
    return {
        "period": _("Period of the numbers"),
        "everSince": _("Since the start"),
        "today": _("Today"),
        "last7": _("Last 7 days"),
        "last30": _("Last 30 days"),
        "last90": _("Last 90 days"),
        "waiting": _forms(lambda n: ngettext("{n} waiting", "{n} waiting", n)),
        "passed": _forms(lambda n: ngettext("{n} passed", "{n} passed", n)),
        "entered": _forms(lambda n: ngettext("{n} entered", "{n} entered", n)),
        "held": _forms(lambda n: ngettext("{n} held", "{n} held", n)),
        "skipped": _forms(lambda n: ngettext("{n} skipped", "{n} skipped", n)),
        "goals": _forms(lambda n: ngettext("{n} reached the goal", "{n} reached the goal", n)),
        "waitingTitle": _("People waiting here now"),
        "passedTitle": _("People who passed this step"),
        "heldTitle": _("People who cannot go on until the campaign is published again"),
        "skippedTitle": _(
            "People for whom this step was skipped, for example because they had enough messages"
        ),
        "goalTitle": _("People who left here because they reached the goal"),
        "totalEntered": _forms(lambda n: ngettext("{n} entered", "{n} entered", n)),
        "totalInside": _forms(lambda n: ngettext("{n} inside now", "{n} inside now", n)),
        "totalHeld": _forms(lambda n: ngettext("{n} held", "{n} held", n)),
        "totalGoal": _forms(lambda n: ngettext("{n} reached the goal", "{n} reached the goal", n)),
        "totalFinished": _forms(lambda n: ngettext("{n} came to the end", "{n} came to the end", n)),
        "totalLeft": _forms(lambda n: ngettext("{n} left early", "{n} left early", n)),
        "showPeople": _("Show the people: {people}"),
    }


def _following():
    return {
        "follow": _("Follow a lead"),
        "followTitle": _("Follow a lead through this campaign"),
        "followed": _("The way of this lead"),
        "unfollow": _("Stop following"),
        "people": _("People"),
        "searchPeople": _("Search by name or address"),
        "noPeople": _("Nobody was found in this campaign."),
        "noLongerThere": _("no longer in the tree"),
    }


def _asking():
    return {
        "deleteTitle": _("Delete “{step}”?"),
        "deleteWaiting": _forms(
            lambda n: ngettext(
                "{n} person waits here or below. When you publish, they go on at the next step that is "
                "left, or leave the campaign if there is none.",
                "{n} people wait here or below. When you publish, they go on at the next step that is "
                "left, or leave the campaign if there is none.",
                n,
            )
        ),
        "deleteTarget": _forms(
            lambda n: ngettext(
                "Another step goes to one of these: {steps}. It will need a new target.",
                "Other steps go to one of these: {steps}. They will need a new target.",
                n,
            )
        ),
        "stepsBelow": _("What becomes of the steps below?"),
        "keepBranch": _("Keep those of “{branch}”"),
        "keepBranchNote": _("They move up; those of the other branches are deleted."),
        "deleteBelow": _forms(
            lambda n: ngettext("Delete {n} step below as well", "Delete {n} steps below as well", n)
        ),
        "moveTo": _("Move to…"),
        "moveTitle": _("Move “{step}”"),
        "moveHere": _("Move here"),
        "placeLabel": _("New place"),
        "placeFirst": _("At the beginning"),
        "placeAfter": _("After {step}"),
        "placeBranch": _("First in “{branch}” of {step}"),
        "titleAndLine": _("{title} – {line}"),
    }


def _messages():
    return {
        "sentTwice": _("The step before sends the same: people get it twice."),
        "branchesAlike": _("All its branches do the same."),
        "branchesEmpty": _("All its branches are empty: it makes no difference which way people go."),
        "neverReached": _("Nobody can reach this step: the one before it never continues."),
        "undone": _("Undone"),
        "redone": _("Redone"),
        "stepsMoved": _("Step added. The steps below moved into “{branch}”."),
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
        "nextStep": _("Add next step"),
        "cancel": _("Cancel"),
        "stepName": _("Step name"),
        "typeAndDescription": _("{type} – {description}"),
        "keptSettings": _("This step type is not installed. Its settings are kept."),
        "nothingToSetUp": _("Nothing to set up here."),
        "formFailed": _("The form could not be loaded. Check your connection and try again."),
        "somethingMissing": _("Something is missing. Fix it, or press Done again to finish later."),
        "correctFields": _("Please correct the fields below."),
        "decidesAtOnce": _("This is decided at once: nothing in the question can still happen."),
        "decidesNegative": _(
            "This is decided at once: the question is about something that did not happen. To wait, ask the "
            "opposite question and use the No branch."
        ),
        "discard": _("Discard your changes to this step?"),
    }


def _picker():
    return {
        "whatStarts": _("What starts this campaign?"),
        "searchSteps": _("Search steps"),
        "groups": _("Groups"),
        "mostUsed": _("Most used"),
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
        "deleteMore": _("Delete…"),
    }
