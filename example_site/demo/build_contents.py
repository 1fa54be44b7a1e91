"""What is shown and asked: a survey, two assets, two promos, a shared dynamic content; each found again."""

import datetime as dt

from django.core.files.base import ContentFile
from wagtail.documents import get_document_model
from wagtail.models import Collection, CollectionViewRestriction

from example_site.art import pdf
from wagtail_automation import clock
from wagtail_automation.audiences.models import Category, DynamicContent, Goal
from wagtail_automation.content.models import Asset, Survey, WebPromo
from wagtail_automation.rules.rule import Rule

from . import contents
from .build_pages import key_of

#: who reached no file without a form must not find it at Wagtail's own address of documents
COLLECTION = "Assets"
LINK_DAYS = 14


class ContentBuilder:
    """Builds around what ``build_automation.AutomationBuilder`` has made so far."""

    def __init__(self, built, rule):
        self.built, self.rule = built, rule
        self.surveys: dict[str, Survey] = {}
        self.assets: dict[tuple[str, str], Asset] = {}
        self.promos: dict[tuple[str, str], WebPromo] = {}
        self.shared: dict[str, DynamicContent] = {}

    def before_emails(self) -> None:
        """The survey and the assets: emails carry them."""
        for code in self.built.locales:
            self.surveys[code] = self._survey(code)
            for key in contents.ASSETS:
                self.assets[code, key] = self._asset(code, key)

    def before_pages(self) -> None:
        """What stands on pages and over them; its rules ask about segments."""
        for code in self.built.locales:
            self.shared[code] = self._shared(code)
            for key in contents.PROMOS:
                self.promos[code, key] = self._promo(code, key)

    def _survey(self, code: str) -> Survey:
        words = contents.SURVEY[code]
        key, locale = key_of("survey:mill"), self.built.locales[code]
        found = Survey.objects.filter(translation_key=key, locale=locale).first()
        if found is not None:
            return found
        questions = [
            ("nps", {"question": words["nps"], "answer_key": "nps", "required": True}),
            ("text", {"question": words["why"], "answer_key": "why", "required": False}),
        ]
        survey = Survey(
            name=words["name"],
            locale=locale,
            translation_key=key,
            introduction=words["introduction"],
            thank_you_text=words["thanks"],
            promoter_text=words["promoter"],
            questions=[{"type": kind, "value": value} for kind, value in questions],
            review_links=[
                {
                    "type": "link",
                    "value": {"label": words["review"], "address": "https://reviews.example/mill"},
                }
            ],
        )
        survey.full_clean()
        survey.save()
        return survey

    def _asset(self, code: str, key: str) -> Asset:
        words = contents.ASSETS[key][code]
        found = Asset.objects.filter(name=words["name"]).first()
        if found is not None:
            return found
        category, _made = Category.objects.get_or_create(
            type=Category.Type.ASSET, name="On paper", defaults={"colour": "teal"}
        )
        file = ContentFile(pdf.document(words["name"], words["text"]), f"{key}-{code}.pdf")
        document = get_document_model().objects.create(
            title=words["name"], file=file, collection=self._collection()
        )
        asset = Asset(
            name=words["name"],
            description=words["description"],
            document=document,
            form=self.built.forms[code, "guide"],
            link_days=LINK_DAYS,
            category=category,
            colour="teal" if key == "guide" else "amber",
        )
        asset.full_clean()
        asset.save()
        return asset

    def _collection(self) -> Collection:
        found = Collection.objects.filter(name=COLLECTION).first()
        if found is None:
            found = Collection.get_first_root_node().add_child(name=COLLECTION)
            CollectionViewRestriction.objects.create(
                collection=found, restriction_type=CollectionViewRestriction.LOGIN
            )
        return found

    def _promo(self, code: str, key: str) -> WebPromo:
        words, locale = contents.PROMOS[key][code], self.built.locales[code]
        promo_key = key_of(f"promo:{key}")
        found = WebPromo.objects.filter(translation_key=promo_key, locale=locale).first()
        if found is not None:
            return found
        target = self.built.pages[code, "contact" if key == "waxing" else "season"]
        part = {"heading": words.get("heading", ""), "text": words["text"], "label": words["label"]}
        if key == "waxing":
            fields = {"kind": "bar", "paths": "-*/guide/\n-*/contact/", "most_times": 12, "closed_days": 14}
        else:
            fields = {
                "kind": "slide",
                "rule": Rule(
                    self.rule(("in_segment", {"segment": self.built.segments["Ripe for a care plan"].pk}))
                ),
                "paths": "-*/find-your-lantern/\n-*/trouver-sa-lanterne/",
                "moment": WebPromo.Moment.SCROLL,
                "moment_value": 40,
                "most_times": 3,
                "rest_days": 2,
                "holdout": 20,
                "priority": 70,
                "goal": Goal.objects.filter(name="A letter to the mill").first(),
            }
        promo = WebPromo(
            name=words["name"],
            locale=locale,
            translation_key=promo_key,
            content=[{"type": "content", "value": {**part, "page": target.pk}}],
            starts_at=clock.now() - dt.timedelta(days=2),
            live=False,
            **fields,
        )
        promo.full_clean()
        promo.save()
        promo.save_revision().publish()
        promo.refresh_from_db()
        return promo

    def _shared(self, code: str) -> DynamicContent:
        words, locale = contents.SHARED[code], self.built.locales[code]
        key = key_of("shared:door")
        found = DynamicContent.objects.filter(translation_key=key, locale=locale).first()
        if found is not None:
            return found
        link = {"label": words["label"], "page": self.built.pages[code, "contact"].pk}

        def part(heading, text):
            return {"heading": heading, "text": f"<p>{text}</p>", **link}

        asked = {
            "reader": self.rule(("in_segment", {"segment": self.built.segments["Read the guide"].pk})),
            "french": self.rule(("in_segment", {"segment": self.built.segments["French readers"].pk})),
        }
        content = DynamicContent(
            name=words["name"],
            locale=locale,
            translation_key=key,
            alternatives=[
                # the same in both languages: statistics of an alternative are those of its translations, too
                {
                    "type": "alternative",
                    "id": str(key_of(f"shared:door:{name}")),
                    "value": {"content": part(*words[name][1:]), "name": words[name][0], "rule": asked[name]},
                }
                for name in asked
            ],
            fallback=[{"type": "content", "value": part(*words["everybody"])}],
            holdout=20,
            goal=Goal.objects.filter(name="A letter to the mill").first(),
            live=False,
        )
        content.full_clean()
        content.save()
        content.save_revision().publish()
        content.refresh_from_db()
        return content
