"""Alerts: an email about a lead to people who work on the site, or a post in a room of their chat."""

import hashlib
import uuid

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db.models import QuerySet
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from wagtail_automation import jobs, liquid
from wagtail_automation.admin.roles import ROLES
from wagtail_automation.cohorts import Cohort
from wagtail_automation.leads.cohorts import LeadsCohort
from wagtail_automation.leads.models import Lead
from wagtail_automation.leads.page import absolute_lead_url
from wagtail_automation.outbox import State
from wagtail_automation.tracking.actions import record_events_for

from . import mime
from .alerting.vocabulary import ALERT_SENT
from .models import DirectMessage

SEND = "wagtail_automation.messaging.tasks.send_due"
#: people named in one digest; the others are counted
NAMED = 50
OWNER, SALES, OTHERS, ONLY_OWNER = "owner", "sales", "others", "only_owner"


def sales_team() -> QuerySet:
    """Active people of the role Salesperson who have an email address."""
    return _people(groups__name=ROLES["salesperson"])


def _people(**which) -> QuerySet:
    found = get_user_model()._default_manager.filter(is_active=True, **which).exclude(email="")
    return found.select_related("wagtail_userprofile").order_by("pk").distinct()


def queue_alerts(
    *, cohort: Cohort, to: str, text: str, team=None, person=None, address: str = "", room=None, alert=None
) -> int:
    """Queue one email for each lead of the cohort and each recipient, and one post for each lead in the room;
    returns how many.

    ``to``: ``owner`` (the sales team for leads without one), ``only_owner``, ``sales`` or ``others`` (nobody
    but those that follow). ``team``, ``person``: references; ``address``: an email address; ``room``: a
    Channel of a chat. Nobody gets two about one lead. ``alert``: the Alert that asks for it. Who was told is
    kept, and told as an event. A constant number of statements for any number of leads. Raises IntegrityError
    for a cohort key that was alerted before.
    """
    leads = Lead.objects.filter(pk__in=cohort.lead_ids()).select_related("owner__wagtail_userprofile")
    leads = list(leads.order_by("pk"))
    if not leads:
        return 0
    keys = dict(cohort.rows().values_list("cohort_lead", "cohort_key"))
    people = recipients(leads, to=to, team=team, person=person, address=address)
    writer = Writer(leads, text, cohort)
    rows = [
        writer.write(lead, who, code, keys[lead.pk])
        for lead in leads
        for who, code in people[lead.pk].items()
    ]
    DirectMessage.objects.bulk_create(rows, batch_size=200)
    if rows:
        jobs.enqueue(SEND)
    posts = 0
    if room is not None:
        from .alerting.posting import queue_posts

        groups = {keys[lead.pk]: [lead.pk] for lead in leads}
        posts = queue_posts(room=room, groups=groups, text=text, cohort=cohort, alert=alert)
    if rows or posts:
        note_told({lead.pk: told(people[lead.pk], room) for lead in leads}, cohort=cohort, alert=alert)
    return len(rows) + posts


def told(addresses, room) -> list[str]:
    """Who is told, as it is kept: addresses, and the name of a chat."""
    return [*addresses, *([room.name] if room is not None else ())]


def recipients(
    leads: list[Lead], *, to: str, team=None, person=None, address=""
) -> dict[int, dict[str, str]]:
    """``{lead.pk: {address: language}}`` of those who are told about each; the leads with their owners."""
    always = {address.strip().lower(): settings.LANGUAGE_CODE} if address else {}
    if team is not None:
        always |= _languages(_people(team_memberships__team=team.pk))
    if person is not None:
        always |= _languages(_people(pk=person.pk))
    sales = _languages(sales_team()) if to in (OWNER, SALES) else {}
    found = {}
    for lead in leads:
        owner = lead.owner if to in (OWNER, ONLY_OWNER) else None
        own = _languages([owner]) if owner is not None and owner.is_active and owner.email else sales
        found[lead.pk] = always | own
    return found


