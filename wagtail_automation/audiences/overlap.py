"""What two segments have in common, counted in sets; the people in both can become a list."""

from django import forms
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import DatabaseError
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView
from wagtail.admin import messages

from wagtail_automation.admin import charts

from .lists import actions as list_actions
from .lists import filling
from .models import LeadList, Segment, SegmentMembership
from .pages import LISTS, SEGMENTS, OwnerPage
from .querysets import patient

SECONDS = 10


def overlap(first: Segment, second: Segment) -> tuple[int, int, int]:
    """``(only the first, both, only the second)`` by stored membership of live segments, in three counts.

    Raises DatabaseError if it takes longer than ``SECONDS``.
    """
    inside = SegmentMembership.objects.filter(segment__live=True).order_by()
    one, two = inside.filter(segment=first), inside.filter(segment=second)
    with patient(seconds=SECONDS):
        both = one.filter(lead_id__in=two.values("lead_id")).count()
        return one.count() - both, both, two.count() - both


class OtherForm(forms.Form):
    """The segment to compare with."""

    other = forms.ModelChoiceField(
        label=gettext_lazy("Compare with"),
        queryset=Segment.objects.none(),
        empty_label=gettext_lazy("Choose a segment"),
    )

    def __init__(self, *args, segment: Segment, **kwargs):
        super().__init__(*args, **kwargs)
        others = Segment.objects.live().exclude(pk=segment.pk).defer("rule")
        self.fields["other"].queryset = others


class NewListForm(forms.ModelForm):
    """The name of the list that is made."""

    class Meta:
        model = LeadList
        fields = ["name"]


class OverlapView(OwnerPage, TemplateView):
    """``?other=<pk>`` compares; a POST with a name makes a list of those in both."""

    kind = SEGMENTS
    name = "overlap"
    page_title = gettext_lazy("Overlap")
    template_name = "wagtail_automation/audiences/overlap.html"

    def other(self):
        self.form = OtherForm(self.request.GET or None, segment=self.owner)
        return self.form.cleaned_data["other"] if self.form.is_valid() else None

    def get_context_data(self, **kwargs):
        other = self.other()
        context = {"form": self.form, "owner": self.owner, "other": other, "media": charts.media()}
        if other is not None:
            try:
                context |= self.compared(other)
            except DatabaseError:
                context["problem"] = _("Counting takes too long. Try again when the site is less busy.")
        context.setdefault("name_form", NewListForm())
        context["may_make"] = self.request.user.has_perm(LISTS.permission("add"))
        return super().get_context_data(**(context | kwargs))

    def compared(self, other: Segment) -> dict:
        only_one, both, only_two = overlap(self.owner, other)
        whole = only_one + both + only_two
        labels = (
            _("Only in “%(name)s”") % {"name": self.owner},
            _("In both"),
            _("Only in “%(name)s”") % {"name": other},
        )
        rows = [
            {"label": label, "value": value, "more": [_share(value, whole)]}
            for label, value in zip(labels, (only_one, both, only_two), strict=True)
        ]
        return {
            "rows": rows,
            "both": both,
            "headings": [_("Who"), _("Leads"), _("Share")],
            "title": _("“%(one)s” and “%(two)s”") % {"one": self.owner, "two": other},
        }

    def post(self, request, *args, **kwargs):
        if not request.user.has_perm(LISTS.permission("add")):
            raise PermissionDenied
        other, form = self.other(), NewListForm(request.POST)
        if other is None or not form.is_valid():
            return self.render_to_response(self.get_context_data(name_form=form))
        try:
            made = list_actions.new_list(
                name=form.cleaned_data["name"],
                source=filling.from_both(self.owner, other),
                user=request.user,
            )
        except ValidationError as error:
            form.add_error("name", error)
            return self.render_to_response(self.get_context_data(name_form=form))
        messages.success(request, _("The list “%(list)s” is being filled.") % {"list": made})
        return redirect(LISTS.url("members", made.pk))


def _share(value: int, whole: int) -> str:
    return _("%(percent)d %%") % {"percent": round(100 * value / whole)} if whole else "–"
