"""Channels of the admin, what is written for them, and the messages that go out over them."""

import uuid

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models, transaction
from django.utils.translation import gettext_lazy as _
from modelcluster.models import ClusterableModel
from wagtail.models import (
    DraftStateMixin,
    LockableMixin,
    PreviewableMixin,
    RevisionMixin,
    TranslatableMixin,
    WorkflowMixin,
)

from wagtail_automation.leads.models import Lead
from wagtail_automation.outbox import OutboxQuerySet, OutboxRow, waiting_indexes

from .registry import channel_kinds, medium


class ChannelQuerySet(models.QuerySet):
    def for_medium(self, key: str):
        """The channel that messages of this medium take when they name none; None: there is none."""
        return self.filter(medium=key, is_active=True).order_by("-is_default", "pk").first()


class Channel(models.Model):
    """One way out of the site: a gateway with its options. Secrets are names of entries of SECRETS."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(_("name"), max_length=80, unique=True)
    kind = models.CharField(_("kind"), max_length=40)
    medium = models.CharField(_("medium"), max_length=20, editable=False, default="sms")
    options = models.JSONField(default=dict, blank=True, editable=False)
    is_active = models.BooleanField(_("in use"), default=False)
    is_default = models.BooleanField(
        _("used where a message names no channel"), default=False, help_text=_("Of several, the oldest.")
    )

    per_minute = models.PositiveIntegerField(
        _("messages a minute"), default=0, help_text=_("At most so many; 0: as fast as it goes.")
    )

    objects = ChannelQuerySet.as_manager()

    class Meta:
        verbose_name = _("channel")
        verbose_name_plural = _("channels")
        ordering = ["name"]

    def __str__(self):
        return self.name

    def save(self, *args, **kwargs):
        if self.kind_class is not None:
            self.medium = self.kind_class.medium
        super().save(*args, **kwargs)

    @property
    def kind_class(self):
        """The registered class; None when its app is gone."""
        return channel_kinds.get(self.kind)

    @property
    def handler(self):
        """The kind with this channel's options; None when its app is gone."""
        return self.kind_class(self.options) if self.kind_class else None

    @property
    def medium_label(self):
        return medium(self.medium).label

    @property
    def kind_label(self):
        return self.kind_class.label if self.kind_class else self.kind


