"""Exports in the admin: choosing columns, progress, fetching the file. HTTP edge only."""

from django import forms
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, StreamingHttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.text import get_valid_filename
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.generic import FormView, View
from wagtail.admin.ui.tables import Column, NumberColumn, TitleColumn
from wagtail.admin.views.generic.base import BaseListingView
from wagtail.log_actions import log

from wagtail_automation import clock
from wagtail_automation.admin.tables import MomentColumn
from wagtail_automation.leads.files import storage
from wagtail_automation.leads.models import ExportRun
from wagtail_automation.leads.run_views import ReportView, RunMixin, StatusView, StopView

from .columns import groups_for
from .sources import source_for

ADD = "wagtail_automation_leads.add_exportrun"
TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


class ExportForm(forms.Form):
    """Which columns, in which form. ``columns`` keeps the order of the groups."""

    format = forms.ChoiceField(
        label=_("Format"), choices=ExportRun.Format.choices, initial="csv", widget=forms.RadioSelect
    )

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        self.groups = [(group, group.columns()) for group in groups_for(user)]
        choices = [(column.key, str(column)) for _group, columns in self.groups for column in columns]
        usual = [column.key for _group, columns in self.groups for column in columns if column.is_usual]
        self.fields["columns"] = forms.MultipleChoiceField(
            choices=choices, initial=usual, error_messages={"required": _("Choose at least one column.")}
        )

    def column_groups(self):
        """Heading and boxes of each group, for the template."""
        chosen = set(self["columns"].value() or [])
        for group, columns in self.groups:
            boxes = [(column.key, str(column), column.key in chosen) for column in columns]
            if boxes:
                yield {"label": group.label, "boxes": boxes}


class ExportMixin(RunMixin):
    model = ExportRun
    header_icon = "download"
    permissions = (ADD,)

    def get_breadcrumbs_items(self):
        index = {"url": reverse("wagtail_automation_exports:index"), "label": gettext("Exports")}
        return [*self.breadcrumbs_items, index, {"url": "", "label": str(self.get_page_title())}]


class IndexView(BaseListingView):
    """One's own exports, newest first."""

    model = ExportRun
    page_title = _("Exports")
    header_icon = "download"
    index_url_name = "wagtail_automation_exports:index"
    index_results_url_name = "wagtail_automation_exports:index_results"
    verbose_name_plural = _("exports")
    default_ordering = "-created_at"
    paginate_by = 30

    def dispatch(self, request, *args, **kwargs):
        if not request.user.has_perm(ADD):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    def get_base_queryset(self):
        return ExportRun.objects.filter(user=self.request.user)

    columns = [
        TitleColumn("name", label=_("Whom"), get_url=lambda run: run.get_absolute_url()),
        Column("format", label=_("Format"), accessor="get_format_display"),
        Column("state", label=_("State"), accessor="get_state_display"),
        NumberColumn("position", label=_("People"), accessor="position"),
        MomentColumn("created_at", label=_("When"), sort_key="created_at"),
    ]

    def get_breadcrumbs_items(self):
        return [*self.breadcrumbs_items, {"url": "", "label": gettext("Exports")}]


class NewView(ExportMixin, FormView):
    """Whom (said by the address, as the page before had it filtered) and which columns."""

    page_title = _("New export")
    form_class = ExportForm
    template_name = "wagtail_automation/leads/transfers/export_form.html"

    @cached_property
    def source(self):
        found = source_for(self.kwargs["source"], self.request.user)
        if found is None:
            raise PermissionDenied
        return found

    @cached_property
    def query(self) -> dict:
        query = self.source.query(self.request.GET)
        if query is None:
            raise Http404(gettext("Nobody is chosen."))
        return query

    def get_form_kwargs(self):
        return super().get_form_kwargs() | {"user": self.request.user}

    def get_context_data(self, **kwargs):
        leads = self.source.leads(self.query, self.request.user).visible_to(self.request.user)
        return super().get_context_data(name=self.source.name(self.query), people=leads.count(), **kwargs)

    def form_valid(self, form):
        user = self.request.user
        with transaction.atomic():
            run = ExportRun.objects.create(
                user=user,
                source=self.source.key,
                query=self.query,
                name=self.source.name(self.query)[:255],
                columns=form.cleaned_data["columns"],
                format=form.cleaned_data["format"],
            )
            run.start()
            log(run, "wagtail_automation.export", user=user, data={"name": run.name})
        return redirect(run.get_absolute_url())


class ExportReportView(ExportMixin, ReportView):
    page_title = _("Export")
    template_name = "wagtail_automation/leads/transfers/export_report.html"

    def get_page_subtitle(self):
        return self.run.name

    def get_context_data(self, **kwargs):
        return super().get_context_data(is_there=is_there(self.run), **kwargs)


class ExportStatusView(ExportMixin, StatusView):
    pass


class ExportStopView(ExportMixin, StopView):
    pass


def is_there(run: ExportRun) -> bool:
    """Whether the file can be fetched."""
    in_time = run.expires_at is not None and run.expires_at > clock.now()
    return run.state == "done" and run.file_id is not None and in_time


class DownloadView(ExportMixin, View):
    """The file, for the person who ordered it, as long as that person may still see these leads."""

    def get(self, request, *args, **kwargs):
        run = self.run
        if source_for(run.source, request.user) is None:
            raise PermissionDenied
        if not is_there(run):
            raise Http404(gettext("This file is no longer kept."))
        response = StreamingHttpResponse(storage.pieces(run.file), content_type=TYPES[run.format])
        name = get_valid_filename(f"{run.name}.{run.format}".encode("ascii", "ignore").decode())
        response["Content-Disposition"] = f'attachment; filename="{name}"'
        response["Content-Length"] = run.file.size
        response["Cache-Control"] = "private, no-store"
        return response
