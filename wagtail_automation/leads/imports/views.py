"""The wizard of imports: file, columns, preview, report. HTTP edge only."""

import csv
import io
from urllib.parse import urlencode

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.http import StreamingHttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.functional import cached_property
from django.utils.text import get_valid_filename
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.generic import FormView, TemplateView, View
from wagtail.admin import messages
from wagtail.admin.ui.tables import Column, TitleColumn, UserColumn
from wagtail.admin.views.generic.base import BaseListingView
from wagtail.admin.widgets import HeaderButton

from wagtail_automation.admin.export import neutral
from wagtail_automation.admin.tables import MomentColumn
from wagtail_automation.leads.files import reading, storage
from wagtail_automation.leads.models import ImportRun
from wagtail_automation.leads.run_views import ReportView, RunMixin, StatusView, StopView

from . import actions, mapping
from .forms import ColumnsForm, FormatForm, UploadForm, kinds_for
from .kinds import ImportKind, import_kinds, prepare

ADD, VIEW = "wagtail_automation_leads.add_importrun", "wagtail_automation_leads.view_importrun"
SAMPLES, PREVIEW, SHOWN_PROBLEMS = 3, 10, 50
#: rows looked at to guess how dates are written
LOOKED_AT = 200


class ImportMixin(RunMixin):
    model = ImportRun
    header_icon = "upload"
    permissions = (ADD,)

    @cached_property
    def kind(self) -> ImportKind:
        if self.run.kind not in import_kinds:
            raise PermissionDenied
        cls = import_kinds[self.run.kind]
        if cls not in kinds_for(self.request.user):
            raise PermissionDenied
        return cls()

    def get_breadcrumbs_items(self):
        index = {"url": reverse("wagtail_automation_imports:index"), "label": gettext("Imports")}
        return [*self.breadcrumbs_items, index, {"url": "", "label": str(self.get_page_title())}]


class DraftMixin(ImportMixin):
    """A step of the wizard before the start; later the report is shown instead."""

    def dispatch(self, request, *args, **kwargs):
        if request.user.has_perm(ADD) and self.run.state != "draft":
            return redirect(self.run.get_absolute_url())
        return super().dispatch(request, *args, **kwargs)

    def get_page_subtitle(self):
        return self.run.name

    def look(self, number: int):
        """Header and first rows of the file."""
        with storage.open_stream(self.run.upload) as stream:
            return reading.preview(stream, self.run.format, number)

    def go(self, step: str):
        return redirect(f"wagtail_automation_imports:{step}", self.run.pk)


class IndexView(BaseListingView):
    """All imports, newest first."""

    model = ImportRun
    page_title = _("Imports")
    header_icon = "upload"
    index_url_name = "wagtail_automation_imports:index"
    index_results_url_name = "wagtail_automation_imports:index_results"
    verbose_name_plural = _("imports")
    default_ordering = "-created_at"
    paginate_by = 30

    def dispatch(self, request, *args, **kwargs):
        if not request.user.has_perm(VIEW):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    def get_base_queryset(self):
        return ImportRun.objects.exclude(state="draft").select_related("user")

    @cached_property
    def columns(self):
        return [
            TitleColumn("name", label=_("File"), get_url=lambda run: run.get_absolute_url()),
            Column("kind", label=_("What"), accessor=kind_words),
            Column("state", label=_("State"), accessor="get_state_display"),
            Column("created", label=_("People created"), accessor=lambda run: count(run, "created")),
            Column("matched", label=_("Known before"), accessor=lambda run: count(run, "matched")),
            Column("refused", label=_("Rows refused"), accessor=lambda run: count(run, "refused")),
            UserColumn("user", label=_("Ordered by")),
            MomentColumn("created_at", label=_("When"), sort_key="created_at"),
        ]

    def get_breadcrumbs_items(self):
        return [*self.breadcrumbs_items, {"url": "", "label": gettext("Imports")}]

    @cached_property
    def header_buttons(self):
        if not self.request.user.has_perm(ADD):
            return []
        url = reverse("wagtail_automation_imports:add")
        return [HeaderButton(_("New import"), url=url, icon_name="upload")]


def kind_words(run: ImportRun) -> str:
    return str(import_kinds[run.kind].label) if run.kind in import_kinds else run.kind


def count(run: ImportRun, key: str) -> str:
    return number_format(run.counts[key], force_grouping=True) if key in run.counts else ""


