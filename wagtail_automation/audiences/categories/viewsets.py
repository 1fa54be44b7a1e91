"""Categories in the admin, and what other lists show and filter by."""

import django_filters
from django import forms
from django.utils.translation import gettext_lazy as _
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.panels import FieldPanel
from wagtail.admin.ui.tables import Column
from wagtail.admin.views import generic
from wagtail.admin.viewsets.model import ModelViewSet

from .models import Category


class DotColumn(Column):
    """A name behind the dot of its colour; ``accessor`` gives something with ``name`` and ``colour``."""

    cell_template_name = "wagtail_automation/audiences/dot_cell.html"

    def get_cell_context_data(self, instance, parent_context):
        context = super().get_cell_context_data(instance, parent_context)
        link = getattr(self, "get_url", None)
        context["url"] = link(instance) if link and context["value"] is not None else ""
        return context


class ColourName:
    """A row's colour itself as what has a name and a colour, for ``DotColumn(accessor=ColourName)``."""

    def __init__(self, row):
        self.name, self.colour = row.get_colour_display(), row.colour

    def __str__(self):
        return str(self.name)


def category_column(**kwargs) -> DotColumn:
    """The category of the rows of another list; select it with ``select_related("category")``."""
    return DotColumn("category", label=_("Category"), sort_key="category__folded", **kwargs)


def category_filter(type_: str) -> django_filters.ModelChoiceFilter:
    """A filter by category for the filter set of another list."""
    return django_filters.ModelChoiceFilter(
        field_name="category",
        label=_("Category"),
        queryset=lambda request: Category.objects.filter(type=type_),
        empty_label=_("All"),
    )


class CategoryFilterSet(WagtailFilterSet):
    type = django_filters.ChoiceFilter(
        label=_("Type"), choices=Category.Type.choices, empty_label=_("All"), widget=forms.RadioSelect
    )

    class Meta:
        model = Category
        fields = []


class CategoryCreateView(generic.CreateView):
    """``?type=segment`` chooses the type before the form is shown, for links from other lists."""

    def get_initial(self):
        wanted = self.request.GET.get("type", "")
        known = {"type": wanted} if wanted in Category.Type.values else {}
        return {**super().get_initial(), **known}


class CategoryViewSet(ModelViewSet):
    model = Category
    name = "wagtail_automation_category"
    url_prefix = "automation/categories"
    icon = "folder-open-inverse"
    menu_label = _("Categories")
    menu_name = "automation-categories"
    list_per_page = 50
    ordering = ["type", "folded"]
    copy_view_enabled = False
    add_to_reference_index = False
    add_view_class = CategoryCreateView
    filterset_class = CategoryFilterSet
    search_fields = ["name", "description"]
    search_backend_name = None
    list_display = [
        "name",
        Column("type", label=_("Type"), accessor="get_type_display", sort_key="type"),
        DotColumn("colour", label=_("Colour"), accessor=ColourName),
        Column("description", label=_("Description")),
    ]
    panels = [
        FieldPanel("type"),
        FieldPanel("name"),
        FieldPanel("colour"),
        FieldPanel("description"),
    ]
