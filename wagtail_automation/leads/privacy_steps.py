"""Consent and erasure in rules and campaigns: one condition and three activities."""

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail.blocks import ChoiceBlock

from wagtail_automation.activities import Activity
from wagtail_automation.activities import register as register_activity
from wagtail_automation.rules.conditions import Condition, Facts
from wagtail_automation.rules.conditions import register as register_condition

from . import consent, consent_actions, erasure
from .models import ConsentState


def all_subjects() -> list[tuple[str, str]]:
    return consent.subjects()


def marketing_subjects() -> list[tuple[str, str]]:
    return consent.subjects(marketing=True)


class SubjectBlock(ChoiceBlock):
    """A channel or topic; the choices are read when used and stand in no migration."""

    def __init__(self, *, marketing=False, **kwargs):
        super().__init__(choices=marketing_subjects if marketing else all_subjects, **kwargs)

    def deconstruct(self):
        return "wagtail.blocks.ChoiceBlock", [], {"choices": []}

    def deconstruct_with_lookup(self, lookup):
        return self.deconstruct()


def subject_words(subject) -> str:
    """What people call the subject; itself when its topic is gone."""
    return dict(consent.subjects()).get(subject, str(subject))


@register_condition
class HasConsent(Condition):
    """Granted now. Silence is no consent, and neither is one that still waits to be confirmed."""

    key = "has_consent"
    waitable = True
    keywords = (_("privacy"), _("subscribed"), _("opt-in"), _("topic"))

    subject = SubjectBlock(label=_("Channel or topic"))

    class Meta:
        label = _("Has given consent")
        icon = "circle-check"
        group = _("Profile")
        tone = "blue"
        description = _("The person agrees to a channel or topic, now. Who was never asked does not.")

    def get_depends_on(self, value):
        return Facts(frozenset({f"consent:{value['subject']}"})) if value.get("subject") else Facts()

    def q(self, value, scope):
        if not value.get("subject"):
            return scope.nobody()
        return scope.where(ConsentState.objects.filter(subject=value["subject"], granted=True))

    def sentence(self, value):
        if not value.get("subject"):
            return str(self.label)
        return gettext("Has given consent to “%(subject)s”") % {"subject": subject_words(value["subject"])}


@register_activity
class ConsentSet(Activity):
    """Grants to those never asked, withdraws from everybody; what the person closed stays closed."""

    key = "consent_set"
    immediate = True
    keywords = (_("subscribe"), _("unsubscribe"), _("topic"))

    subject = SubjectBlock(marketing=True, label=_("Channel or topic"))
    value = ChoiceBlock(
        label=_("Change"), choices=[("grant", _("Grant")), ("withdraw", _("Withdraw"))], default="grant"
    )

    class Meta:
        label = _("Set a consent")
        icon = "circle-check"
        group = _("Privacy")
        tone = "green"
        description = _(
            "Grants or withdraws a channel or topic. What the person refused or withdrew is never opened "
            "again."
        )

    def apply(self, value, cohort):
        consent_actions.set_consents(
            leads=cohort.lead_ids(),
            subject=value["subject"],
            granted=value["value"] == "grant",
            how=cohort.origin,
            now=cohort.now,
        )

    def sentence(self, value):
        if not value.get("subject"):
            return str(self.label)
        words = (
            gettext("Grant consent to “%(subject)s”")
            if value.get("value") == "grant"
            else gettext("Take back the consent to “%(subject)s”")
        )
        return words % {"subject": subject_words(value["subject"])}


@register_activity
class Anonymise(Activity):
    """Asks for it in one statement; a job does it right after the commit (``leads.erasure``)."""

    key = "anonymise"
    keywords = (_("erase"), _("privacy"))

    class Meta:
        label = _("Anonymise the lead")
        icon = "view"
        group = _("Privacy")
        tone = "red"
        description = _(
            "Erases name, addresses and everything else that tells who it is, and keeps what is only counted."
            " It cannot be undone."
        )

    def apply(self, value, cohort):
        erasure.request(
            leads=cohort.lead_ids(),
            mode=erasure.ANONYMISE,
            origin=cohort.origin,
            now=cohort.now,
            user=cohort.user,
        )


@register_activity
class LeadDelete(Activity):
    """As ``Anonymise``, and no row is left."""

    key = "lead_delete"
    keywords = (_("erase"), _("remove"), _("privacy"))

    class Meta:
        label = _("Delete the lead")
        icon = "bin"
        group = _("Privacy")
        tone = "red"
        description = _(
            "Erases the person everywhere; their address stays suppressed, unreadable. It cannot be undone."
        )

    def apply(self, value, cohort):
        erasure.request(
            leads=cohort.lead_ids(),
            mode=erasure.ERASE,
            origin=cohort.origin,
            now=cohort.now,
            user=cohort.user,
        )


@register_condition
class PreferredChannelIs(Condition):
    """The channel that the person agreed to last, of those that still stand."""

    key = "preferred_channel_is"
    keywords = (_("SMS"), _("email"), _("push"))
    depends_on = Facts(frozenset(f"consent:{channel}" for channel in consent.CHANNELS))

    channel = ChoiceBlock(label=_("Channel"), choices=list(consent.CHANNELS.items()))

    class Meta:
        label = _("Preferred channel")
        icon = "comment"
        group = _("Lead")
        tone = "blue"
        description = _("Of the channels to which the person agrees, the one that they agreed to last.")

    def q(self, value, scope):
        if value.get("channel") not in consent.CHANNELS:
            return scope.nobody()
        return scope.where(consent.preferred(value["channel"]))

    def sentence(self, value):
        channel = consent.CHANNELS.get(value.get("channel"))
        return gettext("Prefers “%(channel)s”") % {"channel": channel} if channel else str(self.label)
