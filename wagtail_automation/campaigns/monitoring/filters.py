"""What the log, the overview and the list of people held are narrowed by."""

import datetime as dt

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from wagtail.admin.filters import WagtailFilterSet

from wagtail_automation.campaigns.models import Campaign, Enrollment, Outcome, StepLog
from wagtail_automation.leads.access import may_see_leads
from wagtail_automation.leads.filters import DayRangeWidget
from wagtail_automation.leads.models import Identifier, Lead

from . import log
from .querysets import Narrowed


def campaigns(request):
    """All campaigns by name, without their trees."""
    return Campaign.objects.only("name", "uuid").order_by("name")


class LeadReference(forms.CharField):
    """A lead by number, UUID or an identifier such as an email address; only one that the user may see."""

    user = None

    def clean(self, value):
        text = (super().clean(value) or "").strip()
        if not text:
            return None
        found = None
        if self.user is not None and may_see_leads(self.user):
            visible = Lead.objects.visible_to(self.user)
            found = visible.resolve(text)
            if found is None:
                owners = Identifier.objects.filter(value__iexact=text).values("lead")
                found = visible.filter(pk__in=owners).first()
        if found is None:
            raise ValidationError(_("There is no such lead."))
        return found


class LeadReferenceFilter(django_filters.Filter):
    field_class = LeadReference


class LogFilterSet(WagtailFilterSet):
    """By day, kind, campaign, lead and result. The log itself is asked with ``narrowed``."""

    day = django_filters.DateFromToRangeFilter(label=_("Day"), widget=DayRangeWidget)
    kind = django_filters.ChoiceFilter(label=_("Kind"), choices=log.kinds, empty_label=_("All"))
    campaign = django_filters.ModelChoiceFilter(label=_("Campaign"), queryset=campaigns, empty_label=_("All"))
    lead = LeadReferenceFilter(label=_("Lead: number or email address"), max_length=254)
    outcome = django_filters.ChoiceFilter(
        label=_("Result of a step"), choices=Outcome.choices, empty_label=_("All")
    )

    class Meta:
        model = StepLog
        fields = []

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.form.fields["lead"].user = self.request.user

    def narrowed(self) -> tuple[Narrowed, str]:
        """What to ask, and the kind; what is not valid is reported by the form and asks nothing less."""
        data = self.form.cleaned_data if self.form.is_valid() else {}
        asked = Narrowed(self.request.user)
        if days := data.get("day"):
            asked.since, asked.until = _moment(days.start), _moment(days.stop)
        asked.campaign = data.get("campaign")
        asked.lead = data["lead"].pk if data.get("lead") else None
        asked.outcomes = (int(data["outcome"]),) if data.get("outcome") else ()
        return asked, data.get("kind") or ""


def _moment(moment: dt.datetime | None) -> dt.datetime | None:
    """As django-filter gives the border of a day: aware, in the reader's zone; the last day ends with it."""
    if moment is None:
        return None
    if timezone.is_naive(moment):
        moment = timezone.make_aware(moment)
    return moment + dt.timedelta(microseconds=1) if moment.time() == dt.time.max else moment


class HeldFilterSet(WagtailFilterSet):
    """By campaign."""

    campaign = django_filters.ModelChoiceFilter(label=_("Campaign"), queryset=campaigns, empty_label=_("All"))

    class Meta:
        model = Enrollment
        fields = []
