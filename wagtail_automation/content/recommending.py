"""Pages that may interest somebody, by the interests that their visits showed; a fallback for all others."""

import datetime as dt
import hashlib

from django.template.loader import render_to_string
from django.utils.translation import gettext_lazy as _
from wagtail import blocks
from wagtail.models import Page

from wagtail_automation import clock
from wagtail_automation.audiences.interests.fading import points_of
from wagtail_automation.audiences.interests.querysets import tags_of
from wagtail_automation.audiences.models import LeadInterest
from wagtail_automation.audiences.names import fold_name
from wagtail_automation.content import personal
from wagtail_automation.tracking import events
from wagtail_automation.tracking.models import Event

#: the newest pages that are looked at
CANDIDATES = 200
PICKED = "recommended"


def recommend(lead, *, root: Page | None, number: int, now: dt.datetime, without=()) -> list[Page]:
    """At most ``number`` public pages below ``root`` (or of the whole site) that fit the lead's interests and
    that they have not seen, the best first; of equals the newest. Empty when nothing is known of them.

    A constant number of queries: interests, sections, pages, tags for each kind of tag, and what was seen.
    """
    rows = LeadInterest.objects.filter(lead=lead).select_related("interest")
    strong = {}
    for row in rows.prefetch_related("interest__sections__page"):
        points = points_of(row.strength, now, row.interest.half_life_days)
        if points > 0:
            strong[row.interest] = points
    if not strong:
        return []
    pages = Page.objects.live().public().exclude(depth__lte=2).exclude(pk__in=list(without))
    if root is not None:
        pages = pages.descendant_of(root)
    pages = list(pages.order_by("-first_published_at", "-pk")[:CANDIDATES])
    tags: dict[int, set[str]] = {}
    for pk, name in tags_of([page.pk for page in pages]):
        tags.setdefault(pk, set()).add(fold_name(name))
    wanted = [
        (interest.tag_names(), tuple(s.page.path for s in interest.sections.all()), points)
        for interest, points in strong.items()
    ]
    worth = {
        page.pk: sum(
            points
            for names, paths, points in wanted
            if names & tags.get(page.pk, set()) or (paths and page.path.startswith(paths))
        )
        for page in pages
    }
    fitting = [page for page in pages if worth[page.pk] > 0]
    seen = set(
        Event.objects.filter(
            lead=lead,
            name=events.PAGE_VIEWED,
            object_key__in=[page.translation_key for page in fitting],
        ).values_list("object_key", flat=True)
    )
    fresh = [page for page in fitting if page.translation_key not in seen]
    return sorted(fresh, key=lambda page: -worth[page.pk])[:number]


class RecommendationsBlock(personal.PersonalBlock, blocks.StructBlock):
    """Pages for this visitor; everybody else sees the pages chosen, or the newest below the section."""

    heading = blocks.CharBlock(label=_("Heading"), required=False, max_length=120)
    number = blocks.IntegerBlock(label=_("How many"), default=3, min_value=1, max_value=12)
    root = blocks.PageChooserBlock(label=_("From the section"), required=False)
    fallback = blocks.ListBlock(
        blocks.PageChooserBlock(label=_("Page")), label=_("Pages for everybody else"), default=[]
    )

    class Meta:
        icon = "list-ul"
        label = _("Recommended pages")

    def personal_key(self, value, block_id):
        root = value.get("root")
        said = f"{value.get('heading')}|{value.get('number')}|{getattr(root, 'pk', '')}"
        return "rec-" + hashlib.sha256(said.encode()).hexdigest()[:20]

    def choice(self, person, value):
        return ("", False) if person.lead is None or not self._picked(person, value) else (PICKED, False)

    def render_for(self, person, value, context):
        picked = self._picked(person, value, context.get("page")) if person.lead is not None else []
        return (self._html(value, picked, context), PICKED) if picked else None

    def render_fallback(self, value, context):
        number = value.get("number") or 3
        chosen = [page for page in value.get("fallback") or () if page is not None and page.live][:number]
        if not chosen:
            root, own = value.get("root"), getattr(context.get("page"), "pk", 0)
            pages = Page.objects.live().public().exclude(depth__lte=2).exclude(pk=own)
            pages = pages.descendant_of(root) if root is not None else pages
            chosen = list(pages.order_by("-first_published_at", "-pk")[:number])
        return self._html(value, chosen, context)

    def _picked(self, person, value, page=None):
        """Asked once for each person and block."""
        kept = person.__dict__.setdefault("_recommended", {})
        key = self.personal_key(value, None)
        if key not in kept:
            number = value.get("number") or 3
            without = [page.pk] if page is not None and page.pk else []
            kept[key] = recommend(
                person.lead, root=value.get("root"), number=number, now=clock.now(), without=without
            )
        return kept[key]

    def _html(self, value, pages, context):
        request = context.get("request")
        rows = [(page, page.get_url(request)) for page in pages]
        return render_to_string(
            "wagtail_automation/content/recommended.html", {"heading": value.get("heading"), "pages": rows}
        )
