"""Pages that every background run has – import, export, mass change: how far it is, stopping it."""

from django.core.exceptions import PermissionDenied
from django.http import JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.formats import number_format
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.views.generic import TemplateView, View
from wagtail.admin import messages
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin

#: Wagtail's classes of a status label by state
TONES = {"done": "w-status--primary", "failed": "w-status--wa-failed"}


class RunMixin(WagtailAdminTemplateMixin):
    """A page about one run, or about making one, for those who hold all ``permissions``."""

    model = None
    permissions: tuple[str, ...] = ()
    #: whether others than its user may see a run
    shared = False

    def dispatch(self, request, *args, **kwargs):
        if not all(request.user.has_perm(permission) for permission in self.permissions):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    @cached_property
    def run(self):
        runs = self.model.objects.all()
        if not self.shared:
            runs = runs.filter(user=self.request.user)
        return get_object_or_404(runs, pk=self.kwargs["pk"])

    @property
    def is_mine(self) -> bool:
        return self.run.user_id == self.request.user.pk


def progress(run) -> dict:
    """What the progress bar shows, for the page and for its polling."""
    total = number_format(run.total, force_grouping=True) if run.total is not None else ""
    done = number_format(run.position, force_grouping=True)
    if run.state == "queued":
        words = _("Waiting for a worker …")
    elif run.is_active and run.total is None:
        words = _("Reading the file …")
    elif run.is_active:
        words = _("%(done)s of %(total)s") % {"done": done, "total": total}
    else:
        words = str(run.get_state_display())
    return {
        "state": run.state,
        "active": run.is_active,
        "percent": run.percent,
        "words": words,
        "problem": run.problem,
    }


class ReportView(RunMixin, TemplateView):
    """Progress while the run lasts, by polling or by loading the page again; then what became of it."""

    def count_words(self) -> list[tuple[str, str, str]]:
        """``(key, label, number)`` of the counts."""
        return []

    def get_context_data(self, **kwargs):
        return super().get_context_data(
            run=self.run,
            progress=progress(self.run),
            counts=self.count_words(),
            tone=TONES.get(self.run.state, ""),
            may_stop=self.run.is_active and self.is_mine,
            **kwargs,
        )


class StatusView(RunMixin, View):
    """The same as JSON, for the page's script."""

    def get(self, request, *args, **kwargs):
        response = JsonResponse(progress(self.run) | {"counts": self.run.counts})
        response["Cache-Control"] = "private, no-store"
        return response


class StopView(RunMixin, View):
    """Stop a run of one's own after the step under way."""

    http_method_names = ["post"]

    def post(self, request, *args, **kwargs):
        if not self.is_mine:
            raise PermissionDenied
        if self.run.stop():
            messages.warning(request, _("It was stopped. What was done stays done."))
        return redirect(self.run.get_absolute_url())
