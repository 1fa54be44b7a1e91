"""What people did on the site."""

import datetime as dt
import uuid

from wagtail.models import Locale, Page, Site

from tests.testapp.models import SimplePage
from wagtail_automation.campaigns.testing import Asked, Step, condition, trigger
from wagtail_automation.leads.folding import fold
from wagtail_automation.objects import ref_of
from wagtail_automation.tracking import events
from wagtail_automation.tracking.actions import create_visitor, record_page_view
from wagtail_automation.tracking.collecting import (
    link_ref,
    search_ref,
    site_event_data,
    site_event_ref,
)
from wagtail_automation.tracking.geo import Whereabouts
from wagtail_automation.tracking.models import Visitor


def make_page(slug: str, parent: Page | None = None) -> Page:
    """A page below the root."""
    locale = Locale.objects.get_or_create(language_code="en")[0]
    parent = (
        parent
        or Page.objects.filter(depth=1).first()
        or Page.add_root(title="Root", slug="root", locale=locale)
    )
    return parent.add_child(instance=SimplePage(title=slug, slug=f"case-{slug}", locale=locale))


def search(world, lead, term, at=None):
    data = {"term": term, "folded": fold(term)}
    world.event(events.SITE_SEARCHED, lead, about=search_ref(fold(term)), data=data, at=at or world.after)


@condition("searched")
def for_words_since_entry(world):
    there, accents, too_early, other = (world.lead() for _number in range(4))
    search(world, there, "a waxed bag")
    search(world, accents, "BÂG")
    search(world, too_early, "bag", at=world.before)
    search(world, other, "blanket")
    return Asked({"text": "Bag", "times": 1}, yes=[there, accents], no=[too_early, other, world.lead()])


@condition("searched")
def anything_twice(world):
    twice, once = world.lead(), world.lead()
    for lead, term in ((twice, "bag"), (twice, "can"), (once, "bag")):
        search(world, lead, term)
    return Asked({"text": "", "times": 2}, yes=[twice], no=[once])


@condition("page_visited")
def a_page_since_entry(world):
    page, other = make_page("pricing"), make_page("other")
    there, too_early, elsewhere = world.lead(), world.lead(), world.lead()
    world.event(events.PAGE_VIEWED, there, about=page)
    world.event(events.PAGE_VIEWED, too_early, about=page, at=world.before)
    world.event(events.PAGE_VIEWED, elsewhere, about=other)
    return Asked({"page": page.pk, "times": 1}, yes=[there], no=[too_early, elsewhere])


@condition("page_visited")
def a_pattern_twice(world):
    twice, once = world.lead(), world.lead()
    for lead, url in ((twice, "/shop/a/"), (twice, "/shop/b/?x=1"), (once, "/shop/a/"), (once, "/about/")):
        world.event(events.PAGE_VIEWED, lead, url=url)
    return Asked({"url": "/shop/*", "times": 2}, yes=[twice], no=[once])


def viewing(world, lead, *, at=None, url="/", page=None, agent="", referrer="", site=None, **whereabouts):
    """One page view of the lead's own browser, as the collect endpoint stores it."""
    visitor = Visitor.objects.filter(lead=lead).first() or create_visitor(
        visitor_uuid=uuid.uuid4(), now=at or world.after, lead=lead
    )
    return record_page_view(
        visitor=visitor, site=site, url=url, page=ref_of(page) if page else None, referrer=referrer,
        user_agent=agent, now=at or world.after, whereabouts=Whereabouts(**whereabouts),
    )  # fmt: skip


def viewer(world, **view):
    lead = world.lead()
    viewing(world, lead, **view)
    return lead


def pages_of(world, *counts):
    """Somebody with so many pages in each visit, an hour apart, the last one now."""
    lead = world.lead()
    for back, count in zip(range(len(counts), 0, -1), counts, strict=True):
        for number in range(count):
            viewing(world, lead, at=world.now - dt.timedelta(hours=back) + dt.timedelta(seconds=number))
    return lead


def section_with_page(name):
    section = make_page(name)
    return section, make_page(f"{name}-leaf", section)


@condition("section_visited")
def where_the_page_stood_when_it_was_seen(world):
    shop, chair = section_with_page("shop")
    journal = make_page("journal")
    then = viewer(world, page=chair)
    itself = viewer(world, page=shop)
    chair.move(journal, pos="last-child")
    chair.refresh_from_db()
    later = viewer(world, page=chair)
    return Asked(
        {"section": shop.pk, "times": 1},
        yes=[then, itself],
        no=[later, viewer(world, page=chair, at=world.before), viewer(world), world.lead()],
    )


