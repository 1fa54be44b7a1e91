"""What people did on the site."""

from wagtail.models import Locale, Page

from tests.testapp.models import SimplePage
from wagtail_automation.campaigns.testing import Asked, condition
from wagtail_automation.tracking import events


def make_page(slug: str, parent: Page | None = None) -> Page:
    """A page below the root."""
    locale = Locale.objects.get_or_create(language_code="en")[0]
    parent = (
        parent
        or Page.objects.filter(depth=1).first()
        or Page.add_root(title="Root", slug="root", locale=locale)
    )
    return parent.add_child(instance=SimplePage(title=slug, slug=f"case-{slug}", locale=locale))


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
