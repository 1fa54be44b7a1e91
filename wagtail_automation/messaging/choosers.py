"""The modal in which an email is chosen or, in a few words, written: from a campaign, a form, a condition."""

from django import forms
from django.utils.translation import gettext_lazy as _

from wagtail_automation.admin.choosers import CreatingSnippetChooserViewSet, ShortForm, SnippetChooserViewSet

from . import actions, personal
from .models import Email


class ShortEmailForm(ShortForm):
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
            locale=self.chosen_locale,
            user=self.user,
        )


class EmailChooserViewSet(CreatingSnippetChooserViewSet):
    """Emails to choose, and a tab in which a short one is written."""

    page_title = _("Choose an email")
    choose_another_text = _("Choose another email")
    edit_item_text = _("Edit this email")
    creation_form_class = ShortEmailForm
    creation_tab_label = _("New email")
    create_action_label = _("Create email")


class EmailTemplateChooserViewSet(SnippetChooserViewSet):
    """Templates of emails to choose."""

    page_title = _("Choose a template")
    choose_another_text = _("Choose another template")
    edit_item_text = _("Edit this template")
