"""The limits that hold for a message, for whoever hands it over (``wagtail_automation.contact``)."""

import datetime as dt
from collections import Counter

from django.db.models import Count
from wagtail.models import Site

from wagtail_automation import contact
from wagtail_automation.campaigns import calendar

from .models import ContactSettings
from .rules import NONE, ContactRules

PREFIX = "campaign:"
#: what the limits hold for: everything that no act of the person asked for
LIMITED = (PREFIX, "newsletter:")


def site_rules() -> ContactRules:
    """The rules of the default site; none where nobody has set any."""
    found = ContactSettings.objects.filter(site__is_default_site=True).first()
    return found.contact_rules() if found else NONE


def _of_sites() -> tuple[dict[int, ContactRules], ContactRules]:
    """``({site: rules}, those of the default site)``."""
    rules = {row.site_id: row.contact_rules() for row in ContactSettings.objects.all()}
    default = (
        Site.objects.filter(is_default_site=True).values_list("pk", flat=True).first() if rules else None
    )
    return rules, rules.get(default, NONE)


def _of_campaigns(origins: set[str]) -> dict[str, ContactRules]:
    """Campaigns with limits of their own, or with none."""
    from wagtail_automation.campaigns.models import Campaign  # reads this package's models

    pks = [int(origin.removeprefix(PREFIX)) for origin in origins if origin.removeprefix(PREFIX).isdigit()]
    rows = Campaign.objects.filter(pk__in=pks).values_list("pk", "current_version__rules")
    return {
        f"{PREFIX}{pk}": ContactRules.of(rules["limits"]) for pk, rules in rows if rules and "limits" in rules
    }


class CampaignJudge(contact.Judge):
    """Quiet hours and closed days for messages of campaigns and newsletters, in three queries at most, and
    the cap for those that no campaign screened.

    What other origins send – a form's answer – answers an act of the person.
    """

    def __init__(self):
        self._memory: dict | None = None

    def for_a_moment(self):
        brief = CampaignJudge()
        brief._memory = {}
        return brief

    def _remembered(self, key, ask):
        """The answer to a question, asked once by a judge for a moment."""
        if self._memory is None:
            return ask()
        if key not in self._memory:
            self._memory[key] = ask()
        return self._memory[key]

    def allowed_from(self, recipients, now):
        origins = {person.origin for person in recipients if person.origin.startswith(LIMITED)}
        if not origins:
            return [now] * len(recipients)
        own = self._remembered(frozenset(origins), lambda: _of_campaigns(origins))
        sites, default = self._remembered("sites", _of_sites)
        here = calendar.site_zone()
        known: dict[tuple, object] = {}
        allowed = []
        for person in recipients:
            rules = own.get(person.origin) or sites.get(person.site, default)
            if person.origin not in origins or not rules.has_hours:
                allowed.append(now)
                continue
            place = (rules, person.zone, person.country)
            if place not in known:
                tz = calendar.zone(person.zone) or here
                known[place] = rules.next_moment(now, tz, person.country)[0]
            allowed.append(known[place])
        return allowed

    def over_cap(self, recipients, now):
        sites, default = _of_sites()
        groups: dict[tuple[int, int], list[int]] = {}
        for person in recipients:
            rules = sites.get(person.site, default)
            if rules.cap:
                groups.setdefault((rules.cap, rules.cap_days), []).append(person.lead)
        return {
            lead
            for (cap, days), leads in groups.items()
            for lead, messages in _written_to(leads, now - dt.timedelta(days=days)).items()
            if messages >= cap
        }


def _written_to(leads: list[int], since: dt.datetime) -> Counter:
    """``{lead: messages}`` since then, over all channels; a query for each."""
    found: Counter = Counter()
    for source in contact.sources():
        rows = source.recent(since).filter(lead_id__anyof=leads).order_by()
        found.update(dict(rows.values_list("lead_id").annotate(number=Count("pk"))))
    return found


contact.register_judge(CampaignJudge())
