"""Which parts of a page a visitor sees: keys, rules of a whole page answered at once, two ways to deliver.

``PERSONALISE = "fragment"`` (default): the page carries what everybody sees; one request to
``fragments/<page>/`` brings the rest to visitors who consented, so the page itself may sit in any cache.
``"server"``: chosen while the page is rendered; such a page is private and varies by cookie.
A rule that is empty, broken, unknown or asks about something deleted matches nobody.
"""

import hashlib
import logging
from dataclasses import dataclass

from django.templatetags.static import static
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from wagtail import blocks
from wagtail.fields import StreamField

from wagtail_automation import conf, liquid, objects
from wagtail_automation.audiences.dynamic.choosing import is_held_back
from wagtail_automation.content import as_lead, deciding
from wagtail_automation.content.showing.tokens import Shown
from wagtail_automation.leads.models import Lead
from wagtail_automation.rules.rule import Rule
from wagtail_automation.sanitize import clean_html

logger = logging.getLogger(__name__)

#: name of the person among a template's variables while personal parts are rendered in place
PERSON = "wa_person"
PREVIEW_PREFIX = "wa-alternative:"
PREVIEW_LEAD = "wa-as-lead"


@dataclass(frozen=True)
class Alternative:
    """``id``: the UUID of its list item."""

    id: str
    name: str
    rule: Rule


class Person:
    """One visitor, with the answers of the rules asked so far. Rules of a page are asked together, once."""

    def __init__(self, automation=None, page=None):
        self.lead = getattr(automation, "lead", None)
        self.is_identified = self.lead is not None and automation.level == "identified"
        self.page = page
        self._answers: dict[str, bool] = {}
        self._is_page_asked = page is None

    @classmethod
    def of_lead(cls, lead: Lead, page=None) -> "Person":
        """Somebody whom an editor wants to see the page as."""
        person = cls(page=page)
        person.lead, person.is_identified = lead, lead.is_known
        return person

    def first_match(self, alternatives: list[Alternative]) -> Alternative | None:
        """The first whose rule matches; None for unknown visitors."""
        if self.lead is None:
            return None
        if not self._is_page_asked:
            self._is_page_asked = True
            self.ask([one.rule for part in parts(self.page) for one in part.block.alternatives(part.value)])
        self.ask([one.rule for one in alternatives])
        return next((one for one in alternatives if self._answers[deciding.text_of(one.rule)]), None)

    def ask(self, rules: list[Rule]) -> None:
        """Answer what has not been answered: at most two queries, whatever the number of rules."""
        new = {deciding.text_of(rule): rule for rule in rules}
        new = {text: rule for text, rule in new.items() if text not in self._answers}
        if new:
            self._answers |= zip(new, deciding.answer(new, self.lead), strict=True)


def person_of(request, page=None) -> Person:
    """The visitor behind a request, made once; runs no query for someone unknown."""
    person = getattr(request, "_wa_person", None)
    if person is None:
        person = request._wa_person = Person(getattr(request, "automation", None), page)
    return person


