"""Taking answers, and what a merge does with them."""

import datetime as dt
import uuid

from django.db import transaction

from wagtail_automation.leads.models import Lead
from wagtail_automation.tracking import actions as tracking

from .events import SURVEY_ANSWERED
from .models import Survey, SurveyAnswer

#: within this time a person who answers again changes the answer
CHANGES = dt.timedelta(days=1)


def answer(
    *,
    survey: Survey,
    answers: dict[str, tuple[int | None, str]],
    now: dt.datetime,
    lead: Lead | None = None,
    response: uuid.UUID | None = None,
    visitor=None,
    site=None,
    channel: str = "web",
) -> uuid.UUID:
    """Store ``{key of the question: (number, text)}``; returns the response they belong to.

    A known person's answers of the last day are changed instead of given twice; an unknown one's, those of
    ``response``. Questions left out keep what was answered; the event is recorded when something changed.
    """
    kinds = {key: block.key for key, block, _value in survey.asked()}
    given = {key: said for key, said in answers.items() if key in kinds and said != (None, "")}
    with transaction.atomic():
        if lead is not None:
            mine = SurveyAnswer.objects.filter(
                survey_key=survey.translation_key, lead=lead, at__gt=now - CHANGES
            )
            response = mine.values_list("response", flat=True).first()
        rows = list(SurveyAnswer.objects.filter(response=response)) if response else []
        if any(row.lead_id != (lead.pk if lead else None) or row.survey_id != survey.pk for row in rows):
            rows, response = [], None
        known = {row.question: row for row in rows}
        response = response or uuid.uuid4()
        changed = False
        for key, (number, text) in given.items():
            row = known.get(key) or SurveyAnswer(
                survey=survey,
                survey_key=survey.translation_key,
                lead=lead,
                response=response,
                question=key,
                channel=channel,
            )
            if row.pk and (row.number, row.text) == (number, text):
                continue
            row.kind, row.number, row.text, row.at, row.is_latest = kinds[key], number, text, now, True
            row.save()
            changed = True
            if lead is not None:
                older = SurveyAnswer.objects.filter(
                    survey_key=survey.translation_key, lead=lead, question=key, is_latest=True
                )
                older.exclude(pk=row.pk).update(is_latest=False)
        if changed and lead is not None:
            tracking.record_event(
                name=SURVEY_ANSWERED,
                lead=lead,
                visitor=visitor,
                site=site,
                about=survey,
                data={"response": response.hex},
                channel=channel,
                at=now,
            )
    return response


def merge_answers(source: Lead, target: Lead) -> None:
    """Merge handler: the answers go to the survivor; of each question the last one counts."""
    moved = SurveyAnswer.objects.filter(lead_id=source.pk).update(lead_id=target.pk)
    if not moved:
        return
    seen, older = set(), []
    rows = SurveyAnswer.objects.filter(lead_id=target.pk, is_latest=True).order_by("-at", "-pk")
    for pk, key, question in rows.values_list("pk", "survey_key", "question"):
        if (key, question) in seen:
            older.append(pk)
        seen.add((key, question))
    SurveyAnswer.objects.filter(pk__anyof=older).update(is_latest=False)
