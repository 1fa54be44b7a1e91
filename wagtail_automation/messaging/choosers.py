"""The modal in which an email is chosen or, in a few words, written: from a campaign, a form, a condition."""

from django import forms
from django.utils.translation import gettext_lazy as _
from wagtail.models import Locale
from wagtail.snippets.views.chooser import ChooseResultsView, SnippetCreateView

from wagtail_automation.admin.choosers import SnippetChooserViewSet, SnippetChooseView

from . import actions, personal
from .models import Email


class ShortEmailForm(forms.Form):
    """Subject, text and a button: enough for most emails that a campaign sends."""

    subject = forms.CharField(label=_("Subject"), max_length=250)
    text = forms.CharField(
        label=_("Text"),
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=_("An empty line begins a paragraph. {{ lead.first_name }} stands for the first name."),
    )
    button = forms.CharField(
        label=_("Button"),
        max_length=100,
        required=False,
        initial=_("Visit our site"),
        help_text=_("Empty: none. Campaigns can ask later who clicked."),
    )
    address = forms.URLField(
        label=_("The button leads to"),
        required=False,
        max_length=2000,
        assume_scheme="https",
        help_text=_("Empty: the home page."),
    )
    locale = forms.ModelChoiceField(label=_("Language"), queryset=None, empty_label=None)

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        self.user = user
        languages = Locale.objects.order_by("pk")
        self.fields["locale"].queryset = languages
        self.fields["locale"].initial = Locale.get_active()
        if len(languages) < 2:
            del self.fields["locale"]

    def clean_subject(self):
        return self._checked("subject")

    def clean_text(self):
        return self._checked("text")

    def clean_button(self):
        return self._checked("button")

    def _checked(self, name):
        """Raises ValidationError for wrong Liquid."""
        personal.check(self.cleaned_data[name])
        return self.cleaned_data[name]

    def save(self) -> Email:
        """The email, published where the person may publish."""
        written = self.cleaned_data
        return actions.write_email(
            subject=written["subject"],
            text=written["text"],
            button=written["button"],
            address=written["address"],
            locale=written.get("locale") or Locale.get_default(),
            user=self.user,
        )


class ShortFormMixin:
    """Gives the form the person who writes."""

    def get_creation_form_kwargs(self):
        return {**super().get_creation_form_kwargs(), "user": self.request.user}


class EmailChooseView(ShortFormMixin, SnippetChooseView):
    pass


class EmailChooseResultsView(ShortFormMixin, ChooseResultsView):
    pass


class EmailCreateView(ShortFormMixin, SnippetCreateView):
    pass


class EmailChooserViewSet(SnippetChooserViewSet):
    """Emails to choose, and a tab in which a short one is written."""

    choose_view_class = EmailChooseView
    choose_results_view_class = EmailChooseResultsView
    create_view_class = EmailCreateView
    page_title = _("Choose an email")
    choose_another_text = _("Choose another email")
    edit_item_text = _("Edit this email")
    creation_form_class = ShortEmailForm
    creation_tab_label = _("New email")
    create_action_label = _("Create email")
    create_action_clicked_label = _("Creating…")