class PersonalBlock:
    """What personal blocks share: where the chosen part is rendered."""

    for_identified_only = False
    #: the element around what is fetched; "span" inside a heading or paragraph
    fragment_tag = "div"
    #: who sees what is drawn by lot; no rule says it
    is_drawn = False

    def personal_key(self, value, block_id) -> str:
        """Names this block on its page; empty: nothing personal in it."""
        raise NotImplementedError

    def alternatives(self, value) -> list[Alternative]:
        """What rules choose from."""
        return []

    def holdout(self, value) -> int:
        """Percent of those who match that see the fallback all the same."""
        return 0

    def place_name(self, number: int) -> str:
        """What it is called among the personal parts of a page, numbered from 1."""
        return _("Dynamic content %(number)d") % {"number": number}

    def results_url(self, value, page) -> str:
        """Where its figures stand in the admin; "" for the usual place."""
        return ""

    def about(self, value, page):
        """What events about this part are about: an object, or None."""
        return page

    def choice(self, person: Person, value) -> tuple[str, bool]:
        """``(id of the alternative, held back)``; an empty id: they match none."""
        chosen = person.first_match(self.alternatives(value))
        if chosen is None:
            return "", False
        key = self.personal_key(value, None)
        return chosen.id, is_held_back(person.lead.bucket, key, self.holdout(value))

    def shown(self, person: Person, value, page) -> Shown | None:
        """What this person is shown here, for counting; None where nothing is counted."""
        if person.lead is None or self.for_identified_only:
            return None
        alternative, is_held = self.choice(person, value)
        ref = objects.ref_of(about) if (about := self.about(value, page)) is not None else None
        return Shown(
            lead=person.lead.pk,
            key=self.personal_key(value, None),
            alternative=alternative,
            is_held_back=is_held,
            page=getattr(page, "pk", None),
            kind=ref.kind if ref else None,
            about=ref.key.hex if ref else "",
        )

    def nested(self, value):
        """``(block, value)`` of what everybody else sees, in which other personal blocks may stand."""
        return ()

    def render_fallback(self, value, context) -> str:
        raise NotImplementedError

    def render_alternative(self, value, alternative_id, context) -> str:
        return self.render_fallback(value, context)

    def render_for_lead(self, value, lead, context) -> str:
        return self.render_fallback(value, context)

    def render_for(self, person: Person, value, context) -> tuple[str, str] | None:
        """``(HTML, id of the alternative)`` for this person; None: they see the fallback."""
        if self.for_identified_only:
            return (self.render_for_lead(value, person.lead, context), "") if person.is_identified else None
        chosen, is_held = self.choice(person, value)
        if not chosen or is_held:
            return None
        return self.render_alternative(value, chosen, context), chosen

    def render(self, value, context=None):
        context = dict(context or {})
        # Each child of the alternatives is to find its own id here, not that of this block.
        block_id = context.pop("id", None)
        request, page = context.get("request"), context.get("page")
        if block_id is None and page is not None:
            block_id = _id_on(page, value)  # Wagtail before 8 does not tell it
        key = self.personal_key(value, block_id)
        if not key or request is None:
            return self.render_fallback(value, context)
        if getattr(request, "is_preview", False):
            return self.render_preview(value, request, context)
        if PERSON in context:
            return self._render_in_place(context[PERSON], value, context)
        if conf.get("PERSONALISE") == "server":
            return self._render_counted(person_of(request, page), value, request, page, context)
        return self._render_placeholder(key, value, request, page, context)

    def render_preview(self, value, request, context):
        """In the editor's preview: the alternative of the chosen preview mode, else the fallback."""
        lead = getattr(request, "wa_preview_lead", None)
        if lead is not None:
            return self._render_in_place(Person.of_lead(lead), value, context)
        wanted = getattr(request, "wa_preview_alternative", "")
        if wanted in {one.id for one in self.alternatives(value)}:
            return self.render_alternative(value, wanted, context)
        return self.render_fallback(value, context)

    def _render_in_place(self, person, value, context):
        found = self.render_for(person, value, context)
        return self.render_fallback(value, context) if found is None else found[0]

    def _render_counted(self, person, value, request, page, context):
        """On the server: what this person sees, with what the page's script reports of it. A part inside an
        alternative is not counted by itself, as where parts are fetched."""
        shown = self.shown(person, value, page)
        found = self.render_for(person, value, {**context, PERSON: person})
        html = self.render_fallback(value, context) if found is None else found[0]
        if shown is None:
            return html
        return format_html('<div data-wa-seen="{}">{}</div>{}', str(shown), html, watcher(request))

    def _render_placeholder(self, key, value, request, page, context):
        fallback = self.render_fallback(value, context)
        if page is not None and (not page.pk or not page.live):
            return fallback
        name = self.shared_name(value, page)
        if page is None and not name:
            return fallback
        more = format_html(' data-wa-shared="{}"', name) if name else ""
        return format_html(
            '<{0} data-wa-fragment="{1}"{2}>{3}</{0}>{4}',
            self.fragment_tag,
            key,
            more,
            fallback,
            loader(request, page),
        )

    def shared_name(self, value, page) -> str:
        """The signed name of what does not stand in a StreamField of the page; "" for what does."""
        return ""


