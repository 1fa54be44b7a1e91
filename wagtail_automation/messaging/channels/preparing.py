"""From messages in hand to what is handed to the gateway, or the reason why not – for a whole batch."""

from wagtail_automation import clock, liquid
from wagtail_automation.leads import suppression
from wagtail_automation.leads.models import ConsentState, Lead
from wagtail_automation.messaging import rendering, targets
from wagtail_automation.messaging.preparing import Prepared, Refusal, Sites, put_off
from wagtail_automation.messaging.recipients import paused_leads
from wagtail_automation.outbox import State

from . import rendering as own_rendering
from .models import Channel, ChannelMessage, ChannelVersion
from .registry import Outgoing


class ChannelPreparer:
    """Messages over one channel. Consent, suppression and the person's address are asked now, in a constant
    number of queries for a batch."""

    model = ChannelMessage
    result_fields = ("content", "targets", "address", "provider_id")
    settled_fields = ("id",)

    def __init__(self, channel: Channel | None):
        self.channel = channel
        self.handler = channel.handler if channel is not None and channel.is_active else None

    def prepare(self, rows: list[ChannelMessage]) -> dict:
        """``{pk: Prepared or Refusal}``."""
        versions = ChannelVersion.objects.in_bulk({row.version_id for row in rows})
        leads = {lead.pk: lead for lead in Lead.objects.filter(pk__in={row.lead_id for row in rows})}
        for row in rows:
            row.version = versions[row.version_id]
            row.lead = leads.get(row.lead_id) or Lead(pk=row.lead_id)  # deleted a moment ago
        refusals = self._refusals(rows, leads)
        refusals |= put_off([row for row in rows if refusals[row.pk] is None])
        going = [row for row in rows if refusals.get(row.pk) is None]
        data, sites = self._data(going), Sites()
        return {row.pk: refusals.get(row.pk) or self._build(row, data, sites) for row in rows}

    def _refusals(self, rows, leads) -> dict[int, Refusal | None]:
        if self.handler is None:
            return {row.pk: Refusal("no_channel", State.FAILED) for row in rows}
        medium = self.channel.medium
        self._addresses = self.handler.addresses(list(leads.values()))
        numbers = {address for address in self._addresses.values() if isinstance(address, str)}
        suppressed = suppression.suppressed("phone", numbers)
        states = ConsentState.objects.filter(lead__in=leads, subject=medium).values_list("lead_id", "granted")
        granted = dict(states)
        paused = paused_leads(leads)
        found = {row.pk: self._refuse(row, granted, suppressed) for row in rows}
        return {
            row.pk: found[row.pk] or (Refusal("paused") if row.lead_id in paused else None) for row in rows
        }

    def _refuse(self, row, granted: dict[int, bool], suppressed: set[str]) -> Refusal | None:
        address = self._addresses.get(row.lead_id)
        if row.version.is_retired:
            return Refusal("text_unpublished")
        if not address:
            return Refusal("no_number")
        if isinstance(address, str) and address in suppressed:
            return Refusal("suppressed")
        if row.lead_id not in granted:
            return Refusal("consent_missing")
        if not granted[row.lead_id]:
            return Refusal("channel_refused")
        return None

    def _data(self, rows) -> dict[int, dict]:
        names: set[str] = set()
        for version in {row.version for row in rows}:
            try:
                names |= rendering.names_in(*version.content.values(), *targets.templates(version.links))
            except liquid.TemplateError:
                continue  # told for each of its messages when it is rendered
        return liquid.contexts({row.lead.pk: row.lead for row in rows}.values(), names)

    def _build(self, row, data: dict, sites: Sites) -> Prepared | Refusal:
        site, own, now = sites.get(row.version.site_id), data.get(row.lead_id, {}), clock.now()
        try:
            content = own_rendering.render(row.version, data=own, message_pk=row.pk, site=site, now=now)
            row.leads_to = own_rendering.targets_for(row.version, data=own, site=site, now=now)
        except ValueError as error:  # TemplateError is one
            return Refusal("cannot_be_built", State.FAILED, rendering.one_line(str(error))[:255])
        if not any(content.values()):
            return Refusal("text_empty")
        address = self._addresses[row.lead_id]
        row.address = address[:60] if isinstance(address, str) else ""
        return Prepared(Outgoing(address, self.handler.finish(content), str(row.uuid)))

    def sent(self, row, prepared: Prepared) -> None:
        row.content, row.targets = prepared.email.content, row.leads_to


def refusals(message_key, leads: list[int]) -> dict[int, str]:
    """``{lead: code}`` of those to whom a message would not be handed over as things are: for the dry run."""
    versions = ChannelVersion.objects.newest_by_language(message_key)
    if not versions:
        return dict.fromkeys(leads, "text_unpublished")
    version = versions[0]
    channel = version.channel or Channel.objects.for_medium(version.medium)
    people = {lead.pk: lead for lead in Lead.objects.filter(pk__anyof=leads)}
    rows = [ChannelMessage(pk=pk, lead=lead, version=version) for pk, lead in people.items()]
    found = ChannelPreparer(channel)._refusals(rows, people)
    return {pk: refusal.reason for pk, refusal in found.items() if refusal is not None}