class UploadView(ImportMixin, FormView):
    """Step 1: the file."""

    page_title = _("New import")
    form_class = UploadForm
    template_name = "wagtail_automation/leads/transfers/upload.html"

    def get_form_kwargs(self):
        return super().get_form_kwargs() | {"user": self.request.user}

    def get_initial(self):
        return {"kind": self.request.GET["kind"]} if "kind" in self.request.GET else {}

    def form_valid(self, form):
        file, format_ = form.cleaned_data["file"], form.cleaned_data["format"]
        try:
            file.seek(0)
            header, _rows = reading.preview(file.file, format_, SAMPLES)
        except ValidationError as error:
            form.add_error("file", error)
            return self.form_invalid(form)
        with transaction.atomic():
            file.seek(0)
            upload = storage.create(file.name, file.chunks())
            run = ImportRun.objects.create(
                user=self.request.user,
                kind=form.cleaned_data["kind"],
                name=file.name[:255],
                size=file.size,
                upload=upload,
                format=format_,
                header=header,
            )
        return redirect("wagtail_automation_imports:columns", run.pk)


class ColumnsView(DraftMixin, FormView):
    """Step 2: where the columns go. The small form above it corrects how the file is read."""

    page_title = _("Columns")
    template_name = "wagtail_automation/leads/transfers/columns.html"

    @cached_property
    def seen(self):
        return self.look(LOOKED_AT)

    @cached_property
    def suggested(self):
        """``(columns, options, remembered)``: what was chosen already, else what probably fits."""
        if self.run.columns:
            return self.run.columns, self.run.options, False
        columns, options, remembered = mapping.suggest(self.run, self.kind)
        if order := mapping.order_of_dates(cell for row in self.seen[1] for cell in row.cells):
            options = options | {"day_first": order}
        return columns, options, remembered

    def get_form(self, form_class=None):
        _header, rows = self.seen
        columns, options, _remembered = self.suggested
        samples = [
            [row.cells[position][:60] for row in rows[:SAMPLES] if position < len(row.cells)]
            for position in range(len(self.run.header))
        ]
        data = self.request.POST if self.request.method == "POST" else None
        return ColumnsForm(
            data, run=self.run, kind=self.kind, columns=columns, options=options, samples=samples
        )

    def get_context_data(self, **kwargs):
        kwargs.setdefault("format_form", FormatForm(run=self.run, prefix="format"))
        return super().get_context_data(run=self.run, remembered=self.suggested[2], **kwargs)

    def post(self, request, *args, **kwargs):
        if "read_again" in request.POST:
            return self._read_again()
        return super().post(request, *args, **kwargs)

    def _read_again(self):
        form = FormatForm(self.request.POST, run=self.run, prefix="format")
        if form.is_valid():
            before, self.run.format = self.run.format, self.run.format | form.cleaned_data
            try:
                header, _rows = self.look(SAMPLES)
            except ValidationError as error:
                form.add_error(None, error)
                self.run.format = before
            else:
                self.run.header, self.run.columns, self.run.options = header, [], {}
                self.run.save(update_fields=["format", "header", "columns", "options"])
                return self.go("columns")
        self.request.method = "GET"
        return self.render_to_response(self.get_context_data(form=self.get_form(), format_form=form))

    def form_valid(self, form):
        self.run.columns, self.run.options = form.cleaned_data["columns"], form.cleaned_data["options"]
        self.run.save(update_fields=["columns", "options"])
        mapping.remember(self.run)
        return self.go("preview")


class PreviewView(DraftMixin, TemplateView):
    """Step 3: the first rows as they would be read, with what is wrong in them. Posting starts the import."""

    page_title = _("Preview")
    template_name = "wagtail_automation/leads/transfers/preview.html"

    def get(self, request, *args, **kwargs):
        if not self.run.columns:
            return self.go("columns")
        return super().get(request, *args, **kwargs)

    def get_context_data(self, **kwargs):
        _header, rows = self.look(PREVIEW)
        prepared = prepare(self.run, self.kind, self.kind.cleaner(self.run), rows)
        self.kind.foresee(self.run, prepared)
        labels = {target.key: target for target in self.kind.targets(self.run.user)}
        columns = [
            {
                "name": name,
                "target": labels.get(column["target"]),
                "key": column["target"],
                "position": position,
            }
            for position, (name, column) in enumerate(zip(self.run.header, self.run.columns, strict=True))
            if column["target"]
        ]
        return super().get_context_data(
            run=self.run,
            columns=columns,
            rows=[self._shown(entry, columns) for entry in prepared],
            refused=sum(entry.refused for entry in prepared),
            left_out=len(self.run.header) - len(columns),
            options=self._options(),
            **kwargs,
        )

    def _shown(self, entry, columns) -> dict:
        errors: dict[str, list[str]] = {}
        for name, message in entry.errors:
            errors.setdefault(name, []).append(message)
        cells = []
        for column in columns:
            raw = entry.row.cells[column["position"]] if column["position"] < len(entry.row.cells) else ""
            value = self.kind.value_of(entry, column["key"], column["name"])
            wrong = errors.get(column["name"])
            shown = raw if wrong or value is None else self.kind.shown(column["key"], value)
            cells.append({"text": shown[:80], "error": " ".join(wrong) if wrong else ""})
        return {
            "number": entry.row.number,
            "cells": cells,
            "refused": entry.refused,
            "errors": errors.get("", []),
        }

    def _options(self) -> list[tuple[str, str]]:
        fields = self.kind.option_fields(self.run.user, self.run.header)
        return [
            (str(field.label), words)
            for name, field in fields.items()
            if self.run.options.get(getattr(field, "only_with", name))
            and (words := option_words(field, self.run.options.get(name)))
        ]

    def post(self, request, *args, **kwargs):
        if not self.run.columns:
            return self.go("columns")
        actions.start(run=self.run)
        return redirect(self.run.get_absolute_url())


