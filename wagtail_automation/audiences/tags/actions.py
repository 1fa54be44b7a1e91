"""Putting tags on leads and taking them off, for a cohort and for one; making tags by name."""

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils.translation import gettext as _
from wagtail.log_actions import log

from wagtail_automation import signals, sql
from wagtail_automation.audiences.names import fold_name
from wagtail_automation.audiences.querysets import not_yet_in
from wagtail_automation.cohorts import Cohort
from wagtail_automation.leads.cohorts import LeadsCohort

from .models import LeadTag, Tag

#: Tags made by one act: a text pasted into the wrong field must not make thousands.
MAX_AT_ONCE = 20


def tags_named(*, names: str, create: bool = False) -> list[Tag]:
    """The tags of a text with commas, in its order, made where ``create`` allows it.

    Raises ValidationError for an empty text, unknown names that may not be made, names that are too long,
    and more than ``MAX_AT_ONCE``.
    """
    wanted = {fold_name(name): " ".join(name.split()) for name in names.split(",") if fold_name(name)}
    if not wanted:
        raise ValidationError(_("Type at least one tag."), code="required")
    if len(wanted) > MAX_AT_ONCE:
        raise ValidationError(_("At most %(number)s tags at once.") % {"number": MAX_AT_ONCE}, code="many")
    found = {tag.folded: tag for tag in Tag.objects.filter(folded__in=wanted)}
    missing = [name for folded, name in wanted.items() if folded not in found]
    if missing and not create:
        raise ValidationError(_("There is no tag “%(name)s”.") % {"name": missing[0][:80]}, code="unknown")
    made = [Tag(name=name) for name in missing]
    for tag in made:
        tag.full_clean()
    for tag in made:
        try:
            with transaction.atomic():
                tag.save()
        except IntegrityError:  # somebody else made it just now
            tag = Tag.objects.get(folded=tag.folded)
        found[tag.folded] = tag
    return [found[folded] for folded in wanted]


def add_tags(*, tags, cohort: Cohort) -> dict[int, list[int]]:
    """Put tags (or their Refs) on the cohort; returns, by tag, who got it. A repeat adds nobody."""
    joined = {}
    with transaction.atomic():
        for tag in sorted(tags, key=lambda tag: tag.pk):
            joined[tag.pk] = sql.insert_select(
                LeadTag,
                {
                    "tag": tag.pk,
                    "lead": F("cohort_lead"),
                    "added_at": cohort.now,
                    "origin": cohort.origin[:80],
                },
                not_yet_in(cohort.rows(), LeadTag.objects.filter(tag_id=tag.pk), "cohort_lead"),
                ignore_conflicts=True,
                returning="lead",
            )
            _tell(tag, joined[tag.pk], cohort.now)
    return joined


def remove_tags(*, tags, cohort: Cohort) -> dict[int, list[int]]:
    """Take tags off the cohort; returns, by tag, whom it was taken off."""
    left = {}
    with transaction.atomic():
        for tag in sorted(tags, key=lambda tag: tag.pk):
            left[tag.pk] = LeadTag.objects.filter(tag_id=tag.pk).take_away(cohort.lead_ids())
            _tell(tag, left[tag.pk], cohort.now)
    return left


def tag_lead(*, lead, tags, now, user=None, origin: str = "") -> bool:
    """Put tags on one lead; False if it had them all. An act of a person is logged."""
    joined = add_tags(tags=tags, cohort=_alone(lead, now, user, origin))
    names = [tag.name for tag in tags if joined[tag.pk]]
    if names and user is not None:
        log(lead, "wagtail_automation.tag_add", user=user, data={"tags": names})
    return bool(names)


def untag_lead(*, lead, tags, now, user=None, origin: str = "") -> bool:
    """Take tags off one lead; False if it had none of them. An act of a person is logged."""
    left = remove_tags(tags=tags, cohort=_alone(lead, now, user, origin))
    names = [tag.name for tag in tags if left[tag.pk]]
    if names and user is not None:
        log(lead, "wagtail_automation.tag_remove", user=user, data={"tags": names})
    return bool(names)


def merge_tags(source, target) -> None:
    """Merge handler: the survivor has every tag either had, once."""
    theirs = LeadTag.objects.filter(lead_id=source.pk)
    moved = list(theirs.values_list("tag_id", flat=True))
    if not moved:
        return
    theirs.filter(tag_id__in=LeadTag.objects.filter(lead_id=target.pk).values("tag_id")).erase()
    LeadTag.objects.filter(lead_id=source.pk).update(lead_id=target.pk)


def _alone(lead, now, user, origin) -> LeadsCohort:
    return LeadsCohort.of(lead, key=origin or (f"user:{user.pk}" if user else "code"), now=now, user=user)


def _tell(tag, ids: list[int], now) -> None:
    if ids:
        facts = frozenset({"tag", f"tag:{tag.pk}"})
        signals.facts_changed.send(sender=LeadTag, leads=ids, facts=facts, now=now)
