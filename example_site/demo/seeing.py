"""What people see, click and answer beside their visits: personal parts, promos, the A/B test, the survey.

Chosen and counted by the package's own code, one report a person, as their browser would send it.
"""

import datetime as dt

from wagtail_automation import clock
from wagtail_automation.content import personal
from wagtail_automation.content.assets import actions as assets
from wagtail_automation.content.blocks import SharedContentBlock
from wagtail_automation.content.landing.split import SplitTestBlock
from wagtail_automation.content.promos import deciding, rendering
from wagtail_automation.content.showing import actions as showing
from wagtail_automation.content.showing.tokens import read
from wagtail_automation.content.surveys import actions as surveys
from wagtail_automation.leads.models import Lead
from wagtail_automation.tracking.models import Visitor

from .contents import REASONS

#: how many of a hundred who saw each variant send the form: the second is better
SEND = (0.1, 0.4)
#: how many give so many points
POINTS = [(10, 5), (9, 6), (8, 5), (7, 4), (6, 2), (5, 2), (3, 1), (0, 1)]


class Seeing:
    """Acts that ``history.History`` lives through."""

    def __init__(self, history):
        self.history, self.built, self.rng = history, history.built, history.rng
        self._tests: dict[str, list] = {}

    # -- the landing page and its test -----------------------------------------------------------------

    def landing(self, browser, language: str, person=None) -> None:
        """Come to the landing page, see a variant, and perhaps send the form."""
        self.history._view(browser, language, ["season"], **self.history._came_from())
        visitor = self._fresh(browser)
        if visitor is None:
            return
        page = self.built.pages[language, "season"]
        if language not in self._tests:
            found = personal.parts(page)
            self._tests[language] = [one for one in found if isinstance(one.block, SplitTestBlock)]
        seen = personal.Person.of_lead(visitor.lead, page)
        shown = [part.block.shown(seen, part.value, page) for part in self._tests[language]]
        items = [(one, showing.SEEN) for one in shown if one is not None]
        self._note(visitor, items)
        if not items or person is None:
            return
        part = self._tests[language][0]
        keys = [one.id for one in part.block.alternatives(part.value)]
        if self.rng.random() < SEND[keys.index(items[0][0].alternative)]:
            self.history.at(self.history.later(2, 6), self._send, browser, person)

    def _send(self, browser, person) -> None:
        places = self.history._choices(person.language, "season")
        answers = {
            "place": self.rng.choice(places[:2]),
            "people": str(self.rng.randint(1, 8)),
            "old": str(self.rng.randint(2, 5)),
            "first_name": person.first_name,
            "email": person.email,
        }
        self.history._submit("season", person, browser, answers)

    # -- promos and the shared content -----------------------------------------------------------------

    def promos(self, browser, language: str) -> None:
        """Read an article and the page about the mill: what is shown there is seen, some of it clicked."""
        self.history._view(browser, language, ["mending", "about"])
        visitor = self._fresh(browser)
        if visitor is None:
            return
        now, items = clock.now(), []
        mine = [promo for (code, _key), promo in self.built.contents.promos.items() if code == language]
        mine = deciding.fitting(mine, path="/magazine/", user_agent="")
        for promo, is_held in deciding.for_lead(mine, visitor.lead, now):
            told = rendering.told(promo, None, lead=visitor.lead, is_held_back=is_held)
            items.append(read(told["token"]))
        page = self.built.pages[language, "about"]
        content = self.built.contents.shared[language]
        shown = SharedContentBlock().shown(personal.Person.of_lead(visitor.lead), content, page)
        if shown is not None:
            items.append(shown)
        acts = [(one, showing.SEEN) for one in items]
        for one in items:
            chance = self.rng.random()
            if not one.is_held_back and chance < 0.16:
                acts.append((one, showing.CLICKED))
            elif one.alternative == deciding.SHOWN and not one.is_held_back and chance > 0.72:
                acts.append((one, showing.DISMISSED))
        self._note(visitor, acts)

    def _note(self, visitor, items) -> None:
        showing.note(
            items=items, lead_id=visitor.lead_id, visitor=visitor, site=self.built.site, now=clock.now()
        )

    def _fresh(self, browser) -> Visitor | None:
        """The visitor with whoever they have become since."""
        return Visitor.objects.select_related("lead").filter(pk=browser.visitor.pk).first()

    # -- assets and the survey -------------------------------------------------------------------------

    def download(self, lead: Lead, key: str, language: str) -> None:
        """Fetch an asset by the link of an email."""
        asset = self.built.contents.assets[language, key]
        assets.note(asset=asset, lead=lead, site=self.built.site, now=clock.now())

    def answer(self, lead: Lead, language: str, channel: str) -> None:
        """Give a number, and some say why. Later people are a little happier."""
        numbers, weights = zip(*POINTS, strict=True)
        number = self.rng.choices(numbers, weights)[0]
        if number < 7 and self.history.end - clock.now() < dt.timedelta(days=20):
            number = min(number + 3, 10)
        answers = {"nps": (number, "")}
        if self.rng.random() < 0.45:
            tone = 9 if number >= 9 else 7 if number >= 7 else 0
            answers["why"] = (None, self.rng.choice(REASONS[language][tone]))
        surveys.answer(
            survey=self.built.contents.surveys[language],
            answers=answers,
            now=clock.now(),
            lead=lead,
            site=self.built.site,
            channel=channel,
        )

    def answer_asked(self, lead: Lead, language: str) -> None:
        """By the email of the campaign, if it has come."""
        if self.history._message(lead, "ask") is not None:
            self.answer(lead, language, "email")