def loader(request, page) -> str:
    """The script that fetches the personal parts, once a page; it asks only where consent was given."""
    if getattr(request, "_wa_has_loader", False):
        return ""
    request._wa_has_loader = True
    place = "wagtail_automation_content:"
    return format_html(
        '<script src="{}" defer data-wa-fragments="{}" data-wa-consent="{}" data-wa-as="{}"'
        ' data-wa-report="{}" data-wa-seen-script="{}"></script>',
        static("wagtail_automation/content/fragments.js"),
        reverse(f"{place}fragments", args=[page.pk]) if page is not None else reverse(f"{place}shared"),
        conf.get("CONSENT_COOKIE"),
        as_lead.COOKIE,
        reverse(f"{place}shown"),
        static("wagtail_automation/content/seen.js"),
    )


def watcher(request) -> str:
    """The script that reports what of a page made on the server is really seen and clicked, once a page."""
    if getattr(request, "_wa_has_watcher", False):
        return ""
    request._wa_has_watcher = True
    return format_html(
        '<script src="{}" defer data-report="{}"></script>',
        static("wagtail_automation/content/seen.js"),
        reverse("wagtail_automation_content:shown"),
    )


@dataclass(frozen=True)
class Part:
    """A personal block somewhere on a page."""

    key: str
    block: PersonalBlock
    value: object


def parts(page) -> list[Part]:
    """All personal blocks of a page, in the order of its StreamFields; not those inside alternatives."""
    found = []
    for field in page._meta.get_fields():
        if isinstance(field, StreamField):
            for block, value, block_id in _walk(field.stream_block, getattr(page, field.name), None):
                key = block.personal_key(value, block_id)
                if key:
                    found.append(Part(key, block, value))
    return found


def _id_on(page, value):
    """The id of the block of a page that holds this very value; None where it stands elsewhere."""
    for field in page._meta.get_fields():
        if isinstance(field, StreamField):
            for _block, found, block_id in _walk(field.stream_block, getattr(page, field.name), None):
                if found is value:
                    return block_id
    return None


def _walk(block, value, block_id):
    if value is None:
        return
    if isinstance(block, PersonalBlock):
        yield block, value, block_id
        for inner, inner_value in block.nested(value):
            yield from _walk(inner, inner_value, block_id)
    elif isinstance(block, blocks.StreamBlock):
        for child in value:
            yield from _walk(child.block, child.value, child.id)
    elif isinstance(block, blocks.ListBlock):
        for item in value:
            yield from _walk(block.child_block, item, block_id)
    elif isinstance(block, blocks.StructBlock):
        for name, child in block.child_blocks.items():
            yield from _walk(child, value.get(name), block_id)


# -- texts with personal values ------------------------------------------------------------------------------


def text_key(source: str) -> str:
    """The same text shows the same to one person, so its digest names it."""
    return "text-" + hashlib.sha256(source.encode()).hexdigest()[:20]


def render_text(source: str, lead: Lead | None) -> str:
    """A Liquid text as safe HTML for an identified lead; for None every value is empty."""
    try:
        template = liquid.parse(source, escape=True)
        names = template.variables
        data = _blank(names) if lead is None else liquid.contexts([lead], names)[lead.pk]
        # values are escaped; the text is the editor's, who may write bold but no script
        return mark_safe(clean_html(template.render(data)))  # noqa: S308
    except liquid.TemplateError as error:
        logger.warning("A text with personal values could not be rendered: %s", error)
        return "" if lead is None else render_text(source, None)


def _blank(names: set[str]) -> dict:
    """Empty text behind every dotted name that a template reads."""
    data: dict = {}
    for name in sorted(names):
        *path, last = name.split(".")
        place = data
        for step in path:
            place = place.setdefault(step, {})
            if not isinstance(place, dict):
                break
        else:
            place.setdefault(last, "")
    return data
