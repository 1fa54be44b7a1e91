"""Every word that the rule editor's script shows, in the language of the request."""

from django.utils.translation import gettext as _


def words() -> dict[str, str]:
    """Key → text; ``{name}`` marks what the script fills in."""
    return {
        "rule": _("Rule"),
        "all": _("all"),
        "any": _("any"),
        "none": _("none"),
        "matches": _("People match who meet"),
        "matches_after": _("of these conditions:"),
        "group_matches": _("they meet"),
        "group_matches_after": _("of:"),
        "match_label": _("How many of the conditions must be met"),
        "and": _("and"),
        "or": _("or"),
        "nor": _("nor"),
        "add": _("Add condition"),
        "add_group": _("Add group"),
        "add_to_group": _("Add condition to the group"),
        "empty": _("No condition yet. A rule without conditions matches nobody."),
        "empty_group": _("This group is empty. A rule with an empty group matches nobody."),
        "group": _("Group"),
        "edit": _("Edit: {sentence}"),
        "up": _("Move up: {sentence}"),
        "down": _("Move down: {sentence}"),
        "remove": _("Remove: {sentence}"),
        "remove_group": _("Remove the group"),
        "into_group": _("Move into the group above: {sentence}"),
        "out_of_group": _("Move out of the group: {sentence}"),
        "done": _("Done"),
        "undo": _("Undo"),
        "removed": _("Condition removed."),
        "group_removed": _("Group removed."),
        "moved": _("Moved to position {position} of {count}."),
        "added": _("Condition added."),
        "close": _("Close"),
        "picker_title": _("Add a condition"),
        "search": _("Search conditions"),
        "conditions": _("Conditions"),
        "groups": _("Groups"),
        "no_result": _("No condition matches your search."),
        "unavailable": _("Unavailable condition “{key}”"),
        "unavailable_help": _(
            "The app that brings this condition is not installed. Its settings are kept; until it is back, "
            "the rule matches nobody."
        ),
        "unfinished": _("Unfinished"),
        "wrong": _("Please correct the fields below."),
        "missing": _("Something is missing. Fill it in, or press Done again to finish later."),
        "nothing": _("This condition has nothing to set."),
        "loading": _("Loading…"),
        "failed": _("The editor could not reach the server. Check your connection."),
        "retry": _("Try again"),
        "damaged": _("This rule is damaged and matches nobody."),
        "start_again": _("Start with an empty rule"),
        "too_many": _("A rule holds at most {count} conditions. Put some of them into a segment."),
    }
