"""Mass changes in the admin: what to do, with what value, how many; progress. HTTP edge only."""

from urllib.parse import urlencode

from django import forms
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.http import Http404
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView
from wagtail.admin.views.bulk_action import BulkAction
from wagtail.log_actions import log

from wagtail_automation.leads.exports.sources import source_for
from wagtail_automation.leads.imports.kinds import allowed
from wagtail_automation.leads.models import Lead, MassRun
from wagtail_automation.leads.run_views import ReportView, RunMixin, StatusView, StopView

from .kinds import mass_actions
from .runner import run_mass

ADD = "wagtail_automation_leads.add_massrun"
#: So few are changed before the next page is shown; more in the background.
AT_ONCE = 500
#: parameters of the pages here that are no filters of the list
OURS = ("field",)


class MassMixin(RunMixin):
    model = MassRun
    header_icon = "edit"
    permissions = (ADD,)

    def get_breadcrumbs_items(self):
        index = {"url": reverse("wagtail_automation_lead:index"), "label": gettext("Leads")}
        return [*self.breadcrumbs_items, index, {"url": "", "label": str(self.get_page_title())}]


class OnLeads(MassMixin):
    """A page about the leads that the address names."""

    @cached_property
    def source(self):
        found = source_for(self.kwargs["source"], self.request.user)
        if found is None:
            raise PermissionDenied
        return found

    @cached_property
    def query(self) -> dict:
        data = self.request.GET.copy()
        for name in OURS:
            data.pop(name, None)
        query = self.source.query(data)
        if query is None:
            raise Http404(gettext("Nobody is chosen."))
        return query

    @cached_property
    def people(self) -> int:
        return self.source.leads(self.query, self.request.user).visible_to(self.request.user).count()

    def get_context_data(self, **kwargs):
        return super().get_context_data(
            name=self.source.name(self.query),
            people=self.people,
            query_string=self.request.GET.urlencode(),
            **kwargs,
        )


class ChooseView(OnLeads, TemplateView):
    """What to do with them."""

    page_title = _("Change these leads")
    template_name = "wagtail_automation/leads/transfers/mass_choose.html"

    def get_context_data(self, **kwargs):
        classes = sorted(mass_actions, key=lambda cls: (cls.order, cls.key))
        return super().get_context_data(
            actions=[cls for cls in classes if allowed(cls, self.request.user)], **kwargs
        )


class ConfirmForm(forms.Form):
    """The number of leads, typed, as a sign that somebody looked at it."""

    count = forms.CharField(max_length=20, widget=forms.TextInput(attrs={"inputmode": "numeric"}))

    def __init__(self, *args, people: int, **kwargs):
        super().__init__(*args, **kwargs)
        self.people = people
        self.fields["count"].label = gettext("Type %(count)d to confirm: so many leads are changed") % {
            "count": people
        }

    def clean_count(self):
        digits = "".join(char for char in self.cleaned_data["count"] if char.isdigit())
        if digits != str(self.people):
            raise ValidationError(gettext("The number is %(count)d.") % {"count": self.people})
        return self.people


class ChangeView(OnLeads, TemplateView):
    """The form of one action, and the confirmation."""

    template_name = "wagtail_automation/leads/transfers/mass_form.html"

    @cached_property
    def action(self):
        key = self.kwargs["action"]
        if key not in mass_actions or not allowed(mass_actions[key], self.request.user):
            raise PermissionDenied
        return mass_actions[key]()

    def get_page_title(self):
        return self.action.label

    def forms(self, data=None) -> dict:
        """``first``, or ``form`` and ``confirm``."""
        if first := self.action.first(self.request.GET):
            return {"first": first}
        try:
            form = self.action.form(data, self.request.GET)
        except ValidationError as error:
            raise Http404(" ".join(error.messages)) from error
        return {"form": form, "confirm": ConfirmForm(data, people=self.people, prefix="confirm")}

    def get_context_data(self, **kwargs):
        if not {"first", "form"} & set(kwargs):
            kwargs |= self.forms()
        return super().get_context_data(**kwargs | {"action": self.action, "parameters": self._parameters()})

    def _parameters(self) -> list[tuple[str, str]]:
        """What the address says, for the form that asks one thing first."""
        return [
            (name, value) for name, values in self.request.GET.lists() for value in values if name not in OURS
        ]

    def post(self, request, *args, **kwargs):
        found = self.forms(request.POST)
        if "form" not in found or not all([found["form"].is_valid(), found["confirm"].is_valid()]):
            return self.render_to_response(self.get_context_data(**found))
        with transaction.atomic():
            run = MassRun(
                user=request.user,
                action=self.action.key,
                value=found["form"].value(),
                source=self.source.key,
                query=self.query,
                total=self.people,
            )
            run.name = f"{self.action.sentence(run.value)} – {self.source.name(self.query)}"[:255]
            run.save()
            log(
                run,
                "wagtail_automation.mass_change",
                user=request.user,
                data={"name": run.name, "count": self.people},
            )
            run.start()
        if self.people <= AT_ONCE:
            run_mass(run.pk, seconds=3)
        return redirect(run.get_absolute_url())


class MassReportView(MassMixin, ReportView):
    page_title = _("Mass change")
    template_name = "wagtail_automation/leads/transfers/mass_report.html"

    def get_page_subtitle(self):
        return self.run.name

    def get_context_data(self, **kwargs):
        return super().get_context_data(changed=self.run.counts.get("changed", 0), **kwargs)

    def count_words(self):
        labels = mass_actions[self.run.action].counts if self.run.action in mass_actions else {}
        return [(key, label, self.run.counts.get(key, 0)) for key, label in labels.items()]


class MassStatusView(MassMixin, StatusView):
    pass


class MassStopView(MassMixin, StopView):
    pass


class ToPage(BulkAction):
    """An action of the list's footer that only leads to a page: the ticked leads, or all that match."""

    models = [Lead]
    template_name = ""
    address = ""
    permission_required = ""

    @classmethod
    def is_for(cls, user) -> bool:
        return user.has_perm(cls.permission_required)

    def dispatch(self, request, *args, **kwargs):
        if not self.is_for(request.user):
            raise PermissionDenied
        data = request.GET.copy()
        data.pop("next", None)
        if "all" in data.getlist("id"):
            data.pop("id")
            data.pop("childOf", None)
            return redirect(f"{self.address_for('leads')}?{data.urlencode()}")
        return redirect(f"{self.address_for('chosen')}?{urlencode({'id': data.getlist('id')}, doseq=True)}")

    def address_for(self, source: str) -> str:
        raise NotImplementedError

    @classmethod
    def execute_action(cls, objects, **kwargs):  # never reached: the page does it
        return 0, 0


class ExportBulkAction(ToPage):
    display_name = _("Export")
    action_type = "export"
    aria_label = _("Export the selected leads")
    action_priority = 50
    permission_required = "wagtail_automation_leads.add_exportrun"

    def address_for(self, source):
        return reverse("wagtail_automation_exports:add", args=[source])


class ChangeBulkAction(ToPage):
    display_name = _("Change")
    action_type = "mass_change"
    aria_label = _("Change the selected leads")
    action_priority = 40
    permission_required = ADD

    def address_for(self, source):
        return reverse("wagtail_automation_mass:choose", args=[source])
