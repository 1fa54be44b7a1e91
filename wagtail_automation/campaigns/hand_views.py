"""Pages that ask before people inside a campaign are moved, skip a step, begin again or are taken out."""

import uuid

from django import forms
from django.core.exceptions import ValidationError
from django.http import Http404
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import FormView
from wagtail.admin import messages

from wagtail_automation import clock
from wagtail_automation.leads.permissions import about_visible

from . import actions, byhand, resuming
from .acts import ACTS, Act
from .admin_views import CampaignPageMixin, steps_of
from .models import Enrollment


class ActForm(forms.Form):
    """What must be said beside yes. ``visit``: of one person: nobody is moved who went on meanwhile."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        required=False,
        max_length=byhand.REASON_LENGTH,
        help_text=gettext_lazy("For those who look at the history later. May stay empty."),
    )
    visit = forms.IntegerField(required=False, widget=forms.HiddenInput, min_value=0)

    def __init__(self, *args, steps=(), branches=(), **kwargs):
        super().__init__(*args, **kwargs)
        before = {}
        if steps:
            before["to"] = forms.ChoiceField(label=_("To the step"), choices=steps)
        if branches:
            before["branch"] = forms.ChoiceField(label=_("They go on by"), choices=branches)
        self.fields = before | self.fields


class ActView(CampaignPageMixin, FormView):
    """Asks, then acts on one person or on everybody at a step – of those whom the user may see."""

    permissions = ("change",)
    form_class = ActForm
    template_name = "wagtail_automation/campaigns/confirm_act.html"

    @cached_property
    def act(self) -> Act:
        try:
            return ACTS[self.kwargs["act"]]
        except KeyError as error:
            raise Http404 from error

    @cached_property
    def enrollment(self) -> Enrollment | None:
        """The one person it is about, if it is."""
        given = self.request.GET.get("enrollment")
        if given is None:
            return None
        people = about_visible(Enrollment.objects.filter(campaign=self.campaign), self.request.user)
        found = people.select_related("lead").filter(pk=given).first() if given.isdecimal() else None
        if found is None:
            raise Http404
        return found

    @cached_property
    def step(self):
        """Where they are; None of somebody who has left."""
        if self.enrollment is not None:
            wanted = self.enrollment.step_id
            return next((step for step in self.steps if step.pk == wanted), None)
        try:
            wanted = str(uuid.UUID(self.request.GET.get("step", "")))
        except ValueError as error:
            raise Http404 from error
        found = next((step for step in self.steps if step.uuid == wanted), None)
        if found is None:
            raise Http404
        return found

    @cached_property
    def steps(self):
        return steps_of(self.campaign)

    @cached_property
    def plan(self):
        try:
            return byhand.current_plan(self.campaign)
        except ValidationError as error:
            raise Http404 from error

    def people(self, visit: int | None = None):
        """Whom it concerns now."""
        if self.enrollment is None:
            return about_visible(byhand.people_at(self.campaign, self.step.uuid), self.request.user)
        people = Enrollment.objects.inside().filter(pk=self.enrollment.pk)
        return people if visit is None else people.filter(visit=visit)

    def get_page_title(self):
        return self.act.title

    def get_initial(self):
        return {"visit": self.enrollment.visit if self.enrollment else None}

    def get_form_kwargs(self):
        kwargs = super().get_form_kwargs()
        if self.kwargs["act"] == "move":
            here = self.step.pk if self.step else None
            titles = {step.pk: step.title for step in self.steps}
            kwargs["steps"] = [
                (step.uuid, titles.get(step.pk, step.type)) for step in self.plan.steps if step.pk != here
            ]
        elif self.kwargs["act"] == "skip" and self.step:
            kwargs["branches"] = list(byhand.branches(self.plan, self.step.pk).items())
        return kwargs

    def get_context_data(self, **kwargs):
        return super().get_context_data(
            **kwargs,
            act=self.act,
            count=self.people().count(),
            enrollment=self.enrollment,
            step=self.step,
            back=self.back(),
            is_serious=self.kwargs["act"] == "remove",
        )

    def back(self) -> str:
        if self.enrollment is not None:
            return reverse("wagtail_automation_campaigns_trace", args=[self.campaign.pk, self.enrollment.pk])
        url = reverse("wagtail_automation_campaigns_people", args=[self.campaign.pk])
        return f"{url}?step={self.step.uuid}"

    def form_valid(self, form):
        given = {name: form.cleaned_data[name] for name in ("to", "branch") if name in form.cleaned_data}
        visit = form.cleaned_data["visit"] if self.enrollment is not None else None
        try:
            count = self.act.do(
                campaign=self.campaign,
                people=self.people(visit),
                user=self.request.user,
                reason=form.cleaned_data["reason"],
                **given,
            )
        except ValidationError as error:
            form.add_error(None, error)
            return self.form_invalid(form)
        if count:
            messages.success(self.request, self.act.done(count) % {"count": count})
        else:
            messages.warning(self.request, _("Nobody was there any more: nothing was done."))
        return redirect(self.back())


class ResumeForm(forms.Form):
    """What becomes of those whose time came."""

    overdue = forms.ChoiceField(
        label=gettext_lazy("Those whose time came meanwhile"),
        choices=resuming.Overdue.choices,
        widget=forms.RadioSelect,
        required=False,
        initial=resuming.Overdue.GO_ON,
    )
    hours = forms.IntegerField(
        label=gettext_lazy("Over how many hours"),
        required=False,
        min_value=1,
        max_value=resuming.MOST_HOURS,
        initial=24,
        help_text=gettext_lazy("Only if they go on little by little."),
    )

    def clean(self):
        cleaned = super().clean()
        if cleaned.get("overdue") == "":
            cleaned["overdue"] = resuming.Overdue.GO_ON
        if cleaned.get("overdue") != resuming.Overdue.SPREAD:
            self.errors.pop("hours", None)
            cleaned["hours"] = None
        elif not cleaned.get("hours") and "hours" not in self.errors:
            self.add_error("hours", _("Say over how many hours."))
        return cleaned


class ResumeView(CampaignPageMixin, FormView):
    """Asks before a campaign goes on, and what becomes of the overdue where there are some."""

    permissions = ("change",)
    form_class = ResumeForm
    page_title = gettext_lazy("Resume this campaign")
    template_name = "wagtail_automation/campaigns/confirm_resume.html"

    def get_context_data(self, **kwargs):
        inside = Enrollment.objects.inside().filter(campaign=self.campaign)
        return super().get_context_data(
            **kwargs,
            people=inside.count(),
            overdue=resuming.overdue(self.campaign, clock.now()).count(),
            back=self.campaign_url(),
        )

    def form_valid(self, form):
        actions.resume(campaign=self.campaign, user=self.request.user, **form.cleaned_data)
        said = _("The campaign “%(campaign)s” goes on.") % {"campaign": self.campaign}
        messages.success(self.request, said)
        return redirect(self.campaign_url())
