"""What a campaign step, a form or a bulk action does with lists; about scores, tags…: their own packages."""

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from wagtail_automation.activities import Activity, activities

from . import actions
from .blocks import StoredListChooserBlock
from .goals.activities import GoalReached  # noqa: F401
from .interests.activities import InterestChange  # noqa: F401
from .scoring.activities import ScoreChange  # noqa: F401
from .stages.activities import StageChange  # noqa: F401
from .tags.activities import TagAdd, TagRemove  # noqa: F401

GROUP = _("Lead")


@activities.register
class ListAdd(Activity):
    """Put on a list; those on it already stay, without a second event."""

    key = "list_add"
    changes = ("list", "event:list_")
    keywords = (_("subscribe"),)
    immediate = True
    list = StoredListChooserBlock(label=_("List"))

    class Meta:
        label = _("Add to a list")
        icon = "list-ul"
        group = GROUP
        tone = "violet"
        description = _("Puts the lead on a list.")

    def apply(self, value, cohort):
        actions.add_to_list(lead_list=value["list"], cohort=cohort)

    def sentence(self, value):
        if not value.get("list"):
            return str(self.label)
        return gettext("Add to the list “%(list)s”") % {"list": value["list"]}


@activities.register
class ListRemove(Activity):
    """Take off a list."""

    key = "list_remove"
    changes = ("list", "event:list_")
    keywords = (_("unsubscribe"),)
    immediate = True
    list = StoredListChooserBlock(label=_("List"))

    class Meta:
        label = _("Remove from a list")
        icon = "list-ul"
        group = GROUP
        tone = "violet"
        description = _("Takes the lead off a list.")

    def apply(self, value, cohort):
        actions.remove_from_list(lead_list=value["list"], cohort=cohort)

    def sentence(self, value):
        if not value.get("list"):
            return str(self.label)
        return gettext("Remove from the list “%(list)s”") % {"list": value["list"]}
