"""People of the site as owners: who may be one, what they are called, how one is chosen."""

from django import forms
from django.contrib.auth import get_user_model
from django.db.models import Q, QuerySet
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from wagtail.admin.ui.tables import Column
from wagtail.blocks import ChooserBlock

from wagtail_automation.admin.choosers import ChooserViewSet

from .models import TeamMember
from .permissions import LEAD_POLICY, LOOK, sees_everybody
from .querysets import visible_owners


def name_of(user) -> str:
    """A person of the site, for people."""
    return (user.get_full_name() or user.get_username()) if user is not None else ""


def possible_owners(also=None) -> QuerySet:
    """Active people who may see leads at all; nobody else could look after one. ``also``: the id of one who
    stays on offer, such as the owner of now."""
    allowed = LEAD_POLICY.users_with_any_permission(LOOK).values("pk")
    wanted = Q(pk__in=allowed, is_active=True)
    if also is not None:
        wanted |= Q(pk=also)
    people = get_user_model()._default_manager.filter(wanted)
    return people.order_by("last_name", "first_name", "pk")


def owners_offered(user, current=None) -> QuerySet:
    """Whom this person may give a lead to: everybody, or, for those who see only some leads, themselves and
    the members of their teams. ``current``: the id of an owner who stays on offer."""
    people = possible_owners(current)
    if visible_owners(user) is None:
        return people
    mine = TeamMember.objects.filter(user=user).values("team")
    near = Q(pk=user.pk) | Q(pk__in=TeamMember.objects.filter(team__in=mine).values("user"))
    return people.filter(near if current is None else near | Q(pk=current))


class PersonField(forms.ModelChoiceField):
    """A person of the site by name."""

    def label_from_instance(self, obj):
        return name_of(obj)


class AssignForm(forms.Form):
    """A person, or nobody for people who see everybody's leads. ``lead``: the one it is about, if one."""

    owner = PersonField(label=_("Owner"), queryset=None, required=False, empty_label=_("Nobody"))

    def __init__(self, *args, user, lead=None, **kwargs):
        super().__init__(*args, **kwargs)
        field = self.fields["owner"]
        field.queryset = owners_offered(user, lead.owner_id if lead else None)
        if not sees_everybody(user):
            field.required, field.empty_label = True, None
        if lead is not None:
            self.initial["owner"] = lead.owner_id


class PersonChooserViewSet(ChooserViewSet):
    """Choose a person of the site who may look after leads."""

    icon = "user"
    choose_one_text = _("Choose a person")
    choose_another_text = _("Choose another person")
    # elsewhere in the admin people are chosen as before
    register_widget = False

    @property
    def model(self):
        return get_user_model()

    def get_object_list(self):
        return possible_owners()

    @property
    def columns(self):
        return [Column("email", label=_("Email address"))]


person_chooser = PersonChooserViewSet("wagtail_automation_person_chooser")


class TeamChooserViewSet(ChooserViewSet):
    model = "wagtail_automation_leads.Team"
    icon = "group"
    choose_one_text = _("Choose a team")
    choose_another_text = _("Choose another team")
    edit_item_text = _("Edit this team")


team_chooser = TeamChooserViewSet("wagtail_automation_team_chooser")


class PersonBlock(ChooserBlock):
    """Chooses a person of the site."""

    @cached_property
    def target_model(self):
        return get_user_model()

    @cached_property
    def widget(self):
        return person_chooser.widget_class()

    def get_prep_value(self, value):
        """What JSON can hold: the key of a site's own user model may be a UUID."""
        key = super().get_prep_value(value)
        return key if key is None or isinstance(key, int) else str(key)

    class Meta:
        icon = "user"


class TeamBlock(ChooserBlock):
    """Chooses a team."""

    @cached_property
    def target_model(self):
        from .models import Team

        return Team

    @cached_property
    def widget(self):
        return team_chooser.widget_class()

    class Meta:
        icon = "group"
