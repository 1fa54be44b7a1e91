"""Steps of campaigns that give people to colleagues."""

from django.contrib.auth import get_user_model
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from wagtail_automation.activities import Activity, activities
from wagtail_automation.leads import assigning
from wagtail_automation.leads.models import Lead
from wagtail_automation.leads.people import PersonBlock
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
