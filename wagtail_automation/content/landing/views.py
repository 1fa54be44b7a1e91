"""Landing pages in the admin: begin one from a design, keep one as a template, see what came of it."""

import datetime as dt

from django import forms
from django.core.exceptions import PermissionDenied, ValidationError
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET
from wagtail.admin import messages
from wagtail.models import Page, get_page_models

from wagtail_automation import clock
from wagtail_automation.admin.strict import PageChooser
from wagtail_automation.audiences.colours import Colour
from wagtail_automation.content.landing import actions, querysets, split
from wagtail_automation.content.landing.designs import DESIGNS, design
from wagtail_automation.content.landing.models import LandingTemplate
from wagtail_automation.content.pages import LandingPageMixin

DAYS = (7, 30, 90)


def landing_types() -> list[type[Page]]:
    """The page types that designs and templates can fill, ours and the site's."""
    return [
        cls
        for cls in get_page_models()
        if issubclass(cls, LandingPageMixin) and cls.landing_body_field and not cls._meta.abstract
    ]


def starts() -> list[tuple[str, list]]:
    """``(heading, [(value, name, description, palette, kinds, category)])`` of what a page can begin with."""
    blank = ("blank", _("Blank"), _("No section yet."), "forest", [], "")
    ready = [(f"design:{one.key}", one.name, one.description, one.palette, one.kinds, "") for one in DESIGNS]
    own = [
        (f"template:{one.pk}", one.name, one.description, one.palette, one.kinds, one.category)
        for one in LandingTemplate.objects.selectable()
    ]
    return [
        *([(_("Your templates"), own)] if own else []),
        (_("Ready designs"), [*ready, blank]),
    ]


class ParentChooser(PageChooser):
    """Shows nothing chosen where something was sent that is no page's number."""

    def get_value_data(self, value):
        return super().get_value_data(None if isinstance(value, str) and not value.isdecimal() else value)


class BeginForm(forms.Form):
    """What a new landing page begins with, how it is called and where it stands."""

    start = forms.ChoiceField(label=gettext_lazy("Begin with"), widget=forms.RadioSelect)
    title = forms.CharField(label=gettext_lazy("Title"), max_length=255)
    parent = forms.ModelChoiceField(
        label=gettext_lazy("Below this page"), queryset=Page.objects.filter(depth__gt=1), widget=ParentChooser
    )
    page_type = forms.ChoiceField(label=gettext_lazy("Page type"))

    def __init__(self, *args, user, types, groups, **kwargs):
        super().__init__(*args, **kwargs)
        self.user, self.types = user, {cls._meta.label_lower: cls for cls in types}
        self.fields["start"].choices = [(one[0], one[1]) for _heading, items in groups for one in items]
        self.fields["page_type"].choices = [
            (label, cls.get_verbose_name()) for label, cls in self.types.items()
        ]
        if len(self.types) == 1:
            self.fields["page_type"].widget = forms.HiddenInput()
            self.fields["page_type"].initial = next(iter(self.types))

    def clean(self):
        cleaned = super().clean()
        parent, cls = cleaned.get("parent"), self.types.get(cleaned.get("page_type"))
        if parent is None or cls is None:
            return cleaned
        parent = cleaned["parent"] = parent.specific
        if not parent.permissions_for_user(self.user).can_add_subpage() or not cls.can_create_at(parent):
            self.add_error("parent", _("You cannot add such a page there."))
        return cleaned

    def chosen(self) -> tuple[list[dict], str]:
        """``(raw sections, palette)``."""
        kind, _colon, key = self.cleaned_data["start"].partition(":")
        if kind == "design":
            one = design(key)
            return one.body(), one.palette
        if kind == "template":
            template = LandingTemplate.objects.selectable().get(pk=key)
            return template.raw, template.palette
        return [], ""


