"""Newsletters, the lists and segments each goes to, and the people who are still to get it."""

import uuid

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from wagtail_automation import clock
from wagtail_automation.audiences.querysets import PlainQuerySet

from .querysets import NewsletterQuerySet

#: the longest spread, in hours: thirty days
LONGEST_SPREAD = 720


class NewsletterState(models.TextChoices):
    """Where a newsletter stands."""

    DRAFT = "draft", _("Being prepared")
    PLANNED = "planned", _("Planned")
    SENDING = "sending", _("Being sent")
    PAUSED = "paused", _("Paused")
    DONE = "done", _("Sent")
    CANCELLED = "cancelled", _("Cancelled")


#: what may still be changed
CHANGEABLE = (NewsletterState.DRAFT, NewsletterState.PLANNED)
#: what a worker or a person still has to do with
OPEN = (NewsletterState.PLANNED, NewsletterState.SENDING, NewsletterState.PAUSED)


class Newsletter(models.Model):
    """One sending of an email to many, once. Who gets it is fixed when it starts (``NewsletterRecipient``).

    ``send_at`` None: at once when it is ordered. ``begins_at``: when the audience is fixed – with
    ``in_each_zone`` the moment at which the hour comes in the first zone of the world.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(_("name"), max_length=160, help_text=_("Only seen by your team."))
    email = models.ForeignKey(
        "wagtail_automation_messaging.Email",
        verbose_name=_("email"),
        on_delete=models.PROTECT,
        related_name="newsletters",
        help_text=_("Each person gets it in their language, as it is published when their turn comes."),
    )
    topic = models.ForeignKey(
        "wagtail_automation_leads.Topic",
        verbose_name=_("topic"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text=_("People who do not want this topic are left out."),
    )
    with_unasked = models.BooleanField(
        _("also people who were never asked"),
        default=False,
        help_text=_("Otherwise only people who agreed to emails. Who refused never gets it."),
    )
    send_at = models.DateTimeField(
        _("send at"), null=True, blank=True, help_text=_("Empty: as soon as you order it.")
    )
    in_each_zone = models.BooleanField(
        _("at this hour where each person lives"),
        default=False,
        help_text=_(
            "Without a known time zone: at this hour of the site. Whose hour is past gets it at once."
        ),
    )
    spread_hours = models.PositiveSmallIntegerField(
        _("spread over so many hours"),
        default=0,
        validators=[MaxValueValidator(LONGEST_SPREAD)],
        help_text=_("0: as fast as the mail server takes it. 48: over two days, at most 720."),
    )
    is_notice = models.BooleanField(
        _("important notice"),
        default=False,
        help_text=_(
            "Neither quiet hours nor the number of messages that one person may get hold for it: for a "
            "change of contract or a recall, not for advertising."
        ),
    )
    email_b = models.ForeignKey(
        "wagtail_automation_messaging.Email",
        verbose_name=_("another email"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text=_("Half of those who take part get this one instead. Empty: no second content."),
    )
    subject_b = models.CharField(
        _("or another subject"),
        max_length=250,
        blank=True,
        help_text=_("For the same email; its translations keep their subject."),
    )
    test_share = models.PositiveSmallIntegerField(
        _("share of people who take part, in percent"),
        default=20,
        validators=[MinValueValidator(1), MaxValueValidator(100)],
        help_text=_("The others wait for the result. 100: everybody takes part and nobody waits."),
    )
    test_hours = models.PositiveSmallIntegerField(
        _("decided after so many hours"),
        default=4,
        validators=[MinValueValidator(1), MaxValueValidator(168)],
        help_text=_("The others then get the one that leads. You may decide earlier by hand."),
    )
    goal = models.ForeignKey(
        "wagtail_automation_audiences.Goal",
        verbose_name=_("goal that counts"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text=_("Empty: clicks count."),
    )
    experiment = models.ForeignKey(
        "wagtail_automation_audiences.Experiment",
        on_delete=models.PROTECT,
        null=True,
        editable=False,
        related_name="+",
    )
    #: when it was to be decided, as planned at the start: from then on the turns of the others are counted
    test_ends_at = models.DateTimeField(null=True, editable=False)
    #: of a pause in the comparison: how much of its time was left
    test_left = models.DurationField(null=True, editable=False)
    #: the email's version with the other subject
    version_b = models.ForeignKey(
        "wagtail_automation_messaging.EmailVersion",
        on_delete=models.SET_NULL,
        null=True,
        editable=False,
        related_name="+",
    )
    in_archive = models.BooleanField(
        _("in the public archive"),
        default=False,
        help_text=_("Everybody may read it on your site, without any value of a person."),
    )
    state = models.CharField(
        _("state"),
        max_length=10,
        choices=NewsletterState.choices,
        default=NewsletterState.DRAFT,
        editable=False,
    )
    #: why it stopped by itself, for people
    problem = models.TextField(blank=True, editable=False)
    #: at the start: by reason, who of the chosen people was left out, and how many are to get it ("")
    left_out = models.JSONField(default=dict, editable=False)
    total = models.PositiveIntegerField(_("recipients"), default=0, editable=False)
    #: figures when it ended, so that lists need not count (``figures``)
    counts = models.JSONField(default=dict, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("ordered by"),
        null=True,
        editable=False,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    created_at = models.DateTimeField(_("created"), default=clock.now, editable=False)
    begins_at = models.DateTimeField(_("begins"), null=True, editable=False)
    started_at = models.DateTimeField(_("started"), null=True, editable=False)
    finished_at = models.DateTimeField(_("finished"), null=True, editable=False)

    objects = NewsletterQuerySet.as_manager()

    class Meta:
        verbose_name = pgettext_lazy("model", "newsletter")
        verbose_name_plural = _("newsletters")
        ordering = ["-created_at", "-pk"]
        permissions = [("send_newsletter", "Can send newsletters")]
        indexes = [
            models.Index(
                fields=["begins_at"],
                condition=models.Q(state__in=["planned", "sending", "paused"]),
                name="wa_newsletter_open",
            )
        ]

    def __str__(self):
        return self.name

    @property
    def origin(self) -> str:
        """``Message.origin`` of its messages."""
        return f"newsletter:{self.pk}"

    @property
    def has_test(self) -> bool:
        """Whether there are two versions."""
        return bool(self.email_b_id or self.subject_b)

    @property
    def is_changeable(self) -> bool:
        return self.state in CHANGEABLE

    @property
    def is_open(self) -> bool:
        return self.state in OPEN


class NewsletterGroup(models.Model):
    """A list or a segment that a newsletter goes to, or leaves out. It cannot be deleted meanwhile: without
    one that is left out, more people would get mail."""

    newsletter = models.ForeignKey(Newsletter, on_delete=models.CASCADE, related_name="groups")
    lead_list = models.ForeignKey(
        "wagtail_automation_audiences.LeadList", on_delete=models.PROTECT, null=True, related_name="+"
    )
    segment = models.ForeignKey(
        "wagtail_automation_audiences.Segment", on_delete=models.PROTECT, null=True, related_name="+"
    )
    is_excluded = models.BooleanField(default=False)

    class Meta:
        verbose_name = _("audience of a newsletter")
        verbose_name_plural = _("audiences of newsletters")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(lead_list=None) ^ models.Q(segment=None), name="wa_newsletter_group_one"
            )
        ]

    def __str__(self):
        return str(self.newsletter)

    @property
    def target(self):
        return self.lead_list or self.segment


class NewsletterRecipient(models.Model):
    """Somebody who is to get a newsletter and has no message yet; the row goes when the message comes."""

    newsletter = models.ForeignKey(
        Newsletter, on_delete=models.CASCADE, related_name="recipients", db_index=False
    )
    lead = models.ForeignKey(
        "wagtail_automation_leads.Lead", on_delete=models.CASCADE, related_name="newsletters_to_come"
    )
    due_at = models.DateTimeField(_("due"))
    #: takes part in the comparison of two versions
    is_test = models.BooleanField(default=False)

    objects = PlainQuerySet.as_manager()

    wagtail_reference_index_ignore = True

    class Meta:
        verbose_name = _("recipient of a newsletter")
        verbose_name_plural = _("recipients of newsletters")
        constraints = [models.UniqueConstraint(fields=["newsletter", "lead"], name="wa_newsletter_recipient")]
        indexes = [models.Index(fields=["newsletter", "due_at", "id"], name="wa_newsletter_due")]

    def __str__(self):
        return f"{self.newsletter_id} → {self.lead_id}"