@condition("site_visited")
def one_of_several(world):
    page = make_page("home")
    here = Site.objects.create(hostname="case-a.example", root_page=page)
    there = Site.objects.create(hostname="case-b.example", root_page=page)
    return Asked(
        {"site": str(here.pk)},
        yes=[viewer(world, site=here)],
        no=[viewer(world, site=there), viewer(world, site=here, at=world.before), world.lead()],
    )


@condition("link_clicked")
def an_address(world):
    return _clicks(
        world, "https://shop.example/a", yes=["https://shop.example/a"], no=["https://shop.example/b"]
    )


@condition("link_clicked")
def a_pattern(world):
    return _clicks(world, "*.pdf", yes=["https://x.example/a.PDF?v=1"], no=["https://x.example/a.pdfx"])


def _clicks(world, link, yes, no):
    def clicker(url, at=None):
        lead = world.lead()
        world.event(events.LINK_CLICKED, lead, about=link_ref(url), url=url, at=at)
        return lead

    return Asked(
        {"link": link, "times": 1},
        yes=[clicker(url) for url in yes],
        no=[*(clicker(url) for url in no), clicker(yes[0], world.before), world.lead()],
    )


def custom(world, name, lead=None, at=None, **properties):
    lead = lead or world.lead()
    world.event(
        events.SITE_EVENT, lead, about=site_event_ref(name), data=site_event_data(name, properties), at=at
    )
    return lead


@condition("event_happened")
def with_properties_twice(world):
    value = {
        "name": "quote",
        "filters": [
            {"property": "plan", "operator": "is", "value": "élite"},
            {"property": "seats", "operator": "gte", "value": "10"},
        ],
        "times": 2,
    }
    twice = custom(world, "quote", plan="Elite", seats=10)
    custom(world, "quote", twice, plan="ELITE", seats=11.5)
    once = custom(world, "quote", plan="Elite", seats=10)
    custom(world, "quote", once, plan="Elite", seats=9)
    custom(world, "quote", once, plan="Elite")
    custom(world, "other", once, plan="Elite", seats=10)
    custom(world, "quote", once, plan="Elite", seats=10, at=world.before)
    return Asked(value, yes=[twice], no=[once, world.lead()])


@condition("last_visit")
def less_than_two_days_ago(world):
    recent = viewer(world, at=world.now - dt.timedelta(days=1, hours=23))
    return Asked(
        {"ago": {"operator": "lt", "value": 2}, "unit": "days"},
        yes=[recent],
        no=[viewer(world, at=world.now - dt.timedelta(days=2)), world.lead()],
    )


@condition("last_visit_duration")
def at_least_a_minute(world):
    long, short = world.lead(), world.lead()
    for lead, seconds in ((long, 60), (short, 59)):
        viewing(world, lead)
        viewing(world, lead, at=world.after + dt.timedelta(seconds=seconds))
    return Asked({"seconds": {"operator": "gte", "value": 60}}, yes=[long], no=[short, world.lead()])


@condition("pages_last_7_days")
def within_the_window(world):
    many, few = world.lead(), world.lead()
    for hours in (0, 1):
        viewing(world, many, at=world.now - dt.timedelta(days=6, hours=hours))
        viewing(world, few, at=world.now - dt.timedelta(days=7, hours=hours))
    value = {"count": {"operator": "gte", "value": 2}, "days": 7}
    return Asked(value, yes=[many], no=[few, world.lead()])


@condition("pages_last_visits")
def over_the_latest_two(world):
    return Asked(
        {"count": {"operator": "between", "value": 3, "to": 4}, "visits": 2},
        yes=[pages_of(world, 5, 1, 2)],
        no=[pages_of(world, 3, 1, 1), pages_of(world, 3, 2), world.lead()],
    )


@condition("pages_total")
def fewer_than_three(world):
    return Asked(
        {"count": {"operator": "lt", "value": 3}},
        yes=[pages_of(world, 1, 1), world.lead()],
        no=[pages_of(world, 1, 2)],
    )


@condition("pages_average")
def more_than_one_and_a_half(world):
    return Asked(
        {"number": {"operator": "gt", "value": 1.5}},
        yes=[pages_of(world, 1, 3)],
        no=[pages_of(world, 1, 2), world.lead()],
    )


@condition("visit_count")
def exactly_two(world):
    return Asked(
        {"count": {"operator": "eq", "value": 2}},
        yes=[pages_of(world, 1, 2)],
        no=[pages_of(world, 1), pages_of(world, 1, 1, 1), world.lead()],
    )


@condition("place_is")
def own_country_before_the_visits(world):
    local = viewer(world, country="FR")
    moved = world.lead(country="BE")
    viewing(world, moved, country="FR")
    return Asked(
        {"level": "country", "place": {"operator": "one_of", "text": "France, Suisse"}},
        yes=[local, world.lead(country="CH")],
        no=[moved, viewer(world), world.lead()],
    )