def begin(request):
    """Choose a design or template; the page is made as a draft and opens in its editor."""
    types = [cls for cls in landing_types() if cls.get_verbose_name()]
    if not types or not request.user.has_perm("wagtailadmin.access_admin"):
        raise PermissionDenied
    groups = starts()
    first = {"start": "design:guide", "parent": request.GET.get("parent")}
    form = BeginForm(
        request.POST if request.method == "POST" else None,
        user=request.user,
        types=types,
        groups=groups,
        initial=first,
    )
    if request.method == "POST" and form.is_valid():
        body, palette = form.chosen()
        data = form.cleaned_data
        try:
            page = actions.begin_page(
                page_class=form.types[data["page_type"]],
                parent=data["parent"],
                title=data["title"],
                body=body,
                palette=palette,
                user=request.user,
            )
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("The page was made as a draft. Replace the words, then publish it."))
            return redirect("wagtailadmin_pages:edit", page.pk)
    chosen = form["start"].value()
    context = {
        "form": form,
        "groups": groups,
        "chosen": chosen,
        "page_title": _("New landing page"),
        "breadcrumbs_items": [
            {"url": reverse("wagtailadmin_home"), "label": _("Home")},
            {"url": reverse("wagtail_automation_landing:index"), "label": _("Landing pages")},
            {"url": "", "label": _("New")},
        ],
        "media": form.media,
    }
    return render(request, "wagtail_automation/content/admin/landing_begin.html", context)


def _landing_page(user, pk, right="can_edit") -> Page:
    page = get_object_or_404(Page, pk=pk).specific
    if not isinstance(page, LandingPageMixin) or not getattr(page.permissions_for_user(user), right)():
        raise PermissionDenied
    return page


class TemplateForm(forms.Form):
    """What a template is called and whether it can be chosen."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=120)
    category = forms.CharField(
        label=gettext_lazy("Category"),
        max_length=80,
        required=False,
        help_text=gettext_lazy("A word by which templates are sorted, such as Event."),
    )
    colour = forms.ChoiceField(label=gettext_lazy("Colour"), choices=Colour.choices, initial=Colour.GREEN)
    is_published = forms.BooleanField(
        label=gettext_lazy("Can be chosen for new pages"), required=False, initial=True
    )


def keep(request, pk):
    """Save the sections of a page as a template."""
    page = _landing_page(request.user, pk)
    if not page.landing_body_field or not request.user.has_perm(
        "wagtail_automation_content.add_landingtemplate"
    ):
        raise PermissionDenied
    page = page.get_latest_revision_as_object()
    form = TemplateForm(
        request.POST if request.method == "POST" else None, initial={"name": page.title[:120]}
    )
    if request.method == "POST" and form.is_valid():
        actions.keep_as_template(page=page, user=request.user, **form.cleaned_data)
        messages.success(request, _("“%(name)s” is a template now.") % {"name": form.cleaned_data["name"]})
        return redirect("wagtailadmin_pages:edit", pk)
    context = {
        "form": form,
        "page_title": _("Save as template"),
        "submit": _("Save as template"),
        "breadcrumbs_items": _crumbs(page, _("Save as template")),
    }
    return render(request, "wagtail_automation/content/admin/landing_keep.html", context)


def _crumbs(page, last):
    return [
        {"url": reverse("wagtailadmin_home"), "label": _("Home")},
        {"url": reverse("wagtailadmin_pages:edit", args=[page.pk]), "label": page.title},
        {"url": "", "label": last},
    ]


@require_GET
def results(request, pk):
    """Views, people, forms sent, sources and the goals that followed. Figures only, nobody's name."""
    page = _landing_page(request.user, pk)
    if not request.user.has_perm("wagtail_automation_tracking.view_visitor") and not request.user.has_perm(
        "wagtail_automation_content.view_formsubmission"
    ):
        raise PermissionDenied
    asked = request.GET.get("days", "")
    days = int(asked) if asked in map(str, DAYS) else 30
    since = clock.now() - dt.timedelta(days=days)
    totals = querysets.totals(page, since)
    sources = querysets.by_source(page, since)
    for row in sources:
        row["share"] = _share(row["senders"], row["people"])
    context = {
        "page": page,
        "days": days,
        "all_days": DAYS,
        "totals": totals | {"share": _share(totals["senders"], totals["people"])},
        "sources": sources[:50],
        "experiments": split.of_page(page),
        "goals": querysets.goals_after(page, since)[:50],
        "page_title": _("Results of “%(page)s”") % {"page": page.title},
        "breadcrumbs_items": _crumbs(page, _("Results")),
    }
    return render(request, "wagtail_automation/content/admin/landing_results.html", context)


def _share(part, whole) -> float:
    return 100 * part / whole if whole else 0.0
