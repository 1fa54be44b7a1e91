"""Forms of what editors do around emails."""

from django import forms
from django.contrib.humanize.templatetags.humanize import intcomma
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.models import Locale

from wagtail_automation.audiences.models import Segment
from wagtail_automation.messaging import addresses, personal, preview
from wagtail_automation.messaging.models import EmailTemplate

from . import html

MAX_FILE = 1024 * 1024


class TemplateForm(forms.ModelForm):
    """Under which name, category and colour an email becomes a template."""

    class Meta:
        model = EmailTemplate
        fields = ["name", "description", "category", "colour", "is_published"]


class ImportForm(forms.Form):
    """A whole HTML document, as a file or pasted."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=160)
    subject = forms.CharField(label=gettext_lazy("Subject"), max_length=250)
    locale = forms.ModelChoiceField(
        label=gettext_lazy("Language"), queryset=Locale.objects.none(), empty_label=None
    )
    file = forms.FileField(label=gettext_lazy("HTML file"), required=False)
    source = forms.CharField(
        label=gettext_lazy("Or paste the HTML"), required=False, widget=forms.Textarea(attrs={"rows": 12})
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        languages = Locale.objects.order_by("pk")
        self.fields["locale"].queryset = languages
        self.fields["locale"].initial = languages.first()

    def clean_subject(self):
        personal.check(self.cleaned_data["subject"])
        return self.cleaned_data["subject"]

    def clean_file(self):
        file = self.cleaned_data["file"]
        if file and file.size > MAX_FILE:
            raise ValidationError(_("The HTML is too long: mail programs cut what is over 100 KB."))
        return file

    def clean(self):
        cleaned = super().clean()
        file, pasted = cleaned.get("file"), (cleaned.get("source") or "").strip()
        if self.errors:
            return cleaned
        if bool(file) == bool(pasted):
            raise ValidationError(_("Choose a file or paste the HTML, one of both."))
        try:
            cleaned["html"] = html.decode(file.read()) if file else pasted
            html.check(cleaned["html"])
        except ValidationError as error:
            self.add_error("file" if file else "source", error)
        return cleaned


class WhoForm(forms.Form):
    """A lead by a part of name or address, or anybody of a segment."""

    text = forms.CharField(label=gettext_lazy("Name or address"), required=False, max_length=200)
    segment = forms.ModelChoiceField(
        label=gettext_lazy("From a segment"),
        queryset=Segment.objects.none(),
        required=False,
        empty_label=gettext_lazy("Anybody"),
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["segment"].queryset = Segment.objects.live().order_by("name")

    def people(self, leads):
        """Of these leads, those asked for; the newest first."""
        text, segment = self.cleaned_data["text"].strip(), self.cleaned_data["segment"]
        leads = leads.search(text) if text else leads
        if segment is not None:
            leads = leads.filter(segment_memberships__segment=segment)
        return leads.order_by("-pk")


class GivenUpForm(forms.Form):
    """Of which age the messages are that go out again: what is older may be out of date."""

    #: days, in words
    AGES = (
        (1, gettext_lazy("The last 24 hours: %(count)s")),
        (3, gettext_lazy("The last 3 days: %(count)s")),
        (7, gettext_lazy("The last 7 days: %(count)s")),
        (30, gettext_lazy("The last 30 days: %(count)s")),
    )
    days = forms.TypedChoiceField(label=gettext_lazy("Written in"), coerce=int, widget=forms.RadioSelect)

    def __init__(self, *args, counts: dict[int, int], **kwargs):
        super().__init__(*args, **kwargs)
        words = [(days, text % {"count": intcomma(counts[days])}) for days, text in self.AGES if counts[days]]
        self.fields["days"].choices = words
        self.fields["days"].initial = words[0][0] if words else None


class TestForm(forms.Form):
    """To whom a test goes, and as whose."""

    address = forms.CharField(label=gettext_lazy("To the address"), max_length=254)
    mode = forms.ChoiceField(label=gettext_lazy("With the values"), required=False)

    def __init__(self, *args, email, **kwargs):
        super().__init__(*args, **kwargs)
        looks = (preview.TEXT, preview.DARK, preview.NO_IMAGES)
        self.fields["mode"].choices = [(key, label) for key, label in email.preview_modes if key not in looks]

    def clean_address(self):
        address = addresses.normalise(self.cleaned_data["address"])
        if not addresses.is_valid(address):
            raise ValidationError(_("This is not an address that mail can be sent to."))
        return address
