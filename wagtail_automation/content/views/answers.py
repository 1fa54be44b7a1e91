"""Lists of answers in the admin: of one form with a column for each field, or of all forms."""

from functools import partial

import django_filters
from django.contrib.admin.utils import quote
from django.db.models import Q
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin.admin_url_finder import AdminURLFinder
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.ui.tables import Column, TitleColumn
from wagtail.admin.views.reports import ReportView
from wagtail.permission_policies import ModelPermissionPolicy

from wagtail_automation.admin.export import neutral
from wagtail_automation.admin.tables import MomentColumn
from wagtail_automation.content import answers
from wagtail_automation.content.models import Form, FormSubmission
from wagtail_automation.leads.filters import DayRangeWidget
from wagtail_automation.leads.folding import fold
from wagtail_automation.leads.permissions import about_visible

#: fields of a form with a column of their own on the screen; exports have them all
COLUMNS = 3


class AnswersFilter(WagtailFilterSet):
    """By day and site; in the list of all forms also by form."""

    at = django_filters.DateFromToRangeFilter(label=gettext_lazy("When"), widget=DayRangeWidget)

    class Meta:
        model = FormSubmission
        fields = ["form", "at", "site"]


class OneFormFilter(AnswersFilter):
    """By day and site."""

    class Meta(AnswersFilter.Meta):
        fields = ["at", "site"]


class AnswersView(ReportView):
    """All answers, newest first."""

    model = FormSubmission
    template_name = "wagtailadmin/reports/base_report.html"
    permission_policy = ModelPermissionPolicy(FormSubmission)
    any_permission_required = ["view"]
    page_title = gettext_lazy("Answers")
    header_icon = "form"
    is_searchable = True
    filterset_class = AnswersFilter
    default_ordering = "-at"
    index_url_name = "wagtail_automation_answers"
    index_results_url_name = "wagtail_automation_answers_results"
    export_filename = "answers"
    verbose_name_plural = gettext_lazy("answers")
    form = None

    def get_base_queryset(self):
        return about_visible(FormSubmission.objects.for_lists(), self.request.user)

    def search_queryset(self, queryset):
        """Every word in the name or address of the person, or in an answer of this form."""
        for word in fold(self.search_query or "").split()[:8]:
            found = Q()
            for column in ("first_name", "last_name", "email", "company"):
                found |= Q(**{f"lead__folded__{column}__icontains": word})
            for key, _label in self.answer_columns:
                found |= Q(**{f"folded__{key}__icontains": word})
            queryset = queryset.filter(found)
        return queryset

    @cached_property
    def answer_columns(self):
        return []

    @cached_property
    def _urls(self):
        return AdminURLFinder(self.request.user)

    @cached_property
    def columns(self):
        return [
            MomentColumn("at", label=_("When"), sort_key="at", width="14%"),
            TitleColumn(
                "lead", label=_("Lead"), get_url=lambda row: self._urls.get_edit_url(row.lead), width="18%"
            ),
            *self.middle_columns(),
            Column("page", label=_("Page")),
            TitleColumn(
                "open",
                label=_("Answer"),
                accessor=lambda row: _("Open"),
                get_url=lambda row: reverse("wagtail_automation_answer", args=[row.pk]),
                width="8%",
            ),
        ]

    def middle_columns(self):
        return [
            TitleColumn(
                "form",
                label=_("Form"),
                get_url=lambda row: reverse("wagtail_automation_answers_of", args=[quote(row.form_id)]),
                width="18%",
            ),
            Column("answers", label=_("Answers"), accessor=_summary),
        ]

    @cached_property
    def list_export(self):
        return ["at", "lead", "email", "form", "answers", "page"]

    def get_heading(self, queryset, field):
        names = {
            "at": _("When"),
            "lead": _("Lead"),
            "email": _("Email address"),
            "form": _("Form"),
            "answers": _("Answers"),
            "page": _("Page"),
            "site": _("Site"),
        }
        return neutral(str(names.get(field, field)))

    def to_row_dict(self, item):
        return {name: neutral(self.exported(item, name)) for name in self.list_export}

    def exported(self, item, name):
        """One cell before it is neutralised."""
        if name == "email":
            return item.lead.email
        if name == "answers":
            return "\n".join(answers.lines(item))
        value = getattr(item, name)
        return value if name == "at" else str(value or "")


class FormAnswersView(AnswersView):
    """The answers to one form, each field a column."""

    filterset_class = OneFormFilter
    index_url_name = None
    index_results_url_name = None

    def setup(self, request, *args, **kwargs):
        self.form = get_object_or_404(Form, pk=kwargs["pk"])
        super().setup(request, *args, **kwargs)

    def get_base_queryset(self):
        return super().get_base_queryset().filter(form=self.form)

    def get_page_subtitle(self):
        return str(self.form)

    def get_index_url(self):
        return reverse("wagtail_automation_answers_of", args=[self.form.pk])

    def get_index_results_url(self):
        return reverse("wagtail_automation_answers_of_results", args=[self.form.pk])

    def get_breadcrumbs_items(self):
        items = super().get_breadcrumbs_items()
        url = self._urls.get_edit_url(self.form)
        if url:
            items.insert(-1, {"url": url, "label": str(self.form)})
        return items

    @cached_property
    def answer_columns(self):
        return answers.columns(self.form)

    def middle_columns(self):
        shown = [
            Column(f"answer_{key}", label=label, accessor=partial(_short, self.form, key))
            for key, label in self.answer_columns[:COLUMNS]
        ]
        others = [key for key, _label in self.answer_columns[COLUMNS:]]
        if others:
            shown.append(Column("others", label=_("Other answers"), accessor=partial(_summary, only=others)))
        return shown

    @cached_property
    def list_export(self):
        return ["at", "lead", *(f"answer_{key}" for key, _label in self.answer_columns), "page", "site"]

    def get_heading(self, queryset, field):
        labels = {f"answer_{key}": label for key, label in self.answer_columns}
        return neutral(labels[field]) if field in labels else super().get_heading(queryset, field)

    def exported(self, item, name):
        if not name.startswith("answer_"):
            return super().exported(item, name)
        stored = item.data.get(name.removeprefix("answer_"))
        if isinstance(stored, int | float) and not isinstance(stored, bool):
            return stored
        return answers.display(self.form, name.removeprefix("answer_"), stored)


def _short(form, key, row) -> str:
    return Truncator(answers.display(form, key, row.data.get(key))).chars(80)


def _summary(row, only=None) -> str:
    return Truncator(" · ".join(answers.lines(row, only))).chars(160)