def option_words(field, value) -> str:
    """The answer to a question of the form, for the preview."""
    if value in (None, "", False):
        return ""
    if value is True:
        return gettext("Yes")
    for key, label in getattr(field, "choices", ()):
        if str(key) == str(value):
            return str(label)
    return str(value)[:200]


class DiscardView(DraftMixin, View):
    http_method_names = ["post"]

    def post(self, request, *args, **kwargs):
        actions.discard(run=self.run)
        messages.success(request, gettext("The file was discarded."))
        return redirect("wagtail_automation_imports:index")


class SharedMixin(ImportMixin):
    permissions = (VIEW,)
    shared = True


class ImportReportView(SharedMixin, ReportView):
    """Progress and result."""

    page_title = _("Import")
    template_name = "wagtail_automation/leads/transfers/import_report.html"

    def get_page_subtitle(self):
        return self.run.name

    def get(self, request, *args, **kwargs):
        if self.run.state == "draft":
            return redirect("wagtail_automation_imports:columns", self.run.pk)
        return super().get(request, *args, **kwargs)

    def count_words(self):
        if self.run.kind not in import_kinds:
            return []
        return [
            (key, label, count(self.run, key) or "0") for key, label in import_kinds[self.run.kind].counts
        ]

    def get_context_data(self, **kwargs):
        problems = list(self.run.problems.all()[: SHOWN_PROBLEMS + 1])
        return super().get_context_data(
            problems=problems[:SHOWN_PROBLEMS],
            more_problems=len(problems) > SHOWN_PROBLEMS,
            kind=kind_words(self.run),
            rows=number_format(self.run.position, force_grouping=True),
            repeated=self.run.counts.get("repeated", 0),
            people_url=self._people_url(),
            match_rate=self.run.match_rate,
            **kwargs,
        )

    def _people_url(self) -> str:
        """The list of leads whose source is this import."""
        if not (self.run.is_finished and self.run.counts.get("created")):
            return ""
        return f"{reverse('wagtail_automation_lead:index')}?{urlencode({'source': self.run.origin})}"


class ImportStatusView(SharedMixin, StatusView):
    pass


class ImportStopView(ImportMixin, StopView):
    pass


class ProblemsView(SharedMixin, View):
    """The refused rows (or all with remarks) as CSV: row number, reason, then the columns of the file."""

    def get(self, request, *args, **kwargs):
        problems = self.run.problems.all()
        if "all" not in request.GET:
            problems = problems.filter(refused=True)
        response = StreamingHttpResponse(_lines(self.run, problems), content_type="text/csv; charset=utf-8")
        name = get_valid_filename(f"refused-{self.run.name.rsplit('.', 1)[0]}.csv")
        response["Content-Disposition"] = f'attachment; filename="{name}"'
        response["Cache-Control"] = "private, no-store"
        return response


def _lines(run: ImportRun, problems):
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    buffer.write("\ufeff")  # so that Excel reads UTF-8
    writer.writerow([neutral(str(cell)) for cell in (gettext("Row"), gettext("Reason"), *run.header)])
    for problem in problems.iterator(chunk_size=500):
        cells = [cell.replace(reading.UNCOMPUTED, "") for cell in problem.cells]
        writer.writerow([problem.row, neutral(problem.reason), *map(neutral, cells)])
        if buffer.tell() > 64 * 1024:
            yield buffer.getvalue()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue()
