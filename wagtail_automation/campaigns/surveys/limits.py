"""Nobody is asked the same again too soon: who got a survey, or answered it, within so many days."""

import datetime as dt

from django.contrib.contenttypes.models import ContentType
from django.db.models import Exists, OuterRef, Value
from django.db.models.functions import Left, StrIndex
from wagtail.models import ReferenceIndex

from wagtail_automation.content.surveys.models import Survey, SurveyAnswer
from wagtail_automation.leads.models import Lead
from wagtail_automation.messaging.models import Email, Message
from wagtail_automation.outbox import State

ASKED_LATELY = "survey_asked_lately"
OUT_OF_HAND = (State.QUEUED, State.IN_HAND, State.SENT, State.DOUBTFUL)


def emails_with(survey) -> set:
    """Translation keys of the emails that carry this survey in any language. Two queries."""
    surveys = Survey.objects.filter(translation_key=survey.key).values_list("pk", flat=True)
    types = ContentType.objects.get_for_models(Survey, Email)
    carriers = ReferenceIndex.objects.filter(
        base_content_type=types[Email],
        to_content_type=types[Survey],
        to_object_id__in=[str(pk) for pk in surveys],
    )
    pks = {int(pk) for pk in carriers.values_list("object_id", flat=True)}
    return set(Email.objects.filter(pk__in=pks).values_list("translation_key", flat=True))


def asked_lately(survey, email, leads: list[int], now: dt.datetime, days: int) -> set[int]:
    """Those of these leads who would not be asked now. For the dry run."""
    emails, since = emails_with(survey) | {email.key}, now - dt.timedelta(days=days)
    asked = Exists(_sent("pk", emails, since)) | Exists(_answered("pk", survey, since))
    return set(Lead.objects.filter(asked, pk__anyof=leads).order_by().values_list("pk", flat=True))


def _answered(lead: str, survey, since: dt.datetime):
    return SurveyAnswer.objects.filter(survey_key=survey.key, lead=OuterRef(lead), at__gt=since).order_by()


def _sent(lead: str, emails: set, since: dt.datetime):
    """Messages to the lead of the outer row, sent or on their way."""
    return Message.objects.filter(
        lead=OuterRef(lead),
        email_version__translation_key__in=emails,
        state__in=OUT_OF_HAND,
        created_at__gt=since,
    ).order_by()


def hold_back(*, survey, email, cohort, days: int) -> int:
    """Of the messages that this cohort has just queued, those are not sent whose person was asked, or
    answered, within so many days; returns how many. A reminder in the same passage through a campaign is no
    repeat.

    Two statements and those that name the emails, for any number of people.
    """
    emails, since = emails_with(survey) | {email.key}, cohort.now - dt.timedelta(days=days)
    queued = Message.objects.filter(
        origin=cohort.origin[:60],
        created_at=cohort.now,
        state=State.QUEUED,
        email_version__translation_key=email.key,
        lead__in=cohort.lead_ids(),
    ).annotate(passage=Left("key", StrIndex("key", Value(":"))))
    earlier = _sent("lead", emails, since).exclude(pk=OuterRef("pk"))
    if cohort.origin.startswith("campaign:"):  # keys are c<enrollment>:<visit>:…
        earlier = earlier.exclude(key__startswith=OuterRef("passage"))
    is_held = Exists(earlier) | Exists(_answered("lead", survey, since))
    pks = list(queued.filter(is_held).values_list("pk", flat=True))
    return Message.objects.filter(pk__anyof=pks).update(state=State.SKIPPED, reason=ASKED_LATELY)
