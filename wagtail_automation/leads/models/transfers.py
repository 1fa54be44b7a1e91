"""Files that come in and go out with people in them, and the runs that read and write them.

Files are kept in the database, in pieces: media folders are public on most sites and not shared between
machines, and an erasure or a retention finds rows, not forgotten files.
"""

import uuid

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from wagtail_automation import clock
from wagtail_automation.background import AbstractRun


class StoredFile(models.Model):
    """A private file. Read and written by ``leads.files.storage``."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(_("file name"), max_length=255)
    size = models.BigIntegerField(_("size"), default=0)
    created_at = models.DateTimeField(_("created"), default=clock.now)

    wagtail_reference_index_ignore = True

    class Meta:
        verbose_name = _("stored file")
        verbose_name_plural = _("stored files")

    def __str__(self):
        return self.name


class StoredPiece(models.Model):
    """A piece of a file; pieces differ in length, ``start`` is the offset of the first byte."""

    file = models.ForeignKey(StoredFile, on_delete=models.CASCADE, related_name="pieces", db_index=False)
    start = models.BigIntegerField()
    data = models.BinaryField()

    wagtail_reference_index_ignore = True

    class Meta:
        constraints = [models.UniqueConstraint(fields=["file", "start"], name="wa_stored_piece_start")]

    def __str__(self):
        return f"{self.file_id}:{self.start}"


class ImportRun(AbstractRun):
    """One import: the file as it was uploaded, how it is read, where its columns go, and what became of it.

    ``format``: encoding, separator, sheet, header… as ``leads.files.reading`` wants it. ``header``: the names
    of the columns. ``columns``: ``{"target", "policy"}`` per column. ``options``: what the form of the kind
    asked. ``position``: rows read; ``total``: rows there are, known once the file was read through.
    """

    task = "wagtail_automation.leads.tasks.run_import"

    kind = models.CharField(_("what is imported"), max_length=30)
    name = models.CharField(_("file"), max_length=255)
    size = models.BigIntegerField(_("size"), default=0)
    upload = models.ForeignKey(StoredFile, null=True, on_delete=models.SET_NULL, related_name="+")
    #: the same as UTF-8 text, where the upload is a spreadsheet; made when the run begins
    text = models.ForeignKey(StoredFile, null=True, on_delete=models.SET_NULL, related_name="+")
    format = models.JSONField(default=dict)
    header = models.JSONField(default=list)
    columns = models.JSONField(default=list)
    options = models.JSONField(default=dict)

    class Meta(AbstractRun.Meta):
        verbose_name = _("import")
        verbose_name_plural = _("imports")

    def __str__(self):
        return self.name

    def get_absolute_url(self):
        return reverse("wagtail_automation_imports:report", args=[self.pk])

    @property
    def origin(self) -> str:
        """What values and memberships that come from it name as their source."""
        return f"import:{self.uuid}"

    @property
    def match_rate(self) -> int | None:
        """Of the people in the file, how many per hundred were known before; None when there are none."""
        matched, created = self.counts.get("matched", 0), self.counts.get("created", 0)
        return round(100 * matched / (matched + created)) if matched + created else None


class ImportProblem(models.Model):
    """What was wrong with a row: refused as a whole, or imported without some of its values."""

    run = models.ForeignKey(ImportRun, on_delete=models.CASCADE, related_name="problems", db_index=False)
    row = models.BigIntegerField(_("row"))
    refused = models.BooleanField(_("refused"))
    reason = models.TextField(_("reason"))
    cells = models.JSONField(default=list)

    wagtail_reference_index_ignore = True

    class Meta:
        ordering = ["row", "pk"]
        indexes = [models.Index(fields=["run", "row"], name="wa_import_problem_row")]

    def __str__(self):
        return f"{self.row}: {self.reason}"


class ImportedLead(models.Model):
    """A lead that an import made or met."""

    run = models.ForeignKey(ImportRun, on_delete=models.CASCADE, related_name="leads", db_index=False)
    lead = models.ForeignKey(
        "wagtail_automation_leads.Lead", on_delete=models.CASCADE, related_name="imports", db_index=True
    )
    created = models.BooleanField()

    wagtail_reference_index_ignore = True

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "lead"], name="wa_imported_lead")]

    def __str__(self):
        return f"{self.run_id}: {self.lead_id}"


class ImportMemory(models.Model):
    """How a person mapped a file with this header the last time."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=30)
    signature = models.CharField(max_length=64)
    columns = models.JSONField(default=list)
    options = models.JSONField(default=dict)
    used_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "kind", "signature"], name="wa_import_memory_header")
        ]

    def __str__(self):
        return f"{self.kind} {self.signature}"


class ExportRun(AbstractRun):
    """One export. ``source`` and ``query`` say whom, ``columns`` what. Only its user may fetch the file.

    ``position``: people written; ``last_pk``: the last of them, since they are written in descending order.
    """

    task = "wagtail_automation.leads.tasks.run_export"

    class Format(models.TextChoices):
        CSV = "csv", _("CSV (text, for every program)")
        XLSX = "xlsx", _("Excel workbook")

    source = models.CharField(max_length=30)
    query = models.JSONField(default=dict)
    name = models.CharField(_("what"), max_length=255)
    columns = models.JSONField(default=list)
    format = models.CharField(_("format"), max_length=4, choices=Format.choices, default=Format.CSV)
    last_pk = models.BigIntegerField(null=True)
    file = models.ForeignKey(StoredFile, null=True, on_delete=models.SET_NULL, related_name="+")
    expires_at = models.DateTimeField(_("expires"), null=True)

    class Meta(AbstractRun.Meta):
        verbose_name = _("export")
        verbose_name_plural = _("exports")

    def __str__(self):
        return self.name

    def get_absolute_url(self):
        return reverse("wagtail_automation_exports:report", args=[self.pk])


class MassRun(AbstractRun):
    """One change of many leads. ``source`` and ``query`` say whom, ``action`` and ``value`` what is done."""

    task = "wagtail_automation.leads.tasks.run_mass"

    action = models.CharField(max_length=30)
    value = models.JSONField(default=dict)
    source = models.CharField(max_length=30)
    query = models.JSONField(default=dict)
    name = models.CharField(_("what"), max_length=255)
    last_pk = models.BigIntegerField(null=True)

    class Meta(AbstractRun.Meta):
        verbose_name = _("mass change")
        verbose_name_plural = _("mass changes")

    def __str__(self):
        return self.name

    def get_absolute_url(self):
        return reverse("wagtail_automation_mass:report", args=[self.pk])
