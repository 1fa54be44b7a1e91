"""The pages of the example site in both languages, with their pictures. Repeating it changes nothing."""

import datetime as dt
import uuid
from pathlib import Path

from django.conf import settings
from django.core.files.images import ImageFile
from wagtail.images import get_image_model
from wagtail.models import Locale, Page, Site

from example_site.magazine.models import ArticlePage, MagazineIndexPage
from example_site.pages.models import HomePage, OfferPage, PlainPage, PricingPage
from example_site.shop.models import ProductPage, ShopIndexPage

from . import pages_en, pages_fr

PICTURES = Path(__file__).resolve().parent / "images"
ALT = {
    "river": "A bicycle by a river at sundown, alders on both banks",
    "night": "A lit tent on a river bank under the stars",
    "garden": "A kitchen garden at evening, a watering can in front",
    "mill": "An old mill with a wooden wheel",
    "otter-bag": "A green canvas bag with two leather straps",
    "glow-worm-lantern": "A small brass lantern, lit",
    "heron-can": "A blue watering can with a long neck",
    "badger-blanket": "A folded tartan blanket, an apple on top",
    "bench": "Canvas, thread, an awl and a tin of wax on a workbench",
    "guide": "A small green book on a map",
    "shelf": "Bags and lanterns on a shelf, each with a label",
    "letters": "A red letter box on a stone wall",
}
#: key -> (page class, key of the parent), parents first
TREE = {
    "home": (HomePage, None),
    "shop": (ShopIndexPage, "home"),
    "otter": (ProductPage, "shop"),
    "glowworm": (ProductPage, "shop"),
    "heron": (ProductPage, "shop"),
    "badger": (ProductPage, "shop"),
    "magazine": (MagazineIndexPage, "home"),
    "night": (ArticlePage, "magazine"),
    "mending": (ArticlePage, "magazine"),
    "watering": (ArticlePage, "magazine"),
    "pricing": (PricingPage, "home"),
    "about": (PlainPage, "home"),
    "contact": (PlainPage, "home"),
    "guide": (OfferPage, "home"),
}
LANGUAGES = {"en": pages_en, "fr": pages_fr}
NAMESPACE = uuid.UUID("9c5f6a4e-8b1d-4c55-9a6e-0e1f5d3b7a21")


def key_of(name: str) -> uuid.UUID:
    """The translation key of one page in all languages: the same on every machine."""
    return uuid.uuid5(NAMESPACE, name)


def pictures() -> dict:
    """Name -> image, made where missing."""
    model = get_image_model()
    found = {image.title: image for image in model.objects.all()}
    images = {}
    for name, alt in ALT.items():
        if alt not in found:
            with (PICTURES / f"{name}.jpg").open("rb") as file:
                image = model(title=alt, file=ImageFile(file, name=f"{name}.jpg"))
                if hasattr(image, "description"):
                    image.description = alt
                image.save()
            found[alt] = image
        images[name] = found[alt]
    return images


class Builder:
    """Builds the pages of every language, then the bodies that link between them."""

    def __init__(self):
        self.images = pictures()
        self.pages: dict[tuple[str, str], Page] = {}

    def build(self) -> dict[tuple[str, str], Page]:
        """(language, key) -> page. New pages are published; those already there are left as they are."""
        fresh = []
        for code in LANGUAGES:
            locale, _made = Locale.objects.get_or_create(language_code=code)
            for key, (cls, parent_key) in TREE.items():
                page = cls.objects.filter(translation_key=key_of(key), locale=locale).first()
                if page is None:
                    page = self._create(cls, key, parent_key, locale)
                    fresh.append((code, key))
                self.pages[code, key] = page
        self._site()
        for code, key in fresh:
            self._fill(code, key)
        return self.pages

    def _create(self, cls, key, parent_key, locale):
        data = LANGUAGES[locale.language_code].PAGES[key]
        page = cls(
            title=data["title"],
            slug=data["slug"],
            seo_title=data.get("seo_title", ""),
            search_description=data["introduction"][:255],
            introduction=data["introduction"],
            show_in_menus=data.get("menu", False),
            locale=locale,
            translation_key=key_of(key),
            live=True,
        )
        for name in ("headline", "price", "reference", "description", "author", "reading_minutes"):
            if name in data:
                setattr(page, name, data[name])
        if "published_on" in data:
            page.published_on = dt.date.fromisoformat(data["published_on"])
        if "picture" in data:
            page.picture = self.images[data["picture"]]
        parent = (
            self.pages[locale.language_code, parent_key]
            if parent_key
            else Page.objects.filter(depth=1).first() or Page.add_root(title="Root", slug="root")
        )
        if parent_key is None:
            self._make_room(parent, data["slug"])
        return parent.add_child(instance=page)

    def _make_room(self, root, slug):
        """Wagtail's own welcome page holds the address of the home page in a new installation."""
        welcome = root.get_children().filter(slug=slug).first()
        if welcome is not None and welcome.specific_class is Page:
            Site.objects.filter(root_page=welcome).delete()
            welcome.delete()
            root.refresh_from_db()

    def _site(self):
        home = self.pages["en", "home"]
        site = Site.objects.filter(is_default_site=True).first() or Site(is_default_site=True)
        site.hostname, site.port = "localhost", settings.PORT
        site.root_page, site.site_name = home, LANGUAGES["en"].SITE_NAME
        site.save()

    def _fill(self, code, key):
        """Everything that points at other pages, then publish."""
        page, data = self.pages[code, key], LANGUAGES[code].PAGES[key]
        page.refresh_from_db()  # later siblings moved the tree's numbers
        streams = {
            "body": data.get("body", []),
            "plans": [("plan", plan) for plan in data.get("plans", [])],
            "questions": [("question", {"question": q, "answer": a}) for q, a in data.get("questions", [])],
            "points": [("point", point) for point in data.get("points", [])],
            "details": [("detail", {"name": n, "value": v}) for n, v in data.get("details", [])],
        }
        for name, items in streams.items():
            if items:
                self.set_stream(page, name, [(kind, self._value(code, value)) for kind, value in items])
        page.save_revision().publish()

    def set_stream(self, page, name, items):
        """Give a StreamField raw values – primary keys and HTML – as they stand in the database."""
        block = page._meta.get_field(name).stream_block
        setattr(page, name, block.to_python([{"type": kind, "value": value} for kind, value in items]))

    def _value(self, code, value):
        """The raw value of one block: keys of pictures and pages become primary keys."""
        if not isinstance(value, dict):
            return value
        made = dict(value)
        if "picture" in made:
            made["picture"] = self.images[made["picture"]].pk
        if "link" in made:
            target, label = made["link"]
            made["link"] = {"page": self.pages[code, target].pk, "label": label}
        if "pages" in made:
            made["pages"] = [self.pages[code, target].pk for target in made["pages"]]
        return made
