"""Panels of the lead page: notes and files."""

from django.utils.translation import gettext_lazy as _

from wagtail_automation.admin.panels import LeadPanel, lead_panels
from wagtail_automation.sanitize import linkify

from . import sources
from .access import may
from .lead_views import may_change
from .models import LeadFile, LeadNote

SHOWN = 5
FOLDER = "wagtail_automation/leads/panels"


def who(item, words: dict[str, str]) -> str:
    """The author by name, or the campaign or form that wrote it."""
    if item.author is not None:
        return item.author.get_full_name() or item.author.get_username()
    return words.get(getattr(item, "source", ""), "")


@lead_panels.register
class NotesPanel(LeadPanel):
    """The latest notes, with a form for one more. Two queries, and one per kind of source."""

    key = "notes"
    heading = _("Notes")
    icon = "comment"
    column = "main"
    order = 20
    template_name = f"{FOLDER}/notes.html"

    def is_shown(self):
        return may(self.request.user, "view", "leadnote")

    def get_context(self):
        user = self.request.user
        rows = list(LeadNote.objects.filter(lead=self.lead).select_related("author")[: SHOWN + 1])
        words = sources.labels(row.source for row in rows)
        return {
            "notes": [
                {
                    "note": row,
                    "html": linkify(row.text),
                    "who": who(row, words),
                    "may_edit": may_change(user, row, "change"),
                    "may_delete": may_change(user, row, "delete"),
                }
                for row in rows[:SHOWN]
            ],
            "has_more": len(rows) > SHOWN,
            "may_add": may(user, "add", "leadnote"),
        }


@lead_panels.register
class FilesPanel(LeadPanel):
    """Files by name, with size and author. Two queries."""

    key = "files"
    heading = _("Files")
    icon = "doc-full"
    column = "side"
    order = 60
    template_name = f"{FOLDER}/files.html"

    def is_shown(self):
        return may(self.request.user, "view", "leadfile")

    def get_context(self):
        user = self.request.user
        rows = list(LeadFile.objects.filter(lead=self.lead).select_related("author")[:100])
        return {
            "files": [(row, who(row, {}), may_change(user, row, "delete")) for row in rows],
            "may_add": may(user, "add", "leadfile"),
        }
