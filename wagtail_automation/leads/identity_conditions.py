"""Questions about who looks after a lead, and what identifies it."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail.blocks import ChoiceBlock
from wagtail.blocks.struct_block import StructBlockValidationError

from wagtail_automation.rules.conditions import Condition, Facts, register

from .identifiers import identifier_kinds
from .models import Identifier, Lead
from .people import PersonBlock, TeamBlock

GROUP = _("Lead")


@register
class OwnerIs(Condition):
    """The owner is this person, or a member of this team; with both chosen, either is enough."""

    key = "owner_is"
    keywords = (_("salesperson"), _("team"), _("responsible"))
    waitable = True

    owner = PersonBlock(label=_("Owner"), required=False)
    team = TeamBlock(label=_("or a member of the team"), required=False)

    class Meta:
        label = _("Owner is")
        icon = "user"
        group = GROUP
        tone = "blue"
        description = _("A person of the site, or somebody of a team, looks after the lead.")

    def get_depends_on(self, value):
        # who is in a team changes without a word about each lead: looked at again every few minutes
        return Facts(frozenset({"field:owner"}), time=bool(value.get("team")))

    def q(self, value, scope):
        asked = scope.nobody()
        if value.get("owner"):
            asked |= scope.lead(owner=value["owner"].pk)
        if value.get("team"):
            theirs = Lead.objects.filter(owner__team_memberships__team=value["team"].pk)
            asked |= scope.where(theirs, lead="pk")
        return asked

    def clean(self, value):
        result = super().clean(value)
        if not result.get("owner") and not result.get("team"):
            raise StructBlockValidationError(
                {"owner": ValidationError(gettext("Choose a person or a team."), code="required")}
            )
        return result

    def sentence(self, value):
        owner, team = value.get("owner"), value.get("team")
        if owner and team:
            return gettext("%(owner)s or somebody of “%(team)s” looks after the lead") % {
                "owner": owner,
                "team": team,
            }
        if team:
            return gettext("Owner is of the team “%(team)s”") % {"team": team}
        return gettext("Owner is %(owner)s") % {"owner": owner} if owner else str(self.label)


def kind_choices() -> list[tuple[str, str]]:
    """The registered kinds of identifiers, the strongest first; read when used, since sites add some."""
    kinds = sorted(identifier_kinds, key=lambda kind: -kind.strength)
    return [(kind.key, str(kind.label)) for kind in kinds]


class IdentifierKindBlock(ChoiceBlock):
    """Chooses a kind of identifier; no migration holds the choices."""

    def __init__(self, **kwargs):
        super().__init__(choices=kind_choices, **kwargs)

    def deconstruct(self):
        return "wagtail.blocks.ChoiceBlock", [], {"choices": []}

    def deconstruct_with_lookup(self, lookup):
        return self.deconstruct()


@register
class IsIdentified(Condition):
    """Has an identifier of one kind: an address, a user account, a key of the CRM…"""

    key = "is_identified"
    keywords = (_("known"), _("account"), _("CRM"), _("phone"))
    waitable = True
    #: "identifier" is said where one is attached; imports and merges are noticed with the next refresh
    depends_on = Facts(
        frozenset({"identifier", "field:status", "field:email", "field:phone", "lead:created"}), time=True
    )

    kind = IdentifierKindBlock(label=_("Kind of identifier"))

    class Meta:
        label = _("Is identified by")
        icon = "key"
        group = GROUP
        tone = "blue"
        description = _("The lead has an identifier of this kind.")

    def q(self, value, scope):
        if not value.get("kind"):
            return scope.nobody()
        return scope.where(Identifier.objects.filter(kind=value["kind"]))

    def sentence(self, value):
        kind = identifier_kinds.get(value.get("kind") or "")
        return gettext("Is identified by: %(kind)s") % {"kind": kind.label} if kind else str(self.label)
