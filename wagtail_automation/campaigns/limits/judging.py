"""The site's rules, for whoever hands messages over (``wagtail_automation.contact``)."""

from wagtail.models import Site

from wagtail_automation import contact
from wagtail_automation.campaigns import calendar

from .models import ContactSettings
from .rules import NONE, ContactRules


def site_rules(site: Site | None = None) -> ContactRules:
    """The rules of a site, else of the default one; none where nobody has set any."""
    rows = (
        ContactSettings.objects.filter(site=site)
        if site
        else ContactSettings.objects.filter(site__is_default_site=True)
    )
    found = rows.first()
    return found.contact_rules() if found else NONE


class SiteJudge(contact.Judge):
    """Quiet hours and closed days at hand-over; two queries at most for any number of people."""

    def allowed_from(self, people, site, now):
        rules = site_rules(site)
        if not rules.has_hours:
            return {lead: now for lead, _zone, _country in people}
        here, known = calendar.site_zone(), {}
        result = {}
        for lead, name, country in people:
            place = (name, country)
            if place not in known:
                known[place] = rules.next_moment(now, calendar.zone(name) or here, country)[0]
            result[lead] = known[place]
        return result


contact.register_judge(SiteJudge())
