"""Who answers by a link of an email: a signed word for the lead, good for any survey."""

import re
import uuid

from django.core.signing import BadSignature, Signer

from wagtail_automation import liquid
from wagtail_automation.leads.models import Lead, MergedLead

_SHAPE = re.compile(r"[0-9a-f]{32}~[\w-]{20,60}")


def _signer() -> Signer:
    return Signer(salt="wagtail_automation.content.surveys", sep="~")


def make(lead: Lead) -> str:
    """The word for this lead."""
    return _signer().sign(lead.uuid.hex)


def read(text: str) -> Lead | None:
    """The lead, or the survivor of its merge; None for what is not ours or for somebody who is gone."""
    if not _SHAPE.fullmatch(text):
        return None
    try:
        known = uuid.UUID(hex=_signer().unsign(text))
    except (BadSignature, ValueError):
        return None
    lead = Lead.objects.filter(uuid=known).first()
    if lead is None:
        merged = MergedLead.objects.filter(old_uuid=known).select_related("lead").first()
        lead = merged.lead if merged else None
    return lead


@liquid.register_object("survey")
def survey_data(leads: list[Lead]) -> dict[int, dict]:
    """``{{ survey.token }}``: stands in the links of survey blocks in emails. No query."""
    return {lead.pk: {"token": make(lead) if lead.uuid else ""} for lead in leads}