@condition("place_is")
def a_city_without_accents(world):
    return Asked(
        {"level": "city", "place": {"operator": "starts", "text": "saint-e"}},
        yes=[world.lead(city="Saint-Étienne"), viewer(world, city="Saint-Étienne")],
        no=[world.lead(city="Étienne"), world.lead()],
    )


IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) Version/18.5 Mobile/15E Safari/604"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


def on_both(world):
    lead = world.lead()
    viewing(world, lead, agent=IPHONE, at=world.before)
    viewing(world, lead, agent=FIREFOX)
    return lead


@condition("device_is")
def in_the_last_visit(world):
    return Asked(
        {"device": "device:mobile", "which": "last"},
        yes=[viewer(world, agent=IPHONE)],
        no=[on_both(world), world.lead()],
    )


@condition("device_is")
def in_any_visit(world):
    return Asked(
        {"device": "system:iOS", "which": "any"},
        yes=[on_both(world)],
        no=[viewer(world, agent=FIREFOX), world.lead()],
    )


@condition("source_is")
def of_the_first_visit(world):
    once, twice = world.lead(), world.lead()
    viewing(world, once, url="/?utm_source=Lettre&utm_campaign=%C3%89t%C3%A9+2026")
    viewing(world, twice, url="/", at=world.before)
    viewing(world, twice, url="/?utm_source=Lettre&utm_campaign=%C3%89t%C3%A9+2026")
    value = {"part": "campaign", "text": {"operator": "contains", "text": "ete"}}
    return Asked({**value, "which": "first"}, yes=[once], no=[twice, world.lead()])


@condition("source_is")
def of_the_latest_visit(world):
    return Asked(
        {"part": "source", "which": "latest", "text": {"operator": "is", "text": "duckduckgo.com"}},
        yes=[viewer(world, referrer="https://duckduckgo.com/")],
        no=[viewer(world), world.lead()],
    )


# -- triggers ----------------------------------------------------------------------------------------------


@trigger("page_visited")
def by_a_pattern(world):
    run = yield Step({"url": "/shop/*"})
    ada, bob = viewer(world, url="/shop/chairs/", at=world.now), viewer(world, url="/about/", at=world.now)
    assert (run.entered(ada), run.entered(bob)) == (1, 0)


@trigger("page_visited")
def by_a_page(world):
    page, other = make_page("a"), make_page("b")
    run = yield Step({"page": page.pk})
    ada, bob = viewer(world, page=page, at=world.now), viewer(world, page=other, at=world.now)
    assert (run.entered(ada), run.entered(bob)) == (1, 0)


@trigger("section_visited")
def below_the_section(world):
    shop, chair = section_with_page("shop")
    run = yield Step({"section": shop.pk})
    ada, bob = viewer(world, page=chair, at=world.now), viewer(world, at=world.now)
    assert (run.entered(ada), run.entered(bob)) == (1, 0)


@trigger("link_clicked")
def of_this_address(world):
    run = yield Step({"link": "https://shop.example/*"})
    ada, bob = world.lead(), world.lead()
    for lead, url in ((ada, "https://shop.example/a"), (bob, "https://other.example/")):
        world.event(events.LINK_CLICKED, lead, about=link_ref(url), url=url, at=world.now)
    assert (run.entered(ada), run.entered(bob)) == (1, 0)


@trigger("event_recorded")
def once_for_each_order(world):
    filters = [{"property": "amount", "operator": "gt", "value": "100"}]
    run = yield Step({"name": "order", "filters": filters, "once_per": "order_id"})
    ada, bob = world.lead(), world.lead()
    for order in ("A", "A", "B"):
        custom(world, "order", ada, at=world.now, amount=101, order_id=order)
    custom(world, "order", bob, at=world.now, amount=100, order_id="C")
    custom(world, "basket", bob, at=world.now, amount=200, order_id="D")
    assert (run.entered(ada), run.entered(bob)) == (2, 0)


@trigger("lead_source_changed")
def to_another_campaign(world):
    run = yield Step({"source": "spring"})
    ada, bob = viewer(world, at=world.before), viewer(world, at=world.before)
    viewing(world, ada, url="/?utm_source=letter&utm_campaign=Spring", at=world.now)
    viewing(world, bob, url="/", at=world.now)
    assert (run.entered(ada), run.entered(bob)) == (1, 0)


@trigger("chat_started", "chat_message")
def reported_by_the_script(world):
    run = yield Step()
    ada = world.lead()
    for name in ("chat_started", "chat_message"):
        world.event(name, ada, at=world.now)
    assert run.entered(ada) == 1
