"""Sixty days of visits, forms, letters and clicks, lived through by the package itself.

Nothing is written by hand: the clock is set to each moment in turn and the package's own actions, engine and
sender do what they would have done then. So every count, trace and timeline is true.
"""

import datetime as dt
import heapq
import itertools
import random
from urllib.parse import urlsplit

import django
from django.db import transaction
from django.test.utils import override_settings
from django.utils import translation

from wagtail_automation import clock, objects, progress
from wagtail_automation.audiences import actions as audiences
from wagtail_automation.audiences.models import Tag
from wagtail_automation.audiences.scoring import decay
from wagtail_automation.audiences.tags.actions import add_tags
from wagtail_automation.audiences.watching.work import work_off
from wagtail_automation.campaigns import engine
from wagtail_automation.content import form_building
from wagtail_automation.content.actions import submit_form
from wagtail_automation.leads import actions as leads
from wagtail_automation.leads.cohorts import LeadsCohort
from wagtail_automation.leads.models import Lead
from wagtail_automation.messaging import actions as messaging
from wagtail_automation.messaging import events as mail_events
from wagtail_automation.messaging import sender
from wagtail_automation.messaging.delivery import clicks
from wagtail_automation.messaging.models import Message
from wagtail_automation.testing import clock as set_clock
from wagtail_automation.tracking import actions as tracking

from .build_automation import LETTERS, AutomationBuilder
from .people import Person, people
from .seeing import Seeing

DAYS = 60
#: on what people read letters
DEVICES = ("mobile", "mobile", "desktop", "desktop", "desktop", "tablet")
MAILBOX = "example_site.mailbox.backend.MailboxBackend"
REFERRERS = [
    ("", 0.34),
    ("https://duckduckgo.com/", 0.2),
    ("https://www.google.com/", 0.2),
    ("https://slowrides.example/weekend/", 0.12),
    ("https://jardin-au-canal.example/liens/", 0.14),
]
CAMPAIGN_TAGS = [
    "",
    "",
    "",
    "?utm_source=slowrides&utm_medium=blog&utm_campaign=first-night",
    "?utm_source=fair&utm_medium=card&utm_campaign=autumn",
]
BROWSERS = [
    "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0 "
    "Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/19.0 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (Linux; Android 16; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0 Mobile "
    "Safari/537.36",
]
WANDERINGS = [
    ["home", "shop", "otter"],
    ["home", "magazine", "night"],
    ["night", "magazine", "mending"],
    ["home", "about", "shop", "badger"],
    ["watering", "heron", "shop"],
    ["home", "pricing"],
    ["shop", "glowworm", "otter", "pricing"],
    ["mending", "pricing", "about"],
]
LETTERS_WRITTEN = {
    "fr": [
        "Bonjour, la boucle gauche de ma sacoche a lâché après six ans. Puis-je l’envoyer\u202f?",
        "Nous louons trente vélos le long du canal. Flotte couvre-t-elle les sacoches d’enfant\u202f?",
        "Auriez-vous une Luciole pour la mi-décembre ? C’est pour ma sœur.",
        "Merci pour le cours de couture, la pièce tient toujours\u202f!",
    ],
    "en": [
        "Hello, the left buckle of my Otter gave up after six years. May I send it in?",
        "We hire out thirty bicycles by the canal. Does Fleet cover children’s panniers too?",
        "Would you have a Glow-worm by the middle of December? It is for my sister.",
        "Thank you for the evening course; the patch still holds!",
    ],
}


class Browser:
    """What a form sees of somebody's browser, without a request."""

    def __init__(self, visitor):
        self.visitor = visitor

    def choose(self, choice):
        """The notice was answered long ago."""

    def attach(self, lead, level):
        """As the browser's cookie would follow."""
        self.visitor = tracking.attach(visitor=self.visitor, lead=lead, level=level, now=clock.now())
        return self.visitor


