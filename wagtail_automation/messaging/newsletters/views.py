"""The page of one newsletter: who gets it, how far it came, and what may be done."""

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import DatabaseError
from django.http import HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.views.generic import TemplateView
from wagtail.admin import messages
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin
from wagtail.admin.widgets.button import Button

from wagtail_automation import clock
from wagtail_automation.audiences.experiments.results import results
from wagtail_automation.messaging.actions import default_site
from wagtail_automation.messaging.compiler import base_url
from wagtail_automation.messaging.names import MESSAGES_URL
from wagtail_automation.messaging.reasons import explain

from . import actions, audience, words
from .models import Newsletter, NewsletterState
from .querysets import figures, reasons_of

APP = "wagtail_automation_messaging"
NAMESPACE = "wagtail_automation_newsletter"


def url(name: str, pk: int) -> str:
    return reverse(f"{NAMESPACE}:{name}", args=[pk])


class NewsletterView(WagtailAdminTemplateMixin, TemplateView):
    """GET shows; POST ``act`` orders, withdraws, pauses, resumes or cancels."""

    template_name = "wagtail_automation/messaging/newsletters/newsletter.html"
    header_icon = "mail"

    def dispatch(self, request, *args, **kwargs):
        needed = "send" if request.method == "POST" else "view"
        if not request.user.has_perm(f"{APP}.{needed}_newsletter"):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    @cached_property
    def newsletter(self) -> Newsletter:
        return get_object_or_404(
            Newsletter.objects.select_related(
                "email", "email_b", "topic", "user", "goal", "experiment__winner", "experiment__goal"
            ),
            pk=self.kwargs["pk"],
        )

    def get_page_title(self):
        return self.newsletter.name

    def get_breadcrumbs_items(self):
        return [
            *self.breadcrumbs_items,
            {"url": reverse(f"{NAMESPACE}:index"), "label": _("Newsletters")},
            {"url": "", "label": self.newsletter.name},
        ]

    @cached_property
    def header_more_buttons(self):
        found = [*super().header_more_buttons]
        user = self.request.user
        if self.newsletter.state == NewsletterState.DRAFT and user.has_perm(f"{APP}.change_newsletter"):
            found.append(
                Button(_("Edit"), url=url("edit", self.newsletter.pk), icon_name="edit", priority=10)
            )
        if user.has_perm(f"{APP}.delete_newsletter") and not self.newsletter.is_open:
            found.append(
                Button(_("Delete"), url=url("delete", self.newsletter.pk), icon_name="bin", priority=30)
            )
        return found

    def post(self, request, *args, **kwargs):
        now, user = clock.now(), request.user
        acts = {
            "order": lambda: actions.order(newsletter=self.newsletter, now=now, user=user),
            "withdraw": lambda: actions.withdraw(newsletter=self.newsletter, user=user),
            "pause": lambda: actions.pause(newsletter=self.newsletter, user=user),
            "resume": lambda: actions.resume(newsletter=self.newsletter, now=now, user=user),
            "cancel": lambda: actions.cancel(newsletter=self.newsletter, now=now, user=user),
        }
        said = {
            "order": _("The newsletter is ordered."),
            "withdraw": _("The newsletter is taken back: you may change it."),
            "pause": _("The newsletter is paused."),
            "resume": _("The newsletter goes on."),
            "cancel": _("The newsletter is cancelled."),
        }
        act = request.POST.get("act", "")
        if act not in acts:
            messages.error(request, _("Choose what is to be done."))
        else:
            try:
                acts[act]()
            except ValidationError as error:
                messages.error(request, " ".join(error.messages))
            else:
                messages.success(request, said[act])
        return HttpResponseRedirect(request.path)

    def get_context_data(self, **kwargs):
        newsletter = self.newsletter
        groups = list(newsletter.groups.select_related("lead_list", "segment").order_by("pk"))
        context = super().get_context_data(
            newsletter=newsletter,
            when=words.when(newsletter),
            chosen=[group.target for group in groups if not group.is_excluded],
            without=[group.target for group in groups if group.is_excluded],
            archive_url=self._archive_url(),
            may_send=self.request.user.has_perm(f"{APP}.send_newsletter"),
            email_url=reverse(
                newsletter.email.snippet_viewset.get_url_name("edit"), args=[newsletter.email_id]
            ),
            email_version=newsletter.email.versions.filter(is_current=True).first(),
            **kwargs,
        )
        if newsletter.started_at is None and newsletter.state != NewsletterState.CANCELLED:
            return context | self._before()
        return context | self._after()

    def _before(self) -> dict:
        found = audience.obstacles(self.newsletter)
        if self.newsletter.send_at and self.newsletter.state == NewsletterState.DRAFT:
            try:
                audience.begins_at(self.newsletter, clock.now())
            except ValidationError as error:
                found += error.messages
        try:
            report = audience.report(self.newsletter)
        except DatabaseError:
            report = None
        return {
            "obstacles": found,
            "report": report,
            "left_out": words.left_out(report.left_out) if report else [],
        }

    def _after(self) -> dict:
        return {
            **self._test(),
            **status(self.newsletter),
            "left_out": words.left_out(self.newsletter.left_out),
            "rows": [
                (name, words.FIGURES[name], number)
                for name, number in words.shown(counts_of(self.newsletter)).items()
            ],
            "reasons": [(explain(code), number) for code, number in reasons_of(self.newsletter)],
            "messages_url": f"{reverse(MESSAGES_URL)}?origin__exact={self.newsletter.origin}",
            "status_url": url("status", self.newsletter.pk),
        }

    def _archive_url(self) -> str:
        newsletter = self.newsletter
        if not newsletter.in_archive or newsletter.started_at is None:
            return ""
        root = base_url(newsletter.email.site or default_site())
        return root + reverse("wagtail_automation_messaging:archived", args=[newsletter.uuid])

    def _test(self) -> dict:
        experiment = self.newsletter.experiment
        if experiment is None:
            return {}
        may_see = self.request.user.has_perm("wagtail_automation_audiences.view_experiment")
        address = reverse("wagtail_automation_experiment:results", args=[experiment.pk])
        return {"result": results(experiment), "result_url": address if may_see else ""}


def counts_of(newsletter: Newsletter) -> dict[str, int]:
    """The figures now: people open and click long after the last was sent."""
    found = figures(newsletter)
    return found | {name: number for name, number in newsletter.counts.items() if name == "never"}


def status(newsletter: Newsletter) -> dict:
    """How far it came, for the page and for the script that follows it."""
    counts = counts_of(newsletter)
    done = words.finished(counts)
    return {
        "active": newsletter.state == NewsletterState.SENDING,
        "percent": min(100, done * 100 // newsletter.total) if newsletter.total else 100,
        "words": words.progress(done, newsletter.total),
        "counts": words.shown(counts),
    }


class StatusView(NewsletterView):
    """The same as JSON."""

    http_method_names = ("get", "head")

    def get(self, request, *args, **kwargs):
        return JsonResponse(status(self.newsletter))
