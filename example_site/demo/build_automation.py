"""Lists, segments, forms, emails, the personal part of the home page, and the two campaigns.

Everything is found again by name or translation key, so that a repeat changes nothing.
"""

import uuid

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from wagtail.models import Locale, Site
from wagtail.users.models import UserProfile

from wagtail_automation.audiences.models import Category, DynamicContent, LeadList, Segment
from wagtail_automation.campaigns.models import Campaign
from wagtail_automation.content.models import Form
from wagtail_automation.leads.models import CustomField, Team, TeamMember
from wagtail_automation.messaging.actions import compile_version
from wagtail_automation.messaging.models import (
    Email,
    EmailSettings,
    MarketingMessage,
    PushMessage,
    SenderProfile,
)

from . import channels, deliveries, landing
from .accounts import ACCOUNTS, TEAMS
from .build_contents import ContentBuilder
from .build_pages import key_of
from .build_scores import ScoreBuilder
from .contents import ASK
from .letters import EMAILS, FORMS, HOME

LETTERS, NIGHTS = "Letters from the mill", "Nights outdoors"
CLICKED = "Read the guide"
GUIDE_CAMPAIGN, CARE_CAMPAIGN = "The Towpath Guide", "Letters about care plans"
ASK_CAMPAIGN = "How was the mill?"


def rule(*items: tuple[str, dict], match: str = "all") -> dict:
    """A rule of these conditions."""
    return {
        "match": match,
        "items": [{"id": str(uuid.uuid4()), "type": kind, "value": value} for kind, value in items],
    }


#: who signs: the role that stands below the name
SIGNATURES = {"ines": "Bench 1", "theo": "Bench 2"}
WRITERS = {"guide": "ines", "second": "ines", "reminder": "ines", "care": "theo", "ask": "theo"}
WITH_COMPANY = {
    "match": "none",
    "items": [
        {
            "id": "5b1f0d0e-8f0c-4c8e-9a55-0a3c0a3b0002",
            "type": "field_empty",
            "value": {"field": "company"},
        }
    ],
}


def set_stream(instance, name: str, items: list[tuple[str, dict]]) -> None:
    """Give a StreamField raw values, as they stand in the database."""
    block = instance._meta.get_field(name).stream_block
    raw = [{"type": kind, "value": value, "id": str(uuid.uuid4())} for kind, value in items]
    setattr(instance, name, block.to_python(raw))


