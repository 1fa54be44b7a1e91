"""Alerts: an email about a lead to people who work on the site."""

import hashlib
import uuid

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db.models import QuerySet
from django.utils import translation
from django.utils.translation import gettext as _

from wagtail_automation import jobs, liquid
from wagtail_automation.admin.roles import ROLES
from wagtail_automation.cohorts import Cohort
from wagtail_automation.leads.models import Lead
from wagtail_automation.leads.page import lead_url
from wagtail_automation.outbox import State

from . import mime
from .models import DirectMessage

SEND = "wagtail_automation.messaging.tasks.send_due"
OWNER, SALES, OTHERS = "owner", "sales", "others"


def sales_team() -> QuerySet:
    """Active people of the role Salesperson who have an email address."""
    return _people(groups__name=ROLES["salesperson"])


def _people(**which) -> QuerySet:
    found = get_user_model()._default_manager.filter(is_active=True, **which).exclude(email="")
    return found.select_related("wagtail_userprofile").order_by("pk").distinct()


def queue_alerts(*, cohort: Cohort, to: str, text: str, team=None, person=None, address: str = "") -> int:
    """Queue one email for each lead of the cohort and each recipient; returns how many.

    ``to``: ``owner`` (the sales team for leads without one), ``sales`` or ``others`` (nobody but those that
    follow). ``team``, ``person``: references; ``address``: an email address. Nobody gets two about one lead.
    At most nine statements for any number of leads. Raises IntegrityError for a cohort key that was
    alerted before.
    """
    leads = Lead.objects.filter(pk__in=cohort.lead_ids()).select_related("owner__wagtail_userprofile")
    leads = list(leads.order_by("pk"))
    if not leads:
        return 0
    keys = dict(cohort.rows().values_list("cohort_lead", "cohort_key"))
    always = {address.strip().lower(): settings.LANGUAGE_CODE} if address else {}
    if team is not None:
        always |= _languages(_people(team_memberships__team=team.pk))
    if person is not None:
        always |= _languages(_people(pk=person.pk))
    sales = _languages(sales_team()) if to in (OWNER, SALES) else {}
    writer = Writer(leads, text, cohort)
    rows = []
    for lead in leads:
        wanted = dict(always)
        if to == OWNER and lead.owner is not None and lead.owner.is_active and lead.owner.email:
            wanted |= _languages([lead.owner])
        else:
            wanted |= sales
        rows += [writer.write(lead, who, code, keys[lead.pk]) for who, code in wanted.items()]
    DirectMessage.objects.bulk_create(rows, batch_size=200)
    if rows:
        jobs.enqueue(SEND)
    return len(rows)


def _languages(people) -> dict[str, str]:
    """``{address: the language that this person has chosen for the admin}``."""
    return {
        user.email.lower(): getattr(getattr(user, "wagtail_userprofile", None), "preferred_language", "")
        or settings.LANGUAGE_CODE
        for user in people
    }


class Writer:
    """Writes the emails about these leads; a text that cannot be filled in stands as it was typed."""

    def __init__(self, leads: list[Lead], text: str, cohort: Cohort):
        from .actions import default_site

        self.text, self.cohort = text, cohort
        self.site = cohort.site or default_site()
        self.template = liquid.parse(text) if liquid.has_expressions(text) else None
        names = {name.split(".")[0] for name in self.template.variables} if self.template else ()
        self.data = liquid.contexts(leads, names) if names else {}

    def write(self, lead: Lead, to: str, language: str, key: str) -> DirectMessage:
        """One email, not saved yet."""
        name = f"{key}:alert:{hashlib.sha256(to.encode()).hexdigest()[:12]}"
        identity = uuid.uuid4()
        with translation.override(language):
            who = " ".join(str(lead).split())
            facts = [(_("Email"), lead.email), (_("Phone"), lead.phone), (_("Company"), lead.company)]
            lines = [_("%(label)s: %(value)s") % {"label": a, "value": b} for a, b in facts if b]
            link = f"{settings.WAGTAILADMIN_BASE_URL.rstrip('/')}{lead_url(lead)}"
            parts = [self._own(lead), "\n".join([who, *lines]), link]
            subject = _("To look at: %(lead)s") % {"lead": who}
        return DirectMessage(
            key=name,
            uuid=identity,
            message_id=mime.message_id(identity, self.site),
            to=to,
            subject=subject[:250],
            text="\n\n".join(filter(None, parts)),
            site=self.site,
            origin=self.cohort.origin[:60],
            state=State.QUEUED,
            not_before=self.cohort.now,
            created_at=self.cohort.now,
        )

    def _own(self, lead: Lead) -> str:
        if self.template is None:
            return self.text
        try:
            return self.template.render(self.data[lead.pk], now=self.cohort.now)
        except liquid.TemplateError:
            return self.text
