"""What the admin's pages about one segment or one list have in common."""

from dataclasses import dataclass

from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin
from wagtail.admin.widgets.button import Button

from .models import LeadList, Segment
from .panels import LEAD_PERMISSION

APP = "wagtail_automation_audiences"


@dataclass(frozen=True)
class Kind:
    """Segments or lists: their model, where their pages are, and the name of their index."""

    model: type
    namespace: str
    index: str
    icon: str

    def url(self, name: str, *args) -> str:
        return reverse(f"{self.namespace}:{name}", args=args)

    def permission(self, action: str) -> str:
        return f"{APP}.{action}_{self.model._meta.model_name}"


SEGMENTS = Kind(Segment, f"wagtailsnippets_{APP}_segment", "list", "group")
LISTS = Kind(LeadList, "wagtail_automation_lists", "index", "list-ul")

#: ``(address, label, icon, what one must be allowed to do with the owner)``
PAGES = {
    SEGMENTS: [
        ("members", gettext_lazy("Members"), "group", "view"),
        ("growth", gettext_lazy("Growth"), "history", "view"),
        ("overlap", gettext_lazy("Overlap"), "resubmit", "view"),
    ],
    LISTS: [
        ("members", gettext_lazy("Members"), "group", "view"),
        ("growth", gettext_lazy("Growth"), "history", "view"),
        ("paste", gettext_lazy("Add people"), "plus", "change"),
        ("filter", gettext_lazy("Filter to a new list"), "list-ul", "add"),
        ("merge", gettext_lazy("Merge a list into it"), "resubmit", "change"),
        ("assign", gettext_lazy("Assign the members"), "user", "view"),
    ],
}


def buttons(kind: Kind, owner, user, *, without: str = "") -> list[Button]:
    """Links to the other pages of a segment or list, for the menu of a header."""
    found = []
    for priority, (name, label, icon, action) in enumerate(PAGES[kind]):
        computed = kind is LISTS and owner.is_computed and name in ("paste", "merge")
        if name == "assign" and not user.has_perm("wagtail_automation_leads.change_lead"):
            continue
        if name != without and not computed and user.has_perm(kind.permission(action)):
            url = kind.url(name, owner.pk)
            found.append(Button(label, url=url, icon_name=icon, priority=25 + priority))
    if user.has_perm(kind.permission("change")) and not getattr(owner, "builtin", ""):
        label = _("Reactivate") if owner.archived else _("Archive")
        found.append(Button(label, url=kind.url("archive", owner.pk), icon_name="bin", priority=60))
    return found


class OwnerPage(WagtailAdminTemplateMixin):
    """A page about one segment or list, for those who may do ``action`` with it and see leads."""

    kind: Kind = None
    action = "view"
    name = ""

    def dispatch(self, request, *args, **kwargs):
        user = request.user
        if not (user.has_perm(LEAD_PERMISSION) and user.has_perm(self.kind.permission(self.action))):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    @cached_property
    def owner(self):
        return get_object_or_404(self.kind.model, pk=self.kwargs["pk"])

    @property
    def header_icon(self):
        return self.kind.icon

    def get_page_subtitle(self):
        return str(self.owner)

    def owner_url(self) -> str:
        """Where the owner is changed, for those who may."""
        if self.request.user.has_perm(self.kind.permission("change")):
            return self.kind.url("edit", self.owner.pk)
        return ""

    def get_breadcrumbs_items(self):
        label = self.kind.model._meta.verbose_name_plural.capitalize()
        return [
            *self.breadcrumbs_items,
            {"url": self.kind.url(self.kind.index), "label": label},
            {"url": self.owner_url(), "label": str(self.owner)},
            {"url": "", "label": self.get_page_title(), "sublabel": self.get_page_subtitle()},
        ]

    @cached_property
    def header_more_buttons(self):
        more = buttons(self.kind, self.owner, self.request.user, without=self.name)
        return [*super().header_more_buttons, *more]