def note_told(told: dict[int, list[str]], *, cohort: Cohort, alert=None) -> None:
    """Keep who was told about which lead, and tell it as an event."""
    from .alerting.models import AlertRecord

    shared = {"alert": alert, "origin": cohort.origin[:60], "at": cohort.now}
    rows = [AlertRecord(lead_id=lead, to=who, **shared) for lead, people in told.items() for who in people]
    AlertRecord.objects.bulk_create(rows, batch_size=200)
    leads = [lead for lead, people in told.items() if people]
    record_events_for(
        LeadsCohort(leads, key=cohort.origin, origin=cohort.origin, now=cohort.now),
        ALERT_SENT,
        about=alert,
        channel="alert",
    )


def _languages(people) -> dict[str, str]:
    """``{address: the language that this person has chosen for the admin}``."""
    return {user.email.lower(): language_of(user) for user in people}


def language_of(user) -> str:
    """The language that this person has chosen for the admin, else the site's."""
    profile = getattr(user, "wagtail_userprofile", None)
    return getattr(profile, "preferred_language", "") or settings.LANGUAGE_CODE


class Writer:
    """Writes the emails about these leads; a text that cannot be filled in stands as it was typed."""

    def __init__(self, leads: list[Lead], text: str, cohort: Cohort):
        from .actions import default_site

        self.text, self.cohort = text, cohort
        self.site = cohort.site or default_site()
        self.template = liquid.parse(text) if liquid.has_expressions(text) else None
        names = self.template.variables if self.template else ()
        self.data = liquid.contexts(leads, names) if names else {}

    def write(self, lead: Lead, to: str, language: str, key: str) -> DirectMessage:
        """One email, not saved yet."""
        name = f"{key}:alert:{hashlib.sha256(to.encode()).hexdigest()[:12]}"
        identity = uuid.uuid4()
        with translation.override(language):
            subject, text = self.letter(lead)
        return DirectMessage(
            key=name,
            uuid=identity,
            message_id=mime.message_id(identity, self.site),
            to=to,
            subject=subject,
            text=text,
            site=self.site,
            origin=self.cohort.origin[:60],
            state=State.QUEUED,
            not_before=self.cohort.now,
            created_at=self.cohort.now,
        )

    def letter(self, lead: Lead) -> tuple[str, str]:
        """Subject and text about one, in the active language."""
        who = " ".join(str(lead).split())
        facts = [(_("Email"), lead.email), (_("Phone"), lead.phone), (_("Company"), lead.company)]
        lines = [_("%(label)s: %(value)s") % {"label": a, "value": b} for a, b in facts if b]
        parts = [self.own(lead), "\n".join([who, *lines]), self._link(lead)]
        subject = _("To look at: %(lead)s") % {"lead": who}
        return subject[:250], "\n\n".join(filter(None, parts))

    def digest(self, name: str, leads: list[Lead]) -> tuple[str, str]:
        """Subject and text about several, by the alert of this name, in the active language."""
        subject = ngettext("%(alert)s: %(count)d person", "%(alert)s: %(count)d people", len(leads))
        parts = []
        for lead in leads[:NAMED]:
            lines = [" ".join(str(lead).split()), self.own(lead), self._link(lead)]
            parts.append("\n".join(filter(None, lines)))
        if len(leads) > NAMED:
            parts.append(_("And %(count)d others.") % {"count": len(leads) - NAMED})
        subject = subject % {"count": len(leads), "alert": name}
        return " ".join(subject.split())[:250], "\n\n".join(parts)

    def _link(self, lead: Lead) -> str:
        return absolute_lead_url(lead)

    def own(self, lead: Lead) -> str:
        """The text with this lead's values."""
        if self.template is None:
            return self.text
        try:
            return self.template.render(self.data[lead.pk], now=self.cohort.now)
        except liquid.TemplateError:
            return self.text
