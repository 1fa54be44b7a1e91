"""Teams in the Wagtail admin."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail.admin.forms import WagtailAdminModelForm
from wagtail.admin.panels import FieldPanel, FieldRowPanel, MultiFieldPanel
from wagtail.admin.ui.tables import BooleanColumn, Column
from wagtail.admin.views import generic
from wagtail.admin.viewsets.model import ModelViewSet

from wagtail_automation.admin.strict import InlinePanel

from .field_types import DayInput
from .models import Team
from .people import name_of, possible_owners


class PersonForm(WagtailAdminModelForm):
    """A row about a person: only people who may see leads are offered, by name."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        field = self.fields["user"]
        field.queryset = possible_owners(self.instance.user_id)
        field.label_from_instance = name_of


class PeoplePanel(InlinePanel):
    """Rows about people, each with a ``PersonForm``."""

    def get_form_options(self):
        options = super().get_form_options()
        options["formsets"][self.relation_name]["form"] = PersonForm
        return options


class TeamIndexView(generic.IndexView):
    def get_base_queryset(self):
        return Team.objects.with_member_count()


class TeamForm(WagtailAdminModelForm):
    """Says in words what the database would refuse."""

    def clean(self):
        cleaned = super().clean()
        members = self.formsets.get("members") if hasattr(self, "formsets") else None
        if members is not None:
            chosen = [
                form.cleaned_data["user"].pk
                for form in members.forms
                if getattr(form, "cleaned_data", None)
                and form.cleaned_data.get("user")
                and not form.cleaned_data.get("DELETE")
            ]
            if len(set(chosen)) != len(chosen):
                raise ValidationError(gettext("A person is in this team twice."))
        return cleaned


Team.base_form_class = TeamForm


class TeamViewSet(ModelViewSet):
    model = Team
    name = "wagtail_automation_team"
    url_prefix = "automation/teams"
    icon = "group"
    menu_label = _("Teams")
    menu_name = "automation-teams"
    index_view_class = TeamIndexView
    list_display = [
        "name",
        Column("member_count", label=_("Members"), sort_key="member_count"),
        BooleanColumn("shares_leads", label=_("Members see each other's leads"), sort_key="shares_leads"),
    ]
    search_fields = ["name"]
    search_backend_name = None
    ordering = "name"
    copy_view_enabled = False
    add_to_reference_index = False
    panels = [
        FieldPanel("name"),
        FieldPanel("shares_leads"),
        PeoplePanel(
            "members",
            heading=_("Members"),
            label=_("member"),
            panels=[FieldRowPanel([FieldPanel("user"), FieldPanel("weight")])],
        ),
        PeoplePanel(
            "absences",
            heading=_("Absences"),
            label=_("absence"),
            help_text=_("Who is away receives no leads in turn from any team. Both days are included."),
            panels=[
                MultiFieldPanel(
                    [
                        FieldPanel("user"),
                        FieldRowPanel(
                            [
                                FieldPanel("first_day", widget=DayInput),
                                FieldPanel("last_day", widget=DayInput),
                            ]
                        ),
                    ]
                )
            ],
        ),
    ]


teams = TeamViewSet()
