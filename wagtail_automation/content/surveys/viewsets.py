"""Surveys in the admin: a snippet, and its results."""

from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.formats import date_format, number_format
from django.utils.functional import cached_property
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView
from wagtail.admin.panels import FieldPanel, MultiFieldPanel
from wagtail.admin.ui.tables import LocaleColumn, StatusFlagColumn, TitleColumn
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin
from wagtail.admin.widgets.button import Button
from wagtail.snippets.views import snippets

from wagtail_automation.admin import charts
from wagtail_automation.admin.choosers import SnippetChooserViewSet
from wagtail_automation.audiences.guards import DraftUsage, GuardedDelete
from wagtail_automation.leads.models import Lead

from .models import Survey, SurveyAnswer
from .results import results

MAY = "wagtail_automation_content.view_surveyanswer"
SHOWN = 50


class SurveyEditView(snippets.EditView):
    @cached_property
    def header_more_buttons(self):
        url = reverse("wagtail_automation_survey_results", args=[self.object.pk])
        return [
            *super().header_more_buttons,
            Button(gettext("Results"), url=url, icon_name="history", priority=5),
        ]


class SurveyDeleteView(GuardedDelete, snippets.DeleteView):
    pass


class SurveyUsageView(DraftUsage, snippets.UsageView):
    pass


class SurveyChooserViewSet(SnippetChooserViewSet):
    page_title = _("Choose a survey")
    choose_another_text = _("Choose another survey")
    edit_item_text = _("Edit this survey")


class SurveyViewSet(snippets.SnippetViewSet):
    model = Survey
    icon = "help"
    menu_label = _("Surveys")
    menu_name = "automation-surveys"
    add_to_admin_menu = False
    inspect_view_enabled = False
    copy_view_enabled = False
    list_per_page = 50
    edit_view_class = SurveyEditView
    delete_view_class = SurveyDeleteView
    usage_view_class = SurveyUsageView
    chooser_viewset_class = SurveyChooserViewSet
    search_fields = ["name"]
    search_backend_name = None
    list_display = [
        "name",
        LocaleColumn(),
        TitleColumn(
            "results",
            label=_("Results"),
            accessor=lambda row: gettext("Results"),
            get_url=lambda row: reverse("wagtail_automation_survey_results", args=[row.pk]),
        ),
        StatusFlagColumn("is_closed", label=_("State"), true_label=_("closed survey"), false_label=_("open")),
    ]
    panels = [
        FieldPanel("name"),
        FieldPanel("introduction"),
        FieldPanel("questions"),
        MultiFieldPanel(
            [FieldPanel("thank_you_text"), FieldPanel("promoter_text"), FieldPanel("review_links")],
            heading=_("At the end"),
        ),
        FieldPanel("is_closed", heading=_("closed survey")),
    ]


class SurveyResultsView(WagtailAdminTemplateMixin, TemplateView):
    """Shares, averages, the NPS, the trend, and the last words people wrote."""

    template_name = "wagtail_automation/content/surveys/results.html"
    header_icon = "help"

    def dispatch(self, request, *args, **kwargs):
        if not request.user.has_perm(MAY):
            raise PermissionDenied
        self.survey = get_object_or_404(Survey, pk=kwargs["pk"])
        return super().dispatch(request, *args, **kwargs)

    def get_page_title(self):
        return self.survey.name

    def get_breadcrumbs_items(self):
        whole = {
            "url": reverse("wagtailsnippets_wagtail_automation_content_survey:list"),
            "label": gettext("Surveys"),
        }
        return [*self.breadcrumbs_items, whole, {"url": "", "label": self.get_page_title()}]

    def words(self):
        """The last open answers: of leads that this user may see, and of unknown people."""
        rows = SurveyAnswer.objects.filter(survey_key=self.survey.translation_key).exclude(text="")
        mine = Lead.objects.visible_to(self.request.user)
        rows = rows.filter(lead__in=mine) | rows.filter(lead=None)
        return rows.select_related("lead").order_by("-at", "-pk")[:SHOWN]

    def get_context_data(self, **kwargs):
        questions = []
        for one in results(self.survey):
            highest = one.people or 1
            questions.append(
                {
                    "question": one,
                    "nps": None if one.nps is None else _result(one, one.nps),
                    "average": None if one.average is None else number_format(one.average, 2),
                    "rows": [
                        {
                            "label": words,
                            "value": people,
                            "more": [f"{number_format(100 * people / highest, 1)}\u00a0%"],
                        }
                        for words, people in one.rows
                    ],
                    "trend": [
                        {
                            "label": date_format(month, "YEAR_MONTH_FORMAT"),
                            "value": people,
                            "more": [_result(one, value)],
                            "point": value,
                        }
                        for month, people, value in one.trend
                    ],
                    "trend_title": gettext("NPS, month by month")
                    if one.kind == "nps"
                    else gettext("Average, month by month"),
                }
            )
        return super().get_context_data(
            survey=self.survey,
            questions=questions,
            words=self.words(),
            answer_headings=[gettext("Answer"), gettext("People"), gettext("Share")],
            trend_headings=[gettext("Month"), gettext("People"), gettext("Result")],
            media=charts.media(),
            **kwargs,
        )


def _result(question, value: float) -> str:
    """The NPS with its sign, or an average."""
    return f"{value:+.0f}".replace("-", "−") if question.kind == "nps" else number_format(value, 2)


survey_viewset = SurveyViewSet()
