"""Every question about landing pages to the database."""

from django.db import models
from django.db.models import Count, Exists, OuterRef, Subquery

from wagtail_automation import objects


class LandingTemplateQuerySet(models.QuerySet):
    """Templates."""

    def selectable(self):
        return self.filter(is_published=True)


def views_of(page, since):
    """Views of the page and its translations since ``since``, each with where the visit came from."""
    from wagtail_automation.tracking import events
    from wagtail_automation.tracking.models import Event

    ref = objects.ref_of(page)
    found = Event.objects.filter(
        name=events.PAGE_VIEWED, object_kind=ref.kind, object_key=ref.key, human=True, at__gte=since
    )
    return _with_source(found)


def _with_source(rows):
    from wagtail_automation.tracking.models import Visit

    visit = Visit.objects.filter(visitor=OuterRef("visitor"), started_at__lte=OuterRef("at")).order_by(
        "-started_at"
    )
    return rows.annotate(
        came_from=Subquery(visit.values("source")[:1]),
        came_by=Subquery(visit.values("medium")[:1]),
        came_for=Subquery(visit.values("campaign")[:1]),
    )


def by_source(page, since) -> list[dict]:
    """Source, medium, campaign, views, people and senders, most people first. Two queries."""
    from wagtail_automation.content.models import FormSubmission

    names = ("came_from", "came_by", "came_for")
    seen = views_of(page, since).order_by().values(*names)
    rows = list(seen.annotate(views=Count("pk"), people=Count("lead", distinct=True)))
    sent = _with_source(FormSubmission.objects.filter(page_id__in=_pages(page), at__gte=since))
    senders = {
        tuple(row[name] or "" for name in names): row["people"]
        for row in sent.order_by().values(*names).annotate(people=Count("lead", distinct=True))
    }
    for row in rows:
        row["senders"] = senders.get(tuple(row[name] or "" for name in names), 0)
    return sorted(rows, key=lambda row: (-row["people"], -row["views"], row["came_from"] or ""))


def _pages(page):
    from wagtail.models import Page

    return Page.objects.filter(translation_key=page.translation_key).values("pk")


def totals(page, since) -> dict:
    """Views, people, people who sent a form of the page. Two queries."""
    from wagtail_automation.content.models import FormSubmission

    found = views_of(page, since).order_by()
    answered = FormSubmission.objects.filter(page_id__in=_pages(page), at__gte=since)
    counts = found.aggregate(views=Count("pk"), people=Count("lead", distinct=True))
    return counts | answered.aggregate(senders=Count("lead", distinct=True))


def goals_after(page, since) -> list[dict]:
    """Goals with how many people reached them after they had seen the page, most first. One query."""
    from wagtail_automation.audiences.models import GoalReach

    seen = views_of(page, since).filter(lead=OuterRef("lead"), at__lte=OuterRef("at"))
    reached = GoalReach.objects.filter(at__gte=since).filter(Exists(seen))
    rows = reached.order_by().values("goal__name", "goal__pk").annotate(people=Count("lead", distinct=True))
    return sorted(rows, key=lambda row: (-row["people"], row["goal__name"]))
