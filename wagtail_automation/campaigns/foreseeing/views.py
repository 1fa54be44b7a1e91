"""The dry run on the screen: what the edit page sends, as it is in hand, to numbers, tables and examples."""

import json

from django.core.exceptions import PermissionDenied, ValidationError
from django.http import JsonResponse
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from wagtail_automation import clock
from wagtail_automation.audiences.models import LeadList, ListMembership, Segment
from wagtail_automation.campaigns.models import Campaign
from wagtail_automation.campaigns.triggers import in_segment
from wagtail_automation.leads.models import Lead

from . import reports

CHANGE, LOOK = ("add", "change"), ("add", "change", "view")
MODES = ("foresee", "replay")
#: Lists and segments that the menu offers.
MOST_CHOICES = 200


class InvalidDraft(Exception):  # noqa: N818  a state, not a fault
    """What is in the form cannot run. ``answer``: the problems as the editor shows them."""

    def __init__(self, answer: dict):
        self.answer = answer
        super().__init__(answer["error"])


@require_POST
def dry_run(request, pk):
    """The form of the edit page (or nothing: the campaign as it was last saved), and ``dry_mode``,
    ``dry_days``, ``dry_people``. Answers with JSON; 400 with the problems for what cannot run."""
    policy = Campaign.snippet_viewset.permission_policy
    edited = "tree" in request.POST
    if not policy.user_has_any_permission(request.user, CHANGE if edited else LOOK):
        raise PermissionDenied
    campaign = get_object_or_404(Campaign, pk=pk)
    try:
        mode, days = _period(request.POST)
        instead = _people(request.POST.get("dry_people", ""))
        campaign = _from_form(request, campaign) if edited else campaign.get_latest_revision_as_object()
        found = reports.report(
            campaign,
            user=request.user,
            now=clock.now(),
            days=days,
            is_replay=mode == "replay",
            instead=None if mode == "replay" else instead,
        )
    except InvalidDraft as invalid:
        return JsonResponse(invalid.answer, status=400)
    except ValidationError as error:
        return JsonResponse({"error": " ".join(error.messages)}, status=400)
    return JsonResponse(_answer(found, request))


def _period(data) -> tuple[str, int]:
    """Raises ValidationError for what the menu does not offer."""
    mode, days = data.get("dry_mode", ""), data.get("dry_days", "")
    if mode not in MODES or days not in {str(days) for days in reports.PERIODS}:
        raise ValidationError(_("Choose a period."))
    return mode, int(days)


def _people(chosen: str):
    """The leads of a list or segment, or None for whoever the triggers bring. Raises ValidationError."""
    if not chosen:
        return None
    kind, _colon, pk = chosen.partition(":")
    if pk.isdigit() and len(pk) < 19:
        if kind == "list" and (found := LeadList.objects.filter(pk=pk).first()):
            members = ListMembership.objects.filter(list=found)
            return Lead.objects.filter(pk__in=members.values("lead_id"))
        if kind == "segment" and (found := Segment.objects.filter(pk=pk).first()):
            return Lead.objects.filter(in_segment(found))
    raise ValidationError(_("These people cannot be found. Choose others."))


def _from_form(request, campaign: Campaign) -> Campaign:
    """The campaign with what stands in the form, which is not saved. Raises InvalidDraft."""
    form_class = Campaign.snippet_viewset.get_edit_handler().get_form_class()
    form = form_class(request.POST, request.FILES, instance=campaign, for_user=request.user)
    if form.is_valid():
        return form.instance
    tree = form["tree"]
    widget = form.fields["tree"].widget
    _raw, children, _text = widget._read(tree.value())
    by_step, whole = widget._errors(children, tree.errors)
    for name, errors in form.errors.items():
        if name != "tree":
            label = form.fields[name].label if name in form.fields else ""
            whole += [f"{label}: {message}" if label else message for message in errors]
    if not by_step and not whole:
        whole = [str(message) for message in tree.errors]
    raise InvalidDraft(
        {
            "error": _("This cannot run yet. The problems are listed above the steps."),
            "errors": by_step,
            "treeErrors": whole,
        }
    )


def _answer(report: reports.Report, request) -> dict:
    kind, rows = reports.chart_rows(report)
    context = {
        "report": report,
        "kind": kind,
        "rows": rows,
        "headings": [_("Day"), _("At most"), _("At least")],
        "title": _("Messages a day"),
        "entered": reports.range_words(report.entered, report.entered),
        "messages": reports.range_words(*report.messages),
        "skipped": _with_words(report.skipped),
        "ends": _with_words(report.ends),
        "steps": _with_words(report.table),
        "examples": report.examples,
    }
    summary = _("%(people)s people enter, %(messages)s messages go out.") % {
        "people": context["entered"],
        "messages": context["messages"],
    }
    if not report.entered:  # the first reason stands beside the 0, not only below the steps
        summary = " ".join([summary, *report.starts[:1]])
    return {
        "summary": summary,
        "steps": {uuid: reports.range_words(*numbers) for uuid, numbers in report.steps.items()},
        "branches": {key: reports.range_words(*numbers) for key, numbers in report.branches.items()},
        "examples": [{"name": example["name"], "ways": example["ways"]} for example in report.examples],
        "html": render_to_string("wagtail_automation/campaigns/dry_run.html", context, request=request),
    }


def _with_words(rows: list[dict]) -> list[dict]:
    return [{**row, "range": reports.range_words(row["low"], row["high"])} for row in rows]


def bar(campaign: Campaign | None) -> dict | None:
    """What the bar above the tree needs (two queries); None for a campaign that was never saved."""
    if campaign is None or not campaign.pk:
        return None
    lists = LeadList.objects.filter(archived=False).order_by("name")
    segments = Segment.objects.filter(live=True).order_by("name")
    words = {
        "running": _("Trying it…"),
        "details": _("Details below the steps"),
        "stale": _("The steps have changed since. Try it again."),
        "failed": _("This could not be done. Check your connection and try again."),
        "people": _("People who come here in the dry run: {range}"),
    }
    return {
        "url": reverse("wagtail_automation_campaigns_dry_run", args=[campaign.pk]),
        "words": json.dumps(words),
        "periods": reports.PERIODS,
        "lists": [(row.pk, row.name) for row in lists[:MOST_CHOICES] if not row.is_computed],
        "segments": list(segments.values_list("pk", "name")[:MOST_CHOICES]),
    }
