"""The menu group *Automation*: apps put their items into its sections."""

from collections.abc import Callable
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from wagtail.admin.menu import Menu, MenuItem, SubmenuMenuItem

SECTIONS = {
    "dashboard": (_("Dashboard"), "home", 100),
    "leads": (_("Leads"), "group", 200),
    "content": (_("Content"), "doc-full", 300),
    "sent": (pgettext_lazy("what was sent", "Sent"), "mail", 350),
    "campaigns": (_("Campaigns"), "resubmit", 400),
    "analysis": (_("Analysis"), "history", 500),
    "settings": (_("Settings"), "cogs", 600),
}


@dataclass
class _Entry:
    section: str
    item: MenuItem | Callable[[], MenuItem]
    order: int

    def made(self) -> MenuItem:
        """The item, which knows its place whoever made it: Wagtail sorts by the item's own order."""
        item = self.item if isinstance(self.item, MenuItem) else self.item()
        item.order = self.order
        return item


_entries: list[_Entry] = []


def register(section: str, item: MenuItem | Callable[[], MenuItem], order: int = 100) -> None:
    """Put a Wagtail ``MenuItem`` into a section, or a function that makes it once the addresses are known.

    Raises KeyError for a section that does not exist.
    """
    SECTIONS[section]
    _entries.append(_Entry(section, item, order))


def register_viewset_in_menu(section: str, viewset, order: int = 100) -> None:
    """Put the index page of a registered ViewSet into a section; hidden from those who may not see it."""
    register(section, lambda: viewset.get_menu_item(order), order)


class AutomationMenu(Menu):
    """Sections with at least one item that the user may see."""

    def __init__(self):
        super().__init__(
            register_hook_name="register_automation_menu_item",
            construct_hook_name="construct_automation_menu",
        )

    @property
    def registered_menu_items(self):
        items = []
        for name, (label, icon, order) in SECTIONS.items():
            entries = [entry.made() for entry in _entries if entry.section == name]
            if not entries:
                continue
            if name == "dashboard":
                items += entries
                continue
            menu = Menu(items=entries, register_hook_name=None)
            items.append(SubmenuMenuItem(label, menu, icon_name=icon, name=f"automation-{name}", order=order))
        return items


automation_menu = AutomationMenu()


def menu_item() -> SubmenuMenuItem:
    return SubmenuMenuItem(
        _("Automation"), automation_menu, icon_name="wa-automation", name="automation", order=250
    )
