"""Lists of records that are written by machines: searched, filtered, inspected, exported, never edited.

On wagtail-modeladmin, with its faults mended: falsy values are shown as they are, not as "-", and
exported cells are never formulas.
"""

from typing import ClassVar

from django.contrib.admin import ChoicesFieldListFilter
from django.contrib.admin.exceptions import NotRegistered
from django.contrib.admin.options import IncorrectLookupParameters
from django.shortcuts import redirect
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from wagtail.admin import messages
from wagtail_modeladmin.helpers import PermissionHelper
from wagtail_modeladmin.options import ModelAdmin
from wagtail_modeladmin.views import IndexView, InspectView

from .export import neutral

#: What Django's filters say. Their French is in Django's own admin, which a Wagtail site need not install.
FILTER_WORDS = (
    _("Any date"),
    _("Today"),
    _("Past 7 days"),
    _("This month"),
    _("This year"),
    _("No date"),
    _("Has date"),
)


def titled(title: str, filter_class: type = ChoicesFieldListFilter) -> type:
    """A filter with its own title (lazy) instead of the name of its field."""

    class Titled(filter_class):
        def __init__(self, *args, **kwargs):
            super().__init__(*args, **kwargs)
            self.title = title

    return Titled


class ReadOnlyPermissions(PermissionHelper):
    """Those who may view may look; nobody may add, change or delete."""

    def user_can_list(self, user):
        return self.user_has_specific_permission(user, self.get_perm_codename("view")) or user.is_superuser

    def user_can_inspect_obj(self, user, obj):
        return self.user_can_list(user)

    def user_has_any_permissions(self, user):
        return self.user_can_list(user)

    def user_can_create(self, user):
        return False

    def user_can_edit_obj(self, user, obj):
        return False

    def user_can_delete_obj(self, user, obj):
        return False


class ReadOnlyIndexView(IndexView):
    def dispatch(self, request, *args, **kwargs):
        try:
            return super().dispatch(request, *args, **kwargs)
        except IncorrectLookupParameters:  # an address that somebody wrote by hand, or an old bookmark
            messages.warning(request, _("This list does not know what the address asks for: all are shown."))
            return redirect(request.path)

    def get_filters(self, request):
        found = super().get_filters(request)
        for spec in found[0]:
            if spec.template == "admin/filter.html":
                spec.template = "wagtail_automation/readonly_filter.html"
        return found

    @property
    def chosen_count(self) -> int:
        """How many filters hold now: said where they are folded."""
        return sum(
            any(name in self.params for name in spec.expected_parameters()) for spec in self.filter_specs
        )

    def get_page_title(self):
        """What one clicked on in the menu."""
        return self.page_title or self.model_admin.get_menu_label()

    def to_row_dict(self, item):
        return {name: neutral(value) for name, value in super().to_row_dict(item).items()}


class ReadOnlyInspectView(InspectView):
    def get_page_title(self):
        return capfirst(self.verbose_name)

    def get_page_subtitle(self):
        return self.model_admin.inspect_title(self.instance)

    def get_field_label(self, field_name, field=None):
        label = self.model_admin.inspect_labels.get(field_name)
        return capfirst(label or super().get_field_label(field_name, field))

    def get_field_display_value(self, field_name, field=None):
        value = getattr(self.instance, field_name, None)
        if value is False:
            return _("No")
        if value == 0 and not isinstance(value, bool) and value is not None:
            return "0"
        return super().get_field_display_value(field_name, field)


class NoAdminSite:
    """Filters by a related object ask Django's own admin for its ordering; most Wagtail sites have none."""

    def get_model_admin(self, model):
        raise NotRegistered(model)


class ReadOnlyModelAdmin(ModelAdmin):
    """Subclass with ``model``, ``list_display``, ``list_filter``, ``search_fields``…"""

    permission_helper_class = ReadOnlyPermissions
    index_view_class = ReadOnlyIndexView
    inspect_view_class = ReadOnlyInspectView
    index_template_name = "wagtail_automation/readonly_index.html"
    inspect_view_enabled = True
    # nobody edits these records, so that nothing ever happened to them
    history_view_enabled = False
    list_per_page = 50
    #: ``{field: label}`` where the field's own name is not for people
    inspect_labels: ClassVar[dict] = {}
    #: section of the Automation menu
    section = "leads"

    def __init__(self, parent=None):
        super().__init__(parent)
        self.admin_site = NoAdminSite()

    def inspect_title(self, instance) -> str:
        """What stands beside the heading of a record, for people: not its number nor a date for machines."""
        return str(instance)

    def register_with_wagtail(self):
        """As wagtail-modeladmin does, but the menu item goes into its section."""
        from wagtail import hooks

        from . import menu

        hooks.register("register_permissions", self.get_permissions_for_registration)
        hooks.register("register_admin_urls", self.get_admin_urls_for_registration)
        order = self.get_menu_order()
        menu.register(self.section, lambda: self.get_menu_item(order=order), order)
