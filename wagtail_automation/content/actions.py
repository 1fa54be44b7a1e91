"""Every mutation of content: making a form, taking its answers."""

import logging
import uuid
from contextlib import contextmanager
from datetime import datetime

from django.db import DatabaseError, IntegrityError, transaction
from django.utils import translation
from django.utils.translation import gettext
from wagtail.log_actions import log
from wagtail.models import Locale, Site

from wagtail_automation.content import elsewhere, file_field, tokens
from wagtail_automation.content.form_building import Answers
from wagtail_automation.content.landing import split
from wagtail_automation.content.lead_mapping import IDENTIFIERS
from wagtail_automation.content.models import Form, FormFile, FormSubmission
from wagtail_automation.leads import actions as leads
from wagtail_automation.leads import age, consent, opt_in
from wagtail_automation.leads.cohorts import LeadsCohort
from wagtail_automation.leads.models import Lead
from wagtail_automation.objects import MissingReference
from wagtail_automation.rules.binding import bind_many
from wagtail_automation.streams import UNKNOWN
from wagtail_automation.tracking import actions as tracking
from wagtail_automation.tracking import events

logger = logging.getLogger("wagtail_automation")


def create_form(*, name: str, locale: Locale, user) -> Form:
    """A form that asks for the email address, in the words of ``locale``. A repeat makes another one."""
    with translation.override(locale.language_code):
        label = gettext("Email address")
    question = {"label": label, "required": True, "field_key": "email", "lead_field": "email"}
    with transaction.atomic():
        form = Form.objects.create(
            name=name,
            locale=locale,
            fields=[{"type": "email", "id": str(uuid.uuid4()), "value": question}],
        )
        log(instance=form, action="wagtail.create", user=user)
    return form


def delete_answer(*, submission: FormSubmission, user=None) -> None:
    """Remove an answer and its files for good; what it did to the lead stays."""
    with transaction.atomic():
        if user is not None:
            log(
                submission.form, "wagtail_automation.answer_delete", user=user, data={"answer": submission.pk}
            )
        submission.delete()


def take_over(*, form: Form, posted, request=None, page=None, now: datetime) -> FormSubmission | None:
    """Store what was written into a form that is not ours, by the mapping of ``form``; None for nothing.

    It never raises for what somebody wrote: the other form has taken it already.
    """
    referer = request.headers.get("Referer", "") if request is not None else ""
    answers = elsewhere.read(form, posted, referer=referer)
    if answers is None:
        return None
    return submit_form(
        form=form,
        answers=answers,
        now=now,
        browser=getattr(request, "automation", None),
        site=Site.find_for_request(request) if request is not None else None,
        page=page,
        url=(page.get_url(request) or "") if page is not None else "",
    )


def submit_form(
    *,
    form: Form,
    answers: Answers,
    now: datetime,
    browser=None,
    site=None,
    page=None,
    token: tokens.Token | None = None,
    url: str = "",
) -> FormSubmission:
    """Store one answered form and everything that follows from it, in one transaction.

    The lead is identified (the browser's anonymous lead promoted or merged), consents go into the ledger,
    ``form_submitted`` is recorded, the form's actions run. ``browser`` is ``request.automation`` or None.
    The same answers of the same visitor to the same ``token`` are one submission, however often they come.
    """
    visitor = browser.visitor if browser is not None else None
    said = answers.data | {f"{name}:file": file_field.digest(one) for name, one in answers.files.items()}
    key = tokens.submission_key(token or tokens.make(form), getattr(visitor, "uuid", None), said)
    known = FormSubmission.objects.filter(key=key).first()
    if known is not None:
        return known
    try:
        with _files_or_nothing() as kept, transaction.atomic():
            return _store(form, answers, now, browser, visitor, site, page, key, url, kept)
    except IntegrityError:
        # Two identical requests at once: the other one has stored it.
        known = FormSubmission.objects.filter(key=key).first()
        if known is None:
            raise
        return known


