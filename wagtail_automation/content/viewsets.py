"""Forms in the admin: a snippet each, with its fields, what follows, and its answers one click away."""

from django import forms
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, MultiFieldPanel, ObjectList, TabbedInterface
from wagtail.admin.ui.tables import LocaleColumn, TitleColumn
from wagtail.admin.widgets.button import HeaderButton
from wagtail.snippets.views.snippets import EditView, IndexView, SnippetViewSet

from wagtail_automation.admin.choosers import CreatingSnippetChooserViewSet, ShortForm
from wagtail_automation.admin.strict import PageChooser
from wagtail_automation.content import actions, elsewhere
from wagtail_automation.content.models import Form


class FormIndexView(IndexView):
    """Forms with how often they were answered."""

    def get_base_queryset(self):
        return super().get_base_queryset().with_counts()


class FormEditView(EditView):
    """Leads to the answers."""

    @cached_property
    def header_buttons(self):
        return [
            *super().header_buttons,
            HeaderButton(
                _("Answers"),
                url=reverse("wagtail_automation_answers_of", args=[self.object.pk]),
                icon_name="list-ul",
            ),
            *(
                [
                    HeaderButton(
                        _("Embed"),
                        url=reverse("wagtail_automation_form_embed", args=[self.object.pk]),
                        icon_name="code",
                    )
                ]
                if elsewhere.origins(self.object)
                else []
            ),
        ]


class ShortFormForm(ShortForm):
    """The name of a new form, which asks for the email address and whatever is added later."""

    name = forms.CharField(
        label=_("Name"),
        max_length=Form._meta.get_field("name").max_length,
        help_text=_("The form asks for the email address. You can add more questions to it later."),
    )

    def save(self) -> Form:
        """The form, ready to be placed on a page."""
        return actions.create_form(name=self.cleaned_data["name"], locale=self.chosen_locale, user=self.user)


class FormChooserViewSet(CreatingSnippetChooserViewSet):
    """Forms to choose, and a tab in which a short one is made."""

    creation_form_class = ShortFormForm
    creation_tab_label = _("New form")
    create_action_label = _("Create form")
    page_title = _("Choose a form")
    choose_another_text = _("Choose another form")
    edit_item_text = _("Edit this form")


class FormViewSet(SnippetViewSet):
    model = Form
    icon = "form"
    menu_label = _("Forms")
    menu_name = "automation-forms"
    add_to_admin_menu = False
    index_view_class = FormIndexView
    edit_view_class = FormEditView
    chooser_viewset_class = FormChooserViewSet
    copy_view_enabled = False
    search_fields = ["name"]
    search_backend_name = None
    list_filter = ["site"]
    ordering = ["name"]

    list_display = [
        "name",
        LocaleColumn(),
        TitleColumn(
            "submission_count",
            label=_("Answers"),
            accessor="submission_count",
            get_url=lambda form: reverse("wagtail_automation_answers_of", args=[form.pk]),
        ),
        "site",
    ]

    edit_handler = TabbedInterface(
        [
            ObjectList(
                [
                    FieldPanel("name"),
                    FieldPanel("fields"),
                    FieldPanel("submit_label"),
                    FieldPanel("error_text"),
                ],
                heading=_("Form"),
            ),
            ObjectList(
                [
                    MultiFieldPanel(
                        [FieldPanel("thank_you_text"), FieldPanel("thank_you_page", widget=PageChooser)],
                        heading=_("What the visitor sees"),
                    ),
                    FieldPanel("confirm_consents"),
                    FieldPanel("actions"),
                ],
                heading=_("After sending"),
            ),
            ObjectList(
                [
                    FieldPanel("site"),
                    FieldPanel("ask_at_once"),
                    MultiFieldPanel(
                        [FieldPanel("embed_origins"), FieldPanel("linked_to")], heading=_("Elsewhere")
                    ),
                ],
                heading=_("Settings"),
            ),
        ]
    )