class History:
    """A queue of moments; each is lived through with the clock set to it."""

    def __init__(self, built: AutomationBuilder, *, count: int = 300, seed: int = 2026):
        self.built, self.count = built, count
        self.rng = random.Random(seed)
        self.people = people(self.rng)
        self.end = clock.now() - dt.timedelta(seconds=5)
        self.start = self.end - dt.timedelta(days=DAYS)
        #: leads who wrote by the contact form
        self.callers: set[int] = set()
        self._queue: list = []
        self._order = itertools.count()
        self._urls: dict = {}
        self.seeing = Seeing(self)

    # -- time ------------------------------------------------------------------------------------------

    def at(self, moment: dt.datetime, act, *args) -> None:
        """Let something happen; what would happen after today does not."""
        if moment < self.end:
            heapq.heappush(self._queue, (moment, next(self._order), act, args))

    def later(self, low: float, high: float) -> dt.datetime:
        """Some minutes from now."""
        return clock.now() + dt.timedelta(minutes=self.rng.uniform(low, high))

    def live(self, stream) -> None:
        """Go through all moments in order, with a progress bar in a terminal."""
        self._plan()
        connection = transaction.get_connection()
        waiting = list(connection.run_on_commit)
        mail = {"EMAIL_BACKEND": MAILBOX}
        if django.VERSION >= (6, 1):
            mail = {"MAILERS": {"default": {"BACKEND": MAILBOX}}}
        with override_settings(**mail):
            for day in progress.track(
                range(DAYS + 1), total=DAYS + 1, label="Living through 60 days", stream=stream
            ):
                until = min(self.start + dt.timedelta(days=day + 1), self.end)
                while self._queue and self._queue[0][0] <= until:
                    moment, _order, act, args = heapq.heappop(self._queue)
                    with set_clock.freeze(moment):
                        act(*args)
        self._afterwards()
        # all that was queued meanwhile has been worked off; the first beat looks once more
        connection.run_on_commit = waiting

    def _plan(self) -> None:
        shares = {self._reader: 0.5, self._writer: 0.13, self._guest: 0.2}
        for story, share in shares.items():
            for number in range(round(self.count * share)):
                # more of them lately, some of them in the last three days
                part = self.rng.betavariate(2.2, 1.3) if number % 9 else self.rng.uniform(0.95, 0.999)
                self.at(self.start + part * (self.end - self.start), story)
        for day in range(DAYS):
            self.at(self.start + dt.timedelta(days=day, hours=23), self._every_day, day)
        self.at(self.start + dt.timedelta(days=6, hours=14), self._fair, round(self.count * 0.17))

    def _work(self) -> None:
        """What the cluster would do now: walk and send. Points, stages and goals can wait some days here:
        asking all their rules after each act would take longer than everything else."""
        engine.run()
        sender.send_due()

    def _every_day(self, day: int) -> None:
        """What the cluster does without being asked: points fade, and whatever waits – here every third day,
        and segments every sixth, since asking all rules about everybody is a quarter of the whole work."""
        decay.run()
        if day % 3 == 2:
            work_off()
        if day % 6 == 5:
            for segment in self.built.segments.values():
                audiences.refresh_segment(segment)

    def _work_soon(self) -> None:
        self.at(clock.now() + dt.timedelta(seconds=3), self._work)

    # -- people ----------------------------------------------------------------------------------------

    def _arrive(self, language: str):
        """A new browser whose owner has just agreed to be remembered."""
        number = self.rng.getrandbits(128)
        visitor = tracking.create_visitor(
            visitor_uuid=_uuid4(number), now=clock.now(), source="web", site=self.built.site
        )
        return Browser(visitor)

    def _view(
        self, browser: Browser, language: str, keys: list[str], *, tag: str = "", referrer: str = ""
    ) -> None:
        """A visit, page by page."""
        agent = BROWSERS[browser.visitor.pk % len(BROWSERS)]
        moment = told = clock.now()
        stays: list[int] = []
        for position, key in enumerate(keys):
            page = self.built.pages[language, key]
            with set_clock.freeze(moment):
                tracking.record_page_view(
                    visitor=browser.visitor,
                    site=self.built.site,
                    url=self._path(page) + (tag if position == 0 else ""),
                    page=objects.ref_of(page),
                    referrer=referrer if position == 0 else "",
                    user_agent=agent,
                    now=moment,
                )
            stays.append(self.rng.randint(8, 150))
            told = moment
            moment += dt.timedelta(seconds=stays[-1])
        tracking.record_stays(visitor=browser.visitor, stays=stays, now=told)

    def _path(self, page) -> str:
        if page.pk not in self._urls:
            self._urls[page.pk] = urlsplit(page.full_url).path
        return self._urls[page.pk]

    def _came_from(self) -> dict:
        names, weights = zip(*REFERRERS, strict=True)
        return {"referrer": self.rng.choices(names, weights)[0], "tag": self.rng.choice(CAMPAIGN_TAGS)}

    def _guest(self) -> None:
        """Looks around and says nothing; some come back."""
        language = self.rng.choice(["fr", "fr", "en"])
        browser = self._arrive(language)
        self._view(browser, language, self.rng.choice(WANDERINGS), **self._came_from())
        if self.rng.random() < 0.35:
            self.at(self.later(600, 9000), self._view, browser, language, self.rng.choice(WANDERINGS))
        self._look_around(browser, language)

    def _look_around(self, browser: Browser, language: str, person: Person | None = None) -> None:
        """Some come upon the landing page, some upon what is shown for them."""
        if self.rng.random() < 0.55:
            self.at(self.later(30, 20000), self.seeing.landing, browser, language, person)
        if self.rng.random() < 0.45:
            self.at(self.later(900, 20000), self.seeing.promos, browser, language)

    def _reader(self) -> None:
        """Comes by, and asks for the guide now or some days later."""
        person = next(self.people)
        browser = self._arrive(person.language)
        self._view(browser, person.language, self.rng.choice(WANDERINGS), **self._came_from())
        wait = (8, 30) if self.rng.random() < 0.7 else (1500, 7000)
        self.at(self.later(*wait), self._ask_for_guide, person, browser)
        self._look_around(browser, person.language, person)

    def _ask_for_guide(self, person: Person, browser: Browser) -> None:
        self._view(browser, person.language, ["guide"])
        options = [line for line in self._choices(person.language, "guide") if line]
        answers = {
            "first_name": person.first_name,
            "email": person.email,
            "companion": self.rng.choice(options),
            "letters": "on",
        }
        lead = self._submit("guide", person, browser, answers)
        self._work_soon()
        self.at(clock.now() + dt.timedelta(seconds=66), self._work)
        self.at(clock.now() + dt.timedelta(days=3, seconds=70), self._work)
        opens = self.rng.random()
        if opens < 0.72:
            self.at(self.later(2, 60 * 20), self._open, lead, "guide", opens < 0.5, person, browser)
        if opens < 0.5:
            self.at(self.later(1, 9), self.seeing.download, lead, "guide", person.language)
        if opens > 0.72:
            self.at(self.later(4000, 40000), self.seeing.answer, lead, person.language, "web")

    def _writer(self) -> None:
        """Writes a letter to the mill, with or without having seen the prices."""
        person = next(self.people)
        browser = self._arrive(person.language)
        self._view(browser, person.language, self.rng.choice(WANDERINGS), **self._came_from())
        self.at(self.later(5, 20), self._write, person, browser)
        self._look_around(browser, person.language, person)

    def _write(self, person: Person, browser: Browser) -> None:
        self._view(browser, person.language, ["contact"])
        answers = {
            "first_name": person.first_name,
            "last_name": person.last_name,
            "email": person.email,
            "about": self.rng.choice(self._choices(person.language, "contact")),
            "message": self.rng.choice(LETTERS_WRITTEN[person.language]),
        }
        lead = self._submit("contact", person, browser, answers)
        self.callers.add(lead.pk)
        fields = {"city": person.city, "country": person.country, "time_zone": person.time_zone}
        if person.company:
            fields["company"] = person.company
            add_tags(
                tags=[Tag.objects.get(name="Rents bicycles")],
                cohort=LeadsCohort.of(lead, key="sales", now=clock.now()),
            )
        leads.set_fields(lead=lead, fields=fields, source="sales", now=clock.now())
        self._work_soon()
        for days in (1, 14):
            self.at(clock.now() + dt.timedelta(days=days, seconds=10), self._work)
        if self.rng.random() < 0.7:
            self.at(self.later(20200, 23000), self.seeing.answer_asked, lead, person.language)
        if self.rng.random() < 0.5:
            self.at(self.later(60, 1200), self._view_and_work, browser, person.language, ["home", "pricing"])
        if self.rng.random() < 0.6:
            self.at(
                self.later(1500, 3200), self._open, lead, "care", self.rng.random() < 0.6, person, browser
            )

    def _view_and_work(self, browser, language, keys) -> None:
        self._view(browser, language, keys)
        self._work_soon()

    def _fair(self, count: int) -> None:
        """Addresses written on cards at a fair: no browser, a list."""
        made = []
        for _number in range(count):
            person = next(self.people)
            fields = {
                "first_name": person.first_name,
                "last_name": person.last_name,
                "language": person.language,
                "city": person.city,
                "country": person.country,
                "time_zone": person.time_zone,
            }
            lead = leads.create_known(
                identifiers={"email": person.email}, fields=fields, source="autumn fair", now=clock.now()
            )
            leads.record_consent(
                lead=lead, subject="email", granted=True, how="card", text="Write to me.", now=clock.now()
            )
            made.append(lead.pk)
        cohort = LeadsCohort(made, key="import:autumn-fair", now=clock.now(), site=self.built.site)
        audiences.add_to_list(lead_list=self.built.lists[LETTERS], cohort=cohort)
        add_tags(tags=[Tag.objects.get(name="Autumn fair")], cohort=cohort)

    def _choices(self, language: str, form: str) -> list[str]:
        return next(
            child.value["choices"].splitlines()
            for child in self.built.forms[language, form].fields
            if child.block_type == "choice"
        )

    def _submit(self, key: str, person: Person, browser: Browser, answers: dict) -> Lead:
        form = self.built.forms[person.language, key]
        with translation.override(person.language):
            bound = form_building.build(
                form, data={f"{form_building.PREFIX}-{name}": value for name, value in answers.items()}
            )
            if not bound.is_valid():
                raise ValueError(f"The form {key} refuses its example: {bound.errors.as_json()}")
            submission = submit_form(
                form=form,
                answers=form_building.answers(form, bound),
                now=clock.now(),
                browser=browser,
                site=self.built.site,
                page=self.built.pages[person.language, key],
                url=self._path(self.built.pages[person.language, key]),
            )
        return submission.lead

    # -- letters ---------------------------------------------------------------------------------------

    def _message(self, lead: Lead, key: str) -> Message | None:
        translation_key = self.built.emails["en", key].translation_key
        return (
            Message.objects.filter(
                lead=lead, email_version__translation_key=translation_key, sent_at__isnull=False
            )
            .select_related("lead", "email_version", "site")
            .first()
        )

    def _open(self, lead, key, clicks, person, browser) -> None:
        message = self._message(lead, key)
        if message is None:
            return
        data = {"device": random.Random(message.pk).choice(DEVICES)}
        mail_events.record_open(message, human=True, data=data, now=clock.now())
        chance = self.rng.random()
        if clicks:
            self.at(self.later(0.2, 3), self._click, lead, key, person, browser)
        elif chance < 0.05:
            self.at(self.later(0.2, 2), self._leave, message)

    def _leave(self, message) -> None:
        messaging.unsubscribe(message=message, how="link")

    def _click(self, lead, key, person, browser) -> None:
        message = self._message(lead, key)
        names = sorted(message.email_version.links)
        if not names:
            return
        # most follow what stands first
        chance = random.Random(message.pk)
        name = names[0] if chance.random() < 0.7 else chance.choice(names)
        number, link = int(name.removeprefix("link_")), message.email_version.links[name]
        clicks.note(message, number, link, human=True, data={}, now=clock.now())
        if key == "second":
            self.seeing.download(lead, "list", person.language)
        target = {"guide": ["night"], "second": ["otter", "shop"], "care": ["pricing"]}.get(key, ["night"])
        extra = self.rng.choice([[], ["shop"], ["pricing"], ["home", "about"], ["glowworm", "pricing"]])
        self._view(browser, person.language, target + extra, referrer="")
        self._work_soon()
        if key == "guide" and self.rng.random() < 0.6:
            self.at(
                self.later(30, 3000), self._open, lead, "second", self.rng.random() < 0.45, person, browser
            )
        if self.rng.random() < 0.22:
            self.at(self.later(1500, 12000), self._view, browser, person.language, ["pricing", "contact"])

    def _afterwards(self) -> None:
        """Bring segments up to date, and give the salesperson some people to call."""
        from django.contrib.auth import get_user_model

        work_off(seconds=60)
        audiences.refresh_pending(seconds=60)
        for segment in self.built.segments.values():
            audiences.refresh_segment(segment)
        theo = get_user_model().objects.filter(username="theo").first()
        Lead.objects.filter(pk__in=self.callers).update(owner=theo)


def _uuid4(bits: int):
    """A random UUID from our own random numbers, so that a seed gives the same visitors."""
    import uuid

    return uuid.UUID(int=bits, version=4)
