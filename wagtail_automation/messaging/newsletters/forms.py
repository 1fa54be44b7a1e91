"""The form of a newsletter: what is sent, to whom, who is left out, and when."""

from django import forms
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin.forms import WagtailAdminModelForm

from wagtail_automation import clock
from wagtail_automation.admin.strict import SnippetChooser
from wagtail_automation.audiences.models import LeadList, Segment
from wagtail_automation.messaging import personal
from wagtail_automation.messaging.models import Email

from . import actions
from .models import Newsletter, NewsletterState

#: fields of the form, and what of a group each holds: the name of its key, whether it is left out
GROUPS = {
    "lists": ("lead_list", False),
    "segments": ("segment", False),
    "without_lists": ("lead_list", True),
    "without_segments": ("segment", True),
}


class Groups(forms.ModelMultipleChoiceField):
    """Lists or segments to tick."""

    widget = forms.CheckboxSelectMultiple


def _email_chooser() -> SnippetChooser:
    """The chooser of emails, in the reader's words and without inline script."""
    words = Email.snippet_viewset.chooser_viewset
    widget = SnippetChooser(Email, icon="mail")
    widget.choose_one_text = words.page_title
    widget.choose_another_text = words.choose_another_text
    widget.link_to_chosen_text = words.edit_item_text
    return widget


class NewsletterForm(WagtailAdminModelForm):
    """Lists and segments are stored as ``NewsletterGroup``; archived ones stay on offer where chosen."""

    lists = Groups(label=gettext_lazy("Lists"), queryset=LeadList.objects.none(), required=False)
    segments = Groups(label=gettext_lazy("Segments"), queryset=Segment.objects.none(), required=False)
    without_lists = Groups(
        label=gettext_lazy("Leave out these lists"), queryset=LeadList.objects.none(), required=False
    )
    without_segments = Groups(
        label=gettext_lazy("Leave out these segments"), queryset=Segment.objects.none(), required=False
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name in ("email", "email_b"):
            self.fields[name].widget = _email_chooser()
            self.fields[name].widget.is_required = self.fields[name].required
        stored = list(self.instance.groups.all()) if self.instance.pk else []
        for name, (key, left_out) in GROUPS.items():
            chosen = [
                getattr(group, f"{key}_id")
                for group in stored
                if group.is_excluded == left_out and getattr(group, f"{key}_id")
            ]
            model = LeadList if key == "lead_list" else Segment
            self.fields[name].queryset = model.objects.filter(Q(archived=False) | Q(pk__in=chosen))
            self.initial.setdefault(name, chosen)

    def clean_email(self):
        email = self.cleaned_data["email"]
        if email is not None and email.is_transactional:
            raise forms.ValidationError(
                _("The email answers an act of one person: it cannot be sent to many."), code="transactional"
            )
        return email

    def clean_send_at(self):
        moment = self.cleaned_data["send_at"]
        if moment is not None and "send_at" in self.changed_data and moment <= clock.now():
            raise forms.ValidationError(_("This time is past."), code="past")
        return moment

    def clean(self):
        cleaned = super().clean()
        if not (cleaned.get("lists") or cleaned.get("segments")):
            self.add_error("lists", _("Choose at least one list or segment."))
        self._check_test(cleaned)
        if cleaned.get("in_each_zone") and not cleaned.get("send_at") and "send_at" not in self.errors:
            self.add_error("send_at", _("An hour in each zone needs a time."))
        return cleaned

    def _check_test(self, cleaned):
        second, subject = cleaned.get("email_b"), (cleaned.get("subject_b") or "").strip()
        if second and subject:
            self.add_error("subject_b", _("Compare another email or another subject, not both at once."))
        elif second and second == cleaned.get("email"):
            self.add_error("email_b", _("These are the same: there is nothing to compare."))
        elif subject and cleaned.get("email") and subject == cleaned["email"].subject.strip():
            self.add_error("subject_b", _("These are the same: there is nothing to compare."))
        if (second or subject) and cleaned.get("in_each_zone"):
            self.add_error(
                "in_each_zone", _("Two versions are compared at one time: not at an hour in each zone.")
            )
        if cleaned.get("goal") and not (second or subject):
            self.add_error("goal", _("Without a second version there is nothing to compare."))

    def clean_email_b(self):
        email = self.cleaned_data["email_b"]
        if email is not None and email.is_transactional:
            raise forms.ValidationError(
                _("The email answers an act of one person: it cannot be sent to many."), code="transactional"
            )
        return email

    def clean_subject_b(self):
        subject = " ".join(self.cleaned_data["subject_b"].split())
        personal.check(subject)
        return subject

    def _post_clean(self):
        super()._post_clean()
        # somebody may have ordered it while the form was open
        stored = Newsletter.objects.filter(pk=self.instance.pk).first()
        if stored is not None and stored.state != NewsletterState.DRAFT:
            self.add_error(None, _("It is ordered already: take it back before you change it."))

    def save(self, commit=True):
        newsletter = super().save(commit)
        if commit:
            actions.set_audience(newsletter=newsletter, **{name: self.cleaned_data[name] for name in GROUPS})
        return newsletter