class ChannelContent(
    WorkflowMixin,
    DraftStateMixin,
    LockableMixin,
    RevisionMixin,
    PreviewableMixin,
    TranslatableMixin,
    ClusterableModel,
):
    """Base of what editors write for a channel. Each publication becomes a ``ChannelVersion``."""

    #: which medium it is written for, and what it is taken for where no channel is chosen
    medium = ""

    name = models.CharField(_("name"), max_length=160, help_text=_("Only seen by your team."))
    site = models.ForeignKey(
        "wagtailcore.Site",
        verbose_name=_("site"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        help_text=_("Whose address links begin with. Empty: the default site."),
    )

    class Meta(TranslatableMixin.Meta):
        abstract = True

    def __str__(self):
        return self.name

    #: whose preview it is: the leads on offer are theirs to see
    previewed_by = None

    def content(self) -> dict[str, str]:
        """The texts, with Liquid, by name."""
        raise NotImplementedError

    @property
    def preview_modes(self):
        from wagtail_automation.messaging import preview

        looks = (preview.TEXT, preview.DARK, preview.NO_IMAGES)  # of emails
        return [mode for mode in preview.modes(self.previewed_by) if mode[0] not in looks]

    def publish(self, revision, **kwargs):
        """As DraftStateMixin, in one transaction with the version that is made of it."""
        with transaction.atomic():
            list(type(self).objects.select_for_update(of=("self",)).filter(pk=self.pk).values_list("pk"))
            return super().publish(revision, **kwargs)


class ChannelVersionQuerySet(models.QuerySet):
    def newest_by_language(self, translation_key) -> list:
        """One version per language: those published now, else the last there were (refused at hand-over)."""
        newest: dict[str, ChannelVersion] = {}
        for version in self.filter(translation_key=translation_key).order_by("-is_current", "-pk"):
            newest.setdefault(version.language, version)
        current = [version for version in newest.values() if version.is_current]
        return current or list(newest.values())


class ChannelVersion(models.Model):
    """One publication of a message for a channel, with its Liquid. Only the two flags ever change."""

    medium = models.CharField(max_length=20)
    #: label of the model and number of what it was made of: it may be deleted
    source = models.CharField(max_length=100)
    source_pk = models.BigIntegerField()
    translation_key = models.UUIDField(db_index=True)
    language = models.CharField(_("language"), max_length=20)
    name = models.CharField(_("name"), max_length=160)
    site = models.ForeignKey(
        "wagtailcore.Site", on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    channel = models.ForeignKey(Channel, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    content = models.JSONField(default=dict)
    #: ``{"link_1": {"id": …, "url": …, "label": …}}``: only these may be redirected to; with a ``template``
    #: where values stand in the address
    links = models.JSONField(default=dict)
    is_current = models.BooleanField(default=True)
    #: unpublished or deleted: what is queued is not sent
    is_retired = models.BooleanField(default=False)
    created_at = models.DateTimeField()

    objects = ChannelVersionQuerySet.as_manager()

    class Meta:
        verbose_name = _("version of a message")
        verbose_name_plural = _("versions of messages")
        constraints = [
            models.UniqueConstraint(
                fields=["source", "source_pk"],
                condition=models.Q(is_current=True),
                name="wa_channelversion_one_current",
            ),
        ]

    def __str__(self):
        return f"{self.name} ({self.language})"


class ChannelRow(OutboxRow):
    """Abstract: something in an outbox that goes over a channel."""

    uuid = models.UUIDField(unique=True, default=uuid.uuid4)
    site = models.ForeignKey(
        "wagtailcore.Site", on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    #: what the gateway said, or more about the reason
    detail = models.CharField(_("detail"), max_length=255, blank=True, default="")
    #: what the gateway calls it in its reports
    provider_id = models.CharField(max_length=120, blank=True, default="")
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)

    class Meta:
        abstract = True


class ChannelMessage(ChannelRow):
    """One message to one lead over a channel: queued by an activity, handed over by the sender."""

    lead = models.ForeignKey(
        Lead, verbose_name=_("lead"), on_delete=models.CASCADE, related_name="channel_messages"
    )
    medium = models.CharField(_("medium"), max_length=20)
    channel = models.ForeignKey(
        Channel,
        verbose_name=_("channel"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="messages",
    )
    version = models.ForeignKey(
        ChannelVersion, verbose_name=_("text"), on_delete=models.PROTECT, related_name="messages"
    )
    #: what was handed over, emptied by retention
    content = models.JSONField(default=dict, blank=True, encoder=DjangoJSONEncoder)
    #: ``{"link_1": where it leads}`` of the links with values in their address, emptied by retention
    targets = models.JSONField(default=dict, blank=True)
    #: the number it went to, where the address is one
    address = models.CharField(_("address"), max_length=60, blank=True, default="")
    delivered_at = models.DateTimeField(_("delivered"), null=True, blank=True)
    undelivered_at = models.DateTimeField(_("not delivered"), null=True, blank=True)
    clicked_at = models.DateTimeField(_("clicked"), null=True, blank=True)

    objects = OutboxQuerySet.as_manager()

    class Meta:
        verbose_name = _("message over a channel")
        verbose_name_plural = _("messages over channels")
        indexes = [
            *waiting_indexes("chmessage"),
            models.Index(
                fields=["channel", "provider_id"],
                condition=models.Q(provider_id__gt=""),
                name="wa_chmessage_provider",
            ),
            models.Index(
                fields=["address", "id"], condition=models.Q(address__gt=""), name="wa_chmessage_address"
            ),
            models.Index(
                fields=["origin", "sent_at"], condition=models.Q(state="sent"), name="wa_chmessage_sent"
            ),
            models.Index(
                fields=["origin", "state", "not_before"],
                condition=models.Q(state__in=["queued", "in_hand", "doubtful", "failed"]),
                name="wa_chmessage_open",
            ),
        ]

    def __str__(self):
        return f"{self.version} → {self.lead}"

    @property
    def written(self) -> str:
        """What the person got, as plain text; empty before and once retention has emptied it."""
        return "\n".join(str(text) for text in self.content.values() if text)


class ChannelReply(models.Model):
    """What somebody answered over a channel, once per name that the gateway gave it."""

    channel = models.ForeignKey(
        Channel, verbose_name=_("channel"), on_delete=models.CASCADE, related_name="replies"
    )
    provider_id = models.CharField(max_length=120)
    lead = models.ForeignKey(
        Lead, verbose_name=_("lead"), on_delete=models.CASCADE, related_name="channel_replies"
    )
    message = models.ForeignKey(
        ChannelMessage,
        verbose_name=_("answers"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="replies",
    )
    text = models.TextField(_("text"), blank=True)
    is_stop = models.BooleanField(_("asks to stop"), default=False)
    at = models.DateTimeField(_("received"))

    class Meta:
        verbose_name = _("answer")
        verbose_name_plural = _("answers")
        constraints = [
            models.UniqueConstraint(fields=["channel", "provider_id"], name="wa_channelreply_once"),
        ]

    def __str__(self):
        return f"{self.lead}: {self.text[:60]}"
