"""What people do with whole lists: paste addresses, merge, filter, archive, hand over. All in sets."""

import datetime as dt
import re
from dataclasses import dataclass, field

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _
from wagtail.log_actions import log

from wagtail_automation.audiences import actions
from wagtail_automation.audiences.models import LeadList
from wagtail_automation.leads.cohorts import LeadsCohort
from wagtail_automation.leads.identifiers import normalise
from wagtail_automation.leads.models import Identifier
from wagtail_automation.rules.compiler import explain_failure
from wagtail_automation.rules.rule import Rule

from . import builtin, filling

#: Characters of one paste: some 40,000 addresses.
MAX_PASTED = 1_000_000
SEPARATORS = re.compile(r"[\s,;|<>\"'()\[\]]+")


@dataclass
class Pasted:
    """What became of pasted addresses, each once and as they were typed."""

    added: int = 0
    present: int = 0
    unknown: list[str] = field(default_factory=list)
    invalid: list[str] = field(default_factory=list)


def paste(*, lead_list: LeadList, text: str, now: dt.datetime, user=None, leads=None) -> Pasted:
    """Put the people with these addresses on a list; returns what became of each address.

    ``text``: addresses with anything between them, also ``Name <address>`` lines. Nobody is created: an
    address that no lead has is reported. ``leads``: the queryset of those that the user may see (an invisible
    lead's address is as unknown as nobody's). Raises ValidationError for too much text or a computed list.
    """
    builtin.refuse_computed(lead_list)
    if len(text) > MAX_PASTED:
        raise ValidationError(_("That is too much at once: import a file instead."), code="too_long")
    report, wanted = Pasted(), {}
    for word in SEPARATORS.split(text):
        if "@" not in word:
            continue  # a name beside the address
        word = word.strip(".:")
        try:
            wanted.setdefault(normalise("email", word), word)
        except ValidationError:
            if word not in report.invalid:
                report.invalid.append(word)
    owners = _owners(list(wanted), leads)
    report.unknown = [word for address, word in wanted.items() if address not in owners]
    people = set(owners.values())
    if people:
        cohort = LeadsCohort(sorted(people), key=f"user:{user.pk}" if user else "code", now=now, user=user)
        with transaction.atomic():
            report.added = len(actions.add_to_list(lead_list=lead_list, cohort=cohort))
            if report.added and user is not None:
                log(lead_list, "wagtail_automation.list_paste", user=user, data={"count": report.added})
    report.present = len(people) - report.added
    return report


def _owners(addresses: list[str], leads) -> dict[str, int]:
    """``{address: lead}`` in questions of a thousand."""
    found = {}
    for start in range(0, len(addresses), 1000):
        rows = Identifier.objects.filter(kind="email", value__in=addresses[start : start + 1000])
        if leads is not None:
            rows = rows.filter(lead__in=leads.order_by().values("pk"))
        found.update(rows.values_list("value", "lead_id"))
    return found


def merge(*, source: LeadList, target: LeadList, user=None) -> None:
    """Put the members of one list on another, soon, and archive the first: what refers to it goes on.

    Raises ValidationError for a list with itself, or when nobody can be put on the target.
    """
    if source.pk == target.pk:
        raise ValidationError(_("A list cannot be merged with itself."), code="same")
    with transaction.atomic():
        filling.fill(lead_list=target, source=filling.from_list(source), user=user)
        log(target, "wagtail_automation.list_merge", user=user, data={"from": str(source), "list": source.pk})
        if not source.builtin:
            set_archived(target=source, archived=True, user=user)


def filter_to_new(*, lead_list: LeadList, rule: Rule, name: str, user=None) -> LeadList:
    """A new list of the members who match a rule now; it is filled soon and does not follow later changes.

    Raises ValidationError for a rule that matches nobody.
    """
    if explain_failure(rule):
        raise ValidationError(_("This rule matches nobody: a condition is unfinished or unavailable."))
    return new_list(name=name, source=filling.from_rule(rule, lead_list), user=user)


def new_list(*, name: str, source: dict, user=None) -> LeadList:
    """A list made of the people whom a note of ``filling`` names."""
    with transaction.atomic():
        made = LeadList(name=name.strip())
        made.full_clean()
        made.save()
        log(made, "wagtail.create", user=user)
        filling.fill(lead_list=made, source=source, user=user)
    return made


def set_archived(*, target, archived: bool, user=None) -> bool:
    """Put a list or segment into the archive or take it out; False if it was so already.

    Members stay, and whatever uses it goes on: choosers and listings hide it.
    """
    if getattr(target, "builtin", ""):
        raise ValidationError(_("A list kept by the system stays where it is."), code="builtin")
    with transaction.atomic():
        rows = type(target).objects.filter(pk=target.pk, archived=not archived)
        changed = bool(rows.update(archived=archived))
        target.archived = archived
        if changed:
            name = "audience_archive" if archived else "audience_reactivate"
            log(target, f"wagtail_automation.{name}", user=user)
    return changed