@contextmanager
def _files_or_nothing():
    """Files written by a submission that fails after all are removed again."""
    kept = []
    try:
        yield kept
    except BaseException:
        for item in kept:
            item.file.storage.delete(item.file.name)
        raise


def _store(form, answers, now, browser, visitor, site, page, key, url, kept) -> FormSubmission:
    lead, is_identified = _lead(form, answers, now, visitor)
    for is_of_age, text in answers.ages:
        leads.record_consent(
            lead=lead, subject=consent.OF_AGE, granted=is_of_age, how="form", text=text, site=site, now=now
        )
    if (
        browser is not None
        and any(subject == "tracking" for subject, _text in answers.consents)
        and not age.is_under_age(lead, site=site, now=now)
    ):
        browser.choose("granted")
    if browser is not None and is_identified:
        visitor = browser.attach(lead, "identified")
        if visitor is not None:
            lead = visitor.lead
    if visitor is not None and visitor.lead_id != lead.pk:
        visitor = None
    submission = FormSubmission.objects.create(
        form=form, lead=lead, visitor=visitor, site=site, page=page, data=answers.data, at=now, key=key
    )
    for name, upload in answers.files.items():
        item = FormFile(submission=submission, field_key=name, name=upload.name, size=upload.size)
        item.file.save(upload.name, upload, save=False)
        kept.append(item)
        item.save()
    for subject, text in answers.consents:
        opt_in.ask(
            lead=lead,
            subject=subject,
            how="form",
            text=text,
            site=site,
            now=now,
            always=form.confirm_consents,
        )
    tracking.record_event(
        name=events.FORM_SUBMITTED,
        lead=lead,
        visitor=visitor,
        site=site,
        about=form,
        url=url,
        data={"submission": submission.pk},
        channel="web",
        at=now,
        key=f"form:{key}",
    )
    if page is not None:
        split.on_form(page, lead.pk, now)
    _run_actions(form, lead, submission, site, now)
    return submission


def _lead(form, answers, now, visitor) -> tuple[Lead, bool]:
    """``(lead, whether it said who it is)``. Without an address the answers stay with the browser's lead,
    or with a new anonymous one; a browser that was merely recognised changes nothing about a known lead."""
    source = f"form:{form.uuid}"
    fields = answers.lead_fields
    identifiers = {kind: fields[field] for field, kind in IDENTIFIERS.items() if field in fields}
    fields = {key: value for key, value in fields.items() if key not in IDENTIFIERS}
    own = visitor.lead if visitor is not None else None
    if identifiers:
        trusted = own is not None and (not own.is_known or visitor.level == "identified")
        lead = leads.identify(
            lead=own if trusted else None, identifiers=identifiers, fields=fields, source=source, now=now
        )
        return lead, True
    lead = own or leads.create_anonymous(now=now, source=source)
    if fields and (not lead.is_known or visitor.level == "identified"):
        leads.set_fields(lead=lead, fields=fields, source=source, now=now)
    return lead, False


def _run_actions(form, lead, submission, site, now) -> None:
    """The form's activities, each in a savepoint of its own: whatever is wrong with one – a deleted list,
    a fault of its app – must not lose what the visitor wrote. The fault is logged with its trace."""
    chosen = [(child.block, child.value) for child in form.actions if child.block_type != UNKNOWN]
    if not chosen:
        return
    cohort = LeadsCohort.of(lead, key=f"form:{submission.pk}", origin=f"form:{form.uuid}", now=now, site=site)
    raws = [(block, block.get_prep_value(value)) for block, value in chosen]
    for (block, _raw), value in zip(raws, bind_many(raws), strict=True):
        if isinstance(value, MissingReference):
            logger.error("Form %s: action %s refers to something deleted: %s", form.pk, block.key, value)
            continue
        try:
            with transaction.atomic():
                block.apply(value, cohort)
        except (DatabaseError, ArithmeticError, LookupError, TypeError, ValueError, AttributeError):
            logger.exception("Form %s: action %s failed", form.pk, block.key)
