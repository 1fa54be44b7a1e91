"""What people add to a lead: notes, files, a photo."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models.signals import post_delete
from django.dispatch import receiver
from django.utils.translation import gettext_lazy as _

from wagtail_automation import clock
from wagtail_automation.private import private_storage

NOTE_LENGTH = 10_000


class LeadNote(models.Model):
    """Something worth remembering about a lead, as plain text. By a person (``author``), or by a campaign or
    form (``source``); ``key`` makes the act of a campaign unrepeatable."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    lead = models.ForeignKey(
        "wagtail_automation_leads.Lead",
        on_delete=models.CASCADE,
        related_name="notes",
        verbose_name=_("lead"),
        db_index=False,
    )
    text = models.TextField(_("note"), max_length=NOTE_LENGTH)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("author"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    source = models.CharField(_("source"), max_length=100, blank=True)
    key = models.CharField(max_length=200, blank=True, editable=False)
    created_at = models.DateTimeField(_("created"), default=clock.now, editable=False)
    edited_at = models.DateTimeField(_("edited"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("note")
        verbose_name_plural = _("notes")
        ordering = ["-created_at", "-pk"]
        indexes = [models.Index(fields=["lead", "-created_at"], name="wa_note_lead_newest")]
        constraints = [
            models.UniqueConstraint(fields=["key"], condition=~models.Q(key=""), name="wa_note_key_once")
        ]

    def __str__(self):
        return self.text[:80]


def file_path(instance: "LeadFile", filename: str) -> str:
    """Where a file lies: nothing of its name or of the person stands in the path."""
    return f"leads/{instance.uuid.hex[:2]}/{instance.uuid.hex}"


class LeadFile(models.Model):
    """A file about a lead, kept in private storage and sent by a view that asks for permission."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    lead = models.ForeignKey(
        "wagtail_automation_leads.Lead",
        on_delete=models.CASCADE,
        related_name="files",
        verbose_name=_("lead"),
        db_index=False,
    )
    file = models.FileField(_("file"), storage=private_storage, upload_to=file_path, max_length=200)
    name = models.CharField(_("name"), max_length=200)
    size = models.PositiveBigIntegerField(_("size"), default=0)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("author"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    created_at = models.DateTimeField(_("created"), default=clock.now, editable=False)

    class Meta:
        verbose_name = _("file")
        verbose_name_plural = _("files")
        ordering = ["-created_at", "-pk"]
        indexes = [models.Index(fields=["lead", "-created_at"], name="wa_file_lead_newest")]

    def __str__(self):
        return self.name


@receiver(post_delete, sender=LeadFile, dispatch_uid="wagtail_automation_leads_file")
def remove_file(sender, instance, using, **kwargs):
    """The row is gone, so is the file – once the deletion is certain."""
    from django.db import transaction

    storage, name = instance.file.storage, instance.file.name
    if name:
        transaction.on_commit(lambda: storage.delete(name), using=using)


class LeadPhoto(models.Model):
    """A portrait: small, square, drawn anew from what was uploaded, so that nothing else of that file is
    kept. In the database, since it is a few kilobytes and must never have a public address."""

    lead = models.OneToOneField(
        "wagtail_automation_leads.Lead",
        on_delete=models.CASCADE,
        primary_key=True,
        related_name="photo",
        verbose_name=_("lead"),
    )
    image = models.BinaryField()
    digest = models.CharField(max_length=16)
    created_at = models.DateTimeField(_("created"), default=clock.now, editable=False)

    class Meta:
        verbose_name = _("photo")
        verbose_name_plural = _("photos")

    def __str__(self):
        return self.digest