class AutomationBuilder:
    """Builds around the pages and pictures of ``build_pages.Builder``."""

    def __init__(self, pages: dict, images: dict):
        self.pages, self.images = pages, images
        self.locales = {code: Locale.objects.get(language_code=code) for code in ("en", "fr")}
        self.site = Site.objects.get(is_default_site=True)
        self.lists: dict[str, LeadList] = {}
        self.segments: dict[str, Segment] = {}
        self.forms: dict[tuple[str, str], Form] = {}
        self.emails: dict[tuple[str, str], Email] = {}
        self.campaigns: dict[str, Campaign] = {}
        self.contents = ContentBuilder(self, rule)

    def build(self) -> "AutomationBuilder":
        """Make what is missing; returns itself."""
        self._accounts()
        self._teams()
        self._email_settings()
        self._lists()
        self._forms()
        self.contents.before_emails()
        self._emails()
        self._segments()
        ScoreBuilder(self, rule).build()
        self._pages()
        channels.write(self)
        self._campaigns()
        return self

    def _accounts(self):
        users = get_user_model().objects
        for account in ACCOUNTS:
            user = users.filter(username=account.username).first()
            if user is None:
                user = users.create_user(
                    account.username,
                    email=f"{account.username}@alder-aulne.example",
                    password=account.password,
                    first_name=account.first_name,
                    last_name=account.last_name,
                    is_staff=account.is_superuser,
                    is_superuser=account.is_superuser,
                )
            for name in account.groups:
                user.groups.add(Group.objects.get_or_create(name=name)[0])
            profile = UserProfile.get_for_user(user)
            if not profile.preferred_language:
                profile.preferred_language = account.language
                profile.save()

    def _teams(self):
        users = get_user_model().objects
        for name, (shares_leads, shares) in TEAMS.items():
            team, made = Team.objects.get_or_create(name=name, defaults={"shares_leads": shares_leads})
            if made:
                for username, weight in shares.items():
                    user = users.get(username=username)
                    TeamMember.objects.create(team=team, user=user, weight=weight)

    def _email_settings(self):
        EmailSettings.objects.get_or_create(
            site=self.site,
            defaults={
                "sender_name": "Alder & Aulne",
                "sender_address": "post@alder-aulne.example",
                "reply_to": deliveries.ANSWERS_ADDRESS,
                "postal_address": "3, Mill Lane\nThe Towpath",
                "accent_colour": "#1f4a3d",
                "text_colour": "#1d2b26",
                "background_colour": "#f4ecd8",
                "social_profiles": [
                    ("profile", {"network": "mastodon", "url": "https://social.example/@mill", "name": ""}),
                    ("profile", {"network": "instagram", "url": "https://pictures.example/mill", "name": ""}),
                ],
            },
        )
        deliveries.servers()
        for username, role in SIGNATURES.items():
            user = get_user_model().objects.filter(username=username).first()
            if user is not None:
                SenderProfile.objects.get_or_create(user=user, defaults={"role": role})

    def _lists(self):
        for name, description, colour in (
            (LETTERS, "Everybody who asked for letters, by the guide's form or at the fair.", "green"),
            (NIGHTS, "They opened the guide: they may really sleep outdoors.", "amber"),
        ):
            self.lists[name], _made = LeadList.objects.get_or_create(
                name=name, defaults={"description": description, "colour": colour}
            )
        CustomField.objects.get_or_create(
            key="companion",
            defaults={"label": "Companion", "type": CustomField.Type.TEXT, "help_text": "Who comes along"},
        )

    # -- emails ----------------------------------------------------------------------------------------

    def _emails(self):
        for key, by_language in {**EMAILS, "ask": ASK}.items():
            for code, words in by_language.items():
                translation_key = key_of(f"email:{key}")
                email = Email.objects.filter(
                    translation_key=translation_key, locale=self.locales[code]
                ).first()
                if email is None:
                    email = Email(
                        name=words["name"],
                        subject=words["subject"],
                        preheader=words["preheader"],
                        locale=self.locales[code],
                        translation_key=translation_key,
                        site=self.site,
                        live=False,
                        sent_by="owner" if key == "care" else "person",
                        sent_by_user=get_user_model().objects.filter(username=WRITERS[key]).first(),
                    )
                    set_stream(
                        email, "body", [(kind, self._email_value(code, v)) for kind, v in words["body"]]
                    )
                    email.full_clean()
                    email.save()
                    email.save_revision().publish()
                self.emails[code, key] = email

    def _email_value(self, code: str, value: dict) -> dict:
        made = dict(value)
        if "alternatives" in made:
            made["alternatives"] = [
                {
                    "type": "item",
                    "id": str(uuid.uuid4()),
                    "value": {"name": name, "rule": WITH_COMPANY, "content": self._email_rows(code, rows)},
                }
                for name, rows in made["alternatives"]
            ]
            made["fallback"] = self._email_rows(code, made["fallback"])
        if "teaser" in made:
            made["page"] = self.pages[code, made.pop("teaser")].pk
            return made
        if "columns" in made:
            made["columns"] = [
                {"type": "item", "id": str(uuid.uuid4()), "value": self._email_value(code, column)}
                for column in made["columns"]
            ]
        if made.pop("survey_here", False):
            made["survey"] = self.contents.surveys[code].pk
        if "asset_key" in made:
            made["asset"] = self.contents.assets[code, made.pop("asset_key")].pk
        if "picture" in made:
            made["image"] = self.images[made.pop("picture")].pk
        if "page" in made:
            made["link"] = {"page": self.pages[code, made.pop("page")].pk, "url": ""}
        return made

    def _email_rows(self, code: str, rows: list) -> list[dict]:
        return [
            {"type": kind, "value": self._email_value(code, value), "id": str(uuid.uuid4())}
            for kind, value in rows
        ]

    def recompile(self):
        """After the site's address changed: what is published gets new links."""
        for email in Email.objects.filter(live=True):
            compile_version(email=email)

    # -- forms -----------------------------------------------------------------------------------------

    def _forms(self):
        for key, by_language in FORMS.items():
            for code, words in by_language.items():
                translation_key = key_of(f"form:{key}")
                form = Form.objects.filter(translation_key=translation_key, locale=self.locales[code]).first()
                if form is None:
                    form = Form(
                        name=words["name"],
                        locale=self.locales[code],
                        translation_key=translation_key,
                        site=self.site,
                        submit_label=words["submit_label"],
                        thank_you_text=words["thank_you_text"],
                    )
                    set_stream(
                        form,
                        "fields",
                        [
                            (kind, {"label": label, "field_key": name, **more})
                            for kind, name, label, more in words["fields"]
                        ],
                    )
                    if key == "guide":
                        set_stream(form, "actions", [("list_add", {"list": self.lists[LETTERS].pk})])
                    form.full_clean()
                    form.save()
                self.forms[code, key] = form

    # -- segments --------------------------------------------------------------------------------------

    def _segments(self):
        wanted = {
            CLICKED: (
                "They followed a link of the guide's first email. The home page speaks to them.",
                "amber",
                rule(("email_clicked", {"email": self.emails["en", "guide"].pk})),
                {},
            ),
            "Ripe for a care plan": (
                "Looked at the prices twice, or has gathered more than ten points.",
                "green",
                rule(
                    ("page_visited", {"page": self.pages["en", "pricing"].pk, "url": "", "times": 2}),
                    ("score_above", {"value": 10}),
                    match="any",
                ),
                {
                    "persona_name": "Maren, keeper of an old farmhouse",
                    "persona_text": "Wants the frames to last another fifty years and to be told what it "
                    "costs before anybody comes. Fears a salesman more than a draught.",
                },
            ),
            "French readers": (
                "Their language is French.",
                "blue",
                rule(("field_equals", {"field": "language", "value": "fr"})),
                {"persona_name": "Solange, who reads everything twice"},
            ),
        }
        for name, (description, colour, raw, more) in wanted.items():
            segment = Segment.objects.filter(name=name).first()
            if segment is None:
                segment = Segment(
                    name=name, description=description, colour=colour, rule=raw, live=False, **more
                )
                segment.full_clean()
                segment.save()
                segment.save_revision().publish()
            self.segments[name] = segment

    # -- pages -----------------------------------------------------------------------------------------

    def _pages(self):
        for code in self.locales:
            self.add_block(code, "guide", "form", self.forms[code, "guide"].pk)
            self.add_block(code, "contact", "form", self.forms[code, "contact"].pk)
            self.pages[code, "season"] = landing.build(self, code)
        self.contents.before_pages()
        for code in self.locales:
            self.add_block(code, "night", "asset", self.contents.assets[code, "guide"].pk)
            self.add_block(code, "about", "shared_dynamic", self.contents.shared[code].pk)
            self.share(self.emails[code, "guide"], self.contents.shared[code])
            self.add_block(code, "contact", "push_button", channels.BUTTON[code])
            self.add_block(code, "about", "survey", self.contents.surveys[code].pk)
            self.add_block(code, "home", "dynamic", self._dynamic(code), position=0)

    def _dynamic(self, code: str) -> dict:
        words = HOME[code]
        segment = self.segments[CLICKED].pk
        return {
            "alternatives": [
                {
                    "type": "item",
                    "id": str(uuid.uuid4()),
                    "value": {
                        "name": words["name"],
                        "rule": rule(("in_segment", {"segment": segment})),
                        "content": [self._banner(code, words["clicked"])],
                    },
                }
            ],
            "fallback": [self._banner(code, words["everybody"])],
        }

    def _banner(self, code: str, words: dict) -> dict:
        target, label = words["link"]
        value = {**words, "link": {"page": self.pages[code, target].pk, "label": label}}
        return {"type": "banner", "id": str(uuid.uuid4()), "value": value}

    def add_block(self, code: str, key: str, kind: str, value, position: int | None = None):
        """Put one block on a page that has none of its type."""
        page = self.pages[code, key].specific_class.objects.get(pk=self.pages[code, key].pk)
        if any(child.block_type == kind for child in page.body):
            return
        block = page._meta.get_field("body").stream_block
        raw = block.get_prep_value(page.body)
        place = len(raw) if position is None else position
        raw.insert(place, {"type": kind, "value": value, "id": str(uuid.uuid4())})
        page.body = block.to_python(raw)
        page.save_revision().publish()

    def share(self, email: Email, content: DynamicContent):
        """Show a shared content in a published email that has none, above the signature."""
        if any(child.block_type == "shared_dynamic" for child in email.body):
            return
        block = Email._meta.get_field("body").stream_block
        raw = block.get_prep_value(email.body)
        place = next((n for n, child in enumerate(raw) if child["type"] == "signature"), len(raw))
        value = {"type": "shared_dynamic", "value": {"content": content.pk}, "id": str(uuid.uuid4())}
        raw.insert(place, value)
        email.body = block.to_python(raw)
        email.save_revision().publish()

    # -- campaigns -------------------------------------------------------------------------------------

    def _campaigns(self):
        self._campaign(
            GUIDE_CAMPAIGN,
            "Sends the guide at once, asks three days later whether it was opened, and goes on accordingly.",
            self._guide_tree(),
            category="Guide",
            colour="amber",
        )
        self._campaign(
            CARE_CAMPAIGN,
            "Who writes to the mill gets the prices a day later, unless they have found them by themselves.",
            self._care_tree(),
            category="Care plans",
            colour="violet",
        )
        self._campaign(
            ASK_CAMPAIGN,
            "Two weeks after a letter to the mill: one question, one click, once a quarter at most.",
            self._ask_tree(),
            category="Care plans",
            colour="teal",
        )

        self._campaign(
            channels.EVENING_CAMPAIGN,
            "Whoever is put on the guest list is invited on the channel that they prefer.",
            self._evening_tree(),
            category="Guide",
            colour="blue",
        )

    def _campaign(self, name: str, description: str, tree: list[dict], *, category: str, colour: str):
        campaign = Campaign.objects.filter(name=name).first()
        if campaign is None:
            kept, _made = Category.objects.get_or_create(
                type=Category.Type.CAMPAIGN, name=category, defaults={"colour": colour}
            )
            campaign = Campaign(name=name, description=description, category=kept, colour=colour, live=False)
            block = Campaign._meta.get_field("tree").stream_block
            campaign.tree = block.to_python(tree)
            campaign.full_clean()
            campaign.save()
            campaign.save_revision().publish()
            campaign.refresh_from_db()
        self.campaigns[name] = campaign

    def _guide_tree(self) -> list[dict]:
        tree = Tree()
        tree.step("on_form_submitted", {"form": self.forms["en", "guide"].pk}, branch="start")
        tree.step("do_email_send", {"email": self.emails["en", "guide"].pk}, name="Send the guide")
        tree.step("wait_minutes", {"amount": 1, "unit": "minutes"})
        asked = tree.step(
            "decision",
            {
                "rule": rule(("email_clicked", {"email": self.emails["en", "guide"].pk})),
                "patience": 3,
                "unit": "days",
            },
            name="Opened the guide?",
        )
        tree.step("do_score_change", {"operation": "add", "value": 10}, parent=asked, branch="yes")
        tree.step("do_list_add", {"list": self.lists[NIGHTS].pk}, parent=asked, branch="yes")
        tree.step(
            "do_email_send",
            {"email": self.emails["en", "second"].pk},
            parent=asked,
            branch="yes",
            name="What to carry",
        )
        tree.step(
            "do_email_send",
            {"email": self.emails["en", "reminder"].pk},
            parent=asked,
            branch="no",
            name="Ask once more",
        )
        return tree.steps

    def _care_tree(self) -> list[dict]:
        tree = Tree()
        tree.step("on_form_submitted", {"form": self.forms["en", "contact"].pk}, branch="start")
        asked = tree.step(
            "decision",
            {
                "rule": rule(
                    ("page_visited", {"page": self.pages["en", "pricing"].pk, "url": "", "times": 1})
                ),
                "patience": 1,
                "unit": "days",
            },
            name="Found the prices?",
        )
        tree.step("do_score_change", {"operation": "add", "value": 5}, parent=asked, branch="yes")
        tree.step(
            "do_email_send",
            {"email": self.emails["en", "care"].pk},
            parent=asked,
            branch="no",
            name="Send the prices",
        )
        return tree.steps

    def _ask_tree(self) -> list[dict]:
        tree = Tree()
        tree.step("on_form_submitted", {"form": self.forms["en", "contact"].pk}, branch="start")
        tree.step("wait_days", {"amount": 14, "unit": "days"})
        survey = self.contents.surveys["en"].pk
        tree.step(
            "do_survey_send",
            {"survey": survey, "email": self.emails["en", "ask"].pk, "not_again_days": 90},
            name="Ask for a number",
        )
        asked = tree.step(
            "decision",
            {
                "rule": rule(("nps_class", {"survey": survey, "nps_class": "detractor"})),
                "patience": 5,
                "unit": "days",
            },
            name="Unhappy?",
        )
        tree.step(
            "do_alert_send",
            {"to": "owner", "text": "This person would not send us a friend. Please write."},
            parent=asked,
            branch="yes",
            name="Tell the owner",
        )
        return tree.steps

    def _evening_tree(self) -> list[dict]:
        tree = Tree()
        guests = LeadList.objects.get_or_create(name=channels.GUESTS)[0]
        tree.step("on_list_joined", {"list": guests.pk}, branch="start")
        tree.step(
            "do_message_send",
            {"message": MarketingMessage.objects.get(name=channels.EVENING).pk},
            name="Invite",
        )
        asked = tree.step(
            "decision",
            {
                "rule": rule(("sms_clicked", {"message": None})),
                "patience": 2,
                "unit": "days",
            },
            name="Looked it up?",
        )
        tree.step(
            "do_notify_owner",
            {"text": "This person wants to know more about the lantern evening."},
            parent=asked,
            branch="yes",
            name="Tell the owner",
        )
        tree.step(
            "do_push_send",
            {"message": PushMessage.objects.get(name=channels.WATER, locale=self.locales["en"]).pk},
            parent=asked,
            branch="no",
            name="News of the water",
        )
        return tree.steps


class Tree:
    """Writes a campaign's tree step by step; the order of the calls is the order in each branch."""

    def __init__(self):
        self.steps: list[dict] = []

    def step(self, kind: str, config: dict, *, parent: str = "", branch: str = "main", name: str = "") -> str:
        """Add a step; returns its id."""
        key = str(uuid.uuid4())
        value = {"parent": parent, "branch": branch, "name": name, "config": config}
        self.steps.append({"id": key, "type": kind, "value": value})
        return key
