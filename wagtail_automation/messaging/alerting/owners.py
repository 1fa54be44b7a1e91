"""Steps of campaigns that give people to colleagues."""

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail.blocks import BooleanBlock, TextBlock
from wagtail.blocks.struct_block import StructBlockValidationError

from wagtail_automation.activities import Activity, activities
from wagtail_automation.leads import assigning
from wagtail_automation.leads.models import Lead, Team
from wagtail_automation.leads.people import PersonBlock, TeamBlock
from wagtail_automation.messaging import alerts, personal
from wagtail_automation.objects import MissingReference

OWNER = ("field:owner",)


@activities.register
class Assign(Activity):
    """Everybody gets this owner."""

    key = "assign"
    immediate = True
    changes = OWNER

    person = PersonBlock(label=_("Owner"))

    class Meta:
        label = _("Give to a colleague")
        icon = "user"
        group = _("Sales")
        tone = "amber"
        description = _("From now on this colleague looks after the person.")
        keywords = (_("owner"), _("assign"), _("salesperson"))

    def sentence(self, value) -> str:
        if not value.get("person"):
            return str(self.label)
        return gettext("Give to %(person)s") % {"person": value["person"]}

    def apply(self, value, cohort) -> None:
        people = get_user_model()._default_manager
        owner = people.filter(pk=value["person"].pk, is_active=True).first()
        if owner is None:
            raise MissingReference(get_user_model(), value["person"].pk)
        leads = Lead.objects.filter(pk__in=cohort.lead_ids())
        assigning.assign(leads=leads, owner=owner, now=cohort.now, user=cohort.user)


@activities.register
class AssignRoundRobin(Activity):
    """People without an owner are shared out to a team, by its shares; nobody who is away gets any."""

    key = "assign_round_robin"
    immediate = True
    changes = OWNER

    team = TeamBlock(label=_("Team"))
    everybody = BooleanBlock(
        label=_("Also people who have an owner"),
        help_text=_("Otherwise they keep the owner they have."),
        required=False,
    )
    text = TextBlock(
        label=_("Tell the owner"),
        max_length=5000,
        rows=3,
        required=False,
        help_text=_("Empty: nobody is told. Name, address and a link to the person's page stand below it."),
    )

    class Meta:
        label = _("Share out to a team")
        icon = "group"
        group = _("Sales")
        tone = "amber"
        description = _("The members of a team get people in turn, by their shares and absences.")
        keywords = (_("owner"), _("assign"), _("round robin"), _("salesperson"))

    def clean(self, value):
        value = super().clean(value)
        try:
            personal.check(value["text"] or "")
        except ValidationError as error:
            raise StructBlockValidationError({"text": error}) from error
        return value

    def sentence(self, value) -> str:
        if not value.get("team"):
            return str(self.label)
        return gettext("Share out to the team %(team)s") % {"team": value["team"]}

    def apply(self, value, cohort) -> None:
        team = Team.objects.filter(pk=value["team"].pk).first()
        if team is None:
            raise MissingReference(Team, value["team"].pk)
        assigning.assign_in_turn(
            leads=Lead.objects.filter(pk__in=cohort.lead_ids()),
            team=team,
            now=cohort.now,
            user=cohort.user,
            keep_owners=not value.get("everybody"),
        )
        if value.get("text"):
            alerts.queue_alerts(cohort=cohort, to=alerts.OWNER, text=value["text"])
