"""The step that sends each person the variant for the channel they prefer."""

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from wagtail_automation.activities import Activity, activities
from wagtail_automation.admin.choosers import SnippetChooserBlock
from wagtail_automation.blocks import Idle
from wagtail_automation.cohorts import Cohort
from wagtail_automation.leads import consent
from wagtail_automation.messaging import actions as emails
from wagtail_automation.messaging import reasons
from wagtail_automation.messaging.channels import actions
from wagtail_automation.messaging.models import MarketingMessage
from wagtail_automation.objects import ref_of

from .models import VARIANTS

#: of each variant what says whether people get it as it was written
_FIELDS = [
    f"{variant}__{name}" for variant in VARIANTS for name in ("name", "live", "has_unpublished_changes")
]


class Preferring(Cohort):
    """Those of a cohort who prefer one of these channels."""

    def __init__(self, cohort: Cohort, channel: str, among: list[str]):
        self.cohort, self.channel, self.among = cohort, channel, among
        self.now, self.origin, self.site, self.user = cohort.now, cohort.origin, cohort.site, cohort.user

    def _leads(self):
        return consent.preferred(self.channel, among=self.among).values("lead_id")

    def rows(self):
        return self.cohort.rows().filter(cohort_lead__in=self._leads())

    def lead_ids(self):
        return self.rows().values("cohort_lead")

    def size(self) -> int:
        return self.cohort.size()


@activities.register
class MessageSend(Activity):
    """Queues for each person one variant: of the channels they agree to, the one they agreed to last."""

    key = "message_send"
    messages = True
    changes = ("event:email_sent", "event:sms_sent", "event:push_sent")

    message = SnippetChooserBlock(
        "wagtail_automation_messaging.MarketingMessage", label=_("Marketing message")
    )

    class Meta:
        label = _("Send on the preferred channel")
        icon = "comment"
        group = _("Messages")
        tone = "blue"
        description = _("Sends each person the variant for the channel that they agreed to last.")
        keywords = (_("SMS"), _("email"), _("push"), _("channel"))

    def sentence(self, value) -> str:
        if not value.get("message"):
            return str(self.label)
        return _("Send “%(message)s” on the preferred channel") % {"message": value["message"]}

    def warnings(self, values):
        keys = {ref.pk for value in values if (ref := value.get("message"))}
        found = MarketingMessage.objects.filter(pk__in=keys).select_related(*VARIANTS).only(*_FIELDS)
        told = {message.pk: _publication_of(list(message.variants.values())) for message in found}
        return [told.get(value["message"].pk, []) if value.get("message") else [] for value in values]

    def apply(self, value, cohort) -> None:
        variants = MarketingMessage.objects.select_related(*VARIANTS).get(pk=value["message"].pk).variants
        for channel, message in variants.items():
            part = Preferring(cohort, channel, list(variants))
            if channel == "email":
                emails.queue_email(cohort=part, email=ref_of(message))
            else:
                actions.queue_message(cohort=part, message=ref_of(message))

    def refused(self, value, leads):
        message = value.get("message") and MarketingMessage.objects.filter(pk=value["message"].pk).first()
        if not message:
            return {}
        among = list(message.variants)
        reached = {
            pk
            for channel in among
            for pk in consent.preferred(channel, among=among)
            .filter(lead__in=leads)
            .values_list("lead_id", flat=True)
        }
        return {pk: reasons.explain("consent_missing") for pk in leads if pk not in reached}


def _publication_of(variants: list) -> list[str]:
    """Of the variants of one message, each of which is published by itself."""
    if variants and not any(variant.live for variant in variants):
        return [Idle(gettext("None of its variants is published: nobody gets anything."))]
    found = []
    for variant in variants:
        words = {"name": variant.name, "kind": variant._meta.verbose_name}
        if not variant.live:
            said = gettext(
                "The variant “%(name)s” (%(kind)s) is a draft: people who prefer this channel get nothing "
                "until it is published."
            )
        elif variant.has_unpublished_changes:
            said = gettext(
                "The variant “%(name)s” (%(kind)s) has changes that are not published: people get it without "
                "them."
            )
        else:
            continue
        found.append(said % words)
    return found
