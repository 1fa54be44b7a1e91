"""Browsers, their visits, the append-only facts, and the totals that spare everybody from scanning them."""

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _
from modelcluster.fields import ParentalKey
from modelcluster.models import ClusterableModel
from wagtail.admin.panels import FieldPanel, MultiFieldPanel
from wagtail.contrib.settings.models import BaseSiteSetting, register_setting

from wagtail_automation.admin.strict import InlinePanel

from . import querysets


class Level(models.TextChoices):
    """How well a browser's person is known; each level allows what the ones before allow."""

    ANONYMOUS = "anonymous", _("Anonymous")
    RECOGNISED = "recognised", _("Recognised")
    IDENTIFIED = "identified", _("Identified")


class Device(models.TextChoices):
    DESKTOP = "desktop", _("Desktop computer")
    MOBILE = "mobile", _("Mobile phone")
    TABLET = "tablet", _("Tablet")
    OTHER = "other", _("Other device")


class Visitor(models.Model):
    """One browser that consented. `uuid` is what its signed cookie holds; nothing else identifies it."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    lead = models.ForeignKey(
        "wagtail_automation_leads.Lead",
        on_delete=models.CASCADE,
        related_name="visitors",
        verbose_name=_("lead"),
    )
    level = models.CharField(_("known as"), max_length=12, choices=Level.choices, default=Level.ANONYMOUS)
    created_at = models.DateTimeField(_("first seen"))
    last_seen_at = models.DateTimeField(_("last seen"), db_index=True)

    objects = querysets.VisitorQuerySet.as_manager()

    class Meta:
        verbose_name = _("visitor")
        verbose_name_plural = _("visitors")

    def __str__(self):
        return str(self.uuid)


class Visit(models.Model):
    """A stretch of page views of one visitor on one site without a pause of 30 minutes.

    `user_agent` is the evidence of the machine-or-human verdict, kept so that it can be judged again.
    `seconds` counts the time pages were visible, as the script reported it.
    """

    visitor = models.ForeignKey(
        Visitor, on_delete=models.CASCADE, related_name="visits", db_index=False, verbose_name=_("visitor")
    )
    site = models.ForeignKey(
        "wagtailcore.Site", null=True, on_delete=models.SET_NULL, related_name="+", verbose_name=_("site")
    )
    started_at = models.DateTimeField(_("started"), db_index=True)
    last_at = models.DateTimeField(_("last seen"))
    pages = models.PositiveIntegerField(_("pages"), default=0)
    seconds = models.PositiveIntegerField(_("seconds on pages"), default=0)
    landing_url = models.TextField(_("first page"), blank=True)
    referrer = models.TextField(_("came from"), blank=True)
    source = models.CharField(_("source"), max_length=100, blank=True)
    medium = models.CharField(_("medium"), max_length=100, blank=True)
    campaign = models.CharField(_("campaign"), max_length=100, blank=True)
    term = models.CharField(_("search term"), max_length=100, blank=True)
    content = models.CharField(_("advertisement"), max_length=100, blank=True)
    device = models.CharField(_("device"), max_length=8, choices=Device.choices, default=Device.OTHER)
    user_agent = models.CharField(_("browser"), max_length=400, blank=True)
    browser = models.CharField(_("kind of browser"), max_length=30, blank=True)
    system = models.CharField(_("operating system"), max_length=30, blank=True)
    country = models.CharField(_("country"), max_length=2, blank=True)
    region = models.CharField(_("region"), max_length=100, blank=True)
    city = models.CharField(_("city"), max_length=100, blank=True)
    human = models.BooleanField(_("human"), default=True)

    objects = querysets.VisitQuerySet.as_manager()

    class Meta:
        verbose_name = _("visit")
        verbose_name_plural = _("visits")
        indexes = [models.Index(fields=["visitor", "last_at"], name="wa_visit_visitor")]

    def __str__(self):
        return f"{self.visitor_id} {self.started_at:%Y-%m-%d %H:%M}"


class Event(models.Model):
    """A past fact. Written once; only a merge re-points `lead`, an erasure or the retention deletes.

    No key constrains this table in either direction, so that it can be partitioned by month: uniqueness is
    EventKey's work and deletion the owner's. `visitor` is the truth about who it was, `lead` its copy for the
    questions. `object_kind` and `object_key` are those of `wagtail_automation.objects`; `place` says where in
    the tree a viewed page stood then (PagePlace). A BRIN index on `at` stands in the migration for PostgreSQL
    alone (144 KB where a B-tree takes 301 MB, as fast).
    """

    lead = models.ForeignKey(
        "wagtail_automation_leads.Lead",
        null=True,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        related_name="events",
        verbose_name=_("lead"),
    )
    visitor = models.ForeignKey(
        Visitor,
        null=True,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        related_name="events",
        verbose_name=_("visitor"),
    )
    site = models.ForeignKey(
        "wagtailcore.Site",
        null=True,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        related_name="+",
        verbose_name=_("site"),
    )
    name = models.CharField(_("event"), max_length=40)
    object_kind = models.SmallIntegerField(null=True)
    object_key = models.UUIDField(null=True)
    place = models.IntegerField(null=True)
    url = models.TextField(_("address"), blank=True)
    value = models.BigIntegerField(_("value"), null=True)
    data = models.JSONField(default=dict)
    channel = models.CharField(_("channel"), max_length=20, blank=True)
    human = models.BooleanField(_("human"), default=True)
    at = models.DateTimeField(_("time"))

    objects = querysets.EventQuerySet.as_manager()

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        indexes = [
            models.Index(
                fields=["lead", "name", "at"], name="wa_event_lead", condition=models.Q(lead__isnull=False)
            ),
            models.Index(
                fields=["name", "object_key", "lead"],
                name="wa_event_object",
                condition=models.Q(object_key__isnull=False),
            ),
            models.Index(
                fields=["visitor"], name="wa_event_visitor", condition=models.Q(visitor__isnull=False)
            ),
            # for the log of campaigns; page views, which are most events, are not in it
            models.Index(
                fields=["name", "at"], name="wa_event_name_at", condition=~models.Q(name="page_viewed")
            ),
            models.Index(
                fields=["object_key", "at"],
                name="wa_event_campaign",
                condition=models.Q(name__in=["campaign_entered", "campaign_left"]),
            ),
        ]

    def __str__(self):
        return f"{self.name} {self.at:%Y-%m-%d %H:%M:%S}"


class EventKey(models.Model):
    """Keys of events already recorded: what makes a repeated delivery change nothing."""

    key = models.CharField(max_length=200, primary_key=True)
    at = models.DateTimeField(db_index=True)

    objects = querysets.EventKeyQuerySet.as_manager()

    def __str__(self):
        return self.key


class LeadTotals(models.Model):
    """What the visits of one lead add up to; apart from Lead, so that a page view never touches its row."""

    lead = models.OneToOneField(
        "wagtail_automation_leads.Lead",
        on_delete=models.CASCADE,
        primary_key=True,
        related_name="tracking_totals",
        verbose_name=_("lead"),
    )
    visits = models.PositiveIntegerField(_("visits"), default=0)
    pages = models.PositiveIntegerField(_("pages"), default=0)
    first_seen_at = models.DateTimeField(_("first seen"))
    last_seen_at = models.DateTimeField(_("last seen"))
    visit_at = models.DateTimeField(_("start of the latest visit"), null=True)
    visit_seconds = models.PositiveIntegerField(_("length of the latest visit in seconds"), default=0)

    objects = querysets.LeadTotalsQuerySet.as_manager()

    class Meta:
        verbose_name = _("totals of a lead")
        verbose_name_plural = _("totals of leads")

    def __str__(self):
        return str(self.lead_id)


class Arrival(models.Model):
    """The first and the latest visit of a lead, one row each, so that rules never look through visits.

    All text is folded (without case and accents), since it is only asked, never shown; the visit has it as it
    was.
    """

    class Which(models.TextChoices):
        FIRST = "first", _("First visit")
        LATEST = "latest", _("Latest visit")

    lead = models.ForeignKey(
        "wagtail_automation_leads.Lead",
        on_delete=models.CASCADE,
        related_name="arrivals",
        db_index=False,
        verbose_name=_("lead"),
    )
    which = models.CharField(max_length=6, choices=Which.choices)
    at = models.DateTimeField()
    source = models.CharField(max_length=200, blank=True)
    medium = models.CharField(max_length=200, blank=True)
    campaign = models.CharField(max_length=200, blank=True)
    term = models.CharField(max_length=200, blank=True)
    content = models.CharField(max_length=200, blank=True)
    referrer = models.TextField(blank=True)
    device = models.CharField(max_length=8, blank=True)
    browser = models.CharField(max_length=30, blank=True)
    system = models.CharField(max_length=30, blank=True)
    country = models.CharField(max_length=2, blank=True)
    region = models.CharField(max_length=200, blank=True)
    city = models.CharField(max_length=200, blank=True)

    objects = querysets.ArrivalQuerySet.as_manager()

    class Meta:
        verbose_name = _("first or latest arrival")
        verbose_name_plural = _("first and latest arrivals")
        constraints = [models.UniqueConstraint(fields=["lead", "which"], name="wa_arrival_lead_which")]

    def __str__(self):
        return f"{self.lead_id} {self.which}"


class PagePlace(models.Model):
    """A page below its sections, as it stood when it was viewed: few rows, however many views.

    `chain` names the page and its ancestors by their translation keys, so that a section that moves keeps
    what was seen in it, and its translations count as it does.
    """

    chain = models.CharField(max_length=32, unique=True)

    def __str__(self):
        return self.chain


class PageSection(models.Model):
    """One of the pages that a place lies in, itself included."""

    place = models.ForeignKey(PagePlace, on_delete=models.CASCADE, related_name="sections", db_index=False)
    section = models.UUIDField()
    page = models.UUIDField()

    class Meta:
        # the page's own key is what the index of events is asked by
        indexes = [models.Index(fields=["section", "page"], name="wa_page_section")]
        constraints = [models.UniqueConstraint(fields=["place", "section"], name="wa_page_section_place")]

    def __str__(self):
        return f"{self.place_id} {self.section}"


class Link(models.Model):
    """An address whose clicks are recorded; the redirect goes only where a row says."""

    uuid = models.UUIDField(unique=True, editable=False, default=uuid.uuid4)
    url = models.TextField(_("address"))
    name = models.CharField(_("name"), max_length=200, blank=True)
    created_at = models.DateTimeField(_("created"))

    class Meta:
        verbose_name = _("link")
        verbose_name_plural = _("links")

    def __str__(self):
        return self.name or self.url


@register_setting(icon="lock")
class ConsentNoticeSettings(BaseSiteSetting, ClusterableModel):
    """Whether a site asks its visitors, and in which words; a language without words of its own gets ours."""

    enabled = models.BooleanField(
        _("ask visitors for consent"),
        default=True,
        help_text=_(
            "Without consent nothing about a visitor is stored, so a site that does not ask does not learn."
        ),
    )

    panels = [
        FieldPanel("enabled"),
        InlinePanel("texts", heading=_("Texts"), label=_("text in one language")),
    ]

    class Meta:
        verbose_name = _("consent notice")

    def __str__(self):
        return str(self._meta.verbose_name)


class ConsentNoticeText(models.Model):
    """The notice in one language. Empty fields fall back to the package's own words in that language."""

    notice = ParentalKey(ConsentNoticeSettings, on_delete=models.CASCADE, related_name="texts")
    locale = models.ForeignKey(
        "wagtailcore.Locale", on_delete=models.CASCADE, related_name="+", verbose_name=_("language")
    )
    heading = models.CharField(_("heading"), max_length=100, blank=True)
    text = models.TextField(_("text"), blank=True, max_length=2000)
    accept_label = models.CharField(_("button to accept"), max_length=60, blank=True)
    refuse_label = models.CharField(_("button to refuse"), max_length=60, blank=True)
    policy_page = models.ForeignKey(
        "wagtailcore.Page",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        verbose_name=_("privacy policy"),
    )

    panels = [
        MultiFieldPanel(
            [
                FieldPanel("locale"),
                FieldPanel("heading"),
                FieldPanel("text"),
                FieldPanel("accept_label"),
                FieldPanel("refuse_label"),
                FieldPanel("policy_page"),
            ]
        )
    ]

    class Meta:
        verbose_name = _("text of the consent notice")
        verbose_name_plural = _("texts of the consent notice")
        constraints = [models.UniqueConstraint(fields=["notice", "locale"], name="wa_notice_text_locale")]

    def __str__(self):
        return f"{self.locale}: {self.heading}"
