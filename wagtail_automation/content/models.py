"""Forms and what people answered; the abstract parts that a site's own pages inherit stand in ``pages``."""

import uuid

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models.signals import post_delete
from django.dispatch import receiver
from django.utils.translation import gettext_lazy as _
from wagtail.fields import RichTextField
from wagtail.models import TranslatableMixin

from wagtail_automation import clock
from wagtail_automation.content import elsewhere
from wagtail_automation.content.form_actions import FormActionsField
from wagtail_automation.content.form_fields import FormFieldsField
from wagtail_automation.content.querysets import FormQuerySet, FormSubmissionQuerySet
from wagtail_automation.content.showing.models import Showing as Showing
from wagtail_automation.leads.folding import fold
from wagtail_automation.private import private_storage


def random_key() -> str:
    """The key of a submission that brings none of its own."""
    return uuid.uuid4().hex


class Form(TranslatableMixin, models.Model):
    """A form that editors place on pages. Its answers belong to it; its translations share its key."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(
        _("name"), max_length=100, help_text=_("For you and your colleagues; visitors do not see it.")
    )
    site = models.ForeignKey(
        "wagtailcore.Site",
        verbose_name=_("site"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text=_("Leave it empty to use the form on every site."),
    )
    fields = FormFieldsField(verbose_name=_("fields"))
    submit_label = models.CharField(_("label of the button"), max_length=60, blank=True)
    thank_you_text = RichTextField(
        _("thank-you text"), blank=True, features=["h3", "bold", "italic", "link", "ul", "ol"]
    )
    thank_you_page = models.ForeignKey(
        "wagtailcore.Page",
        verbose_name=_("thank-you page"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text=_("Shown instead of the thank-you text."),
    )
    error_text = models.CharField(
        _("text above a form with mistakes"),
        max_length=255,
        blank=True,
        help_text=_("Leave it empty for the usual words."),
    )
    ask_at_once = models.PositiveSmallIntegerField(
        _("questions at a time"),
        null=True,
        blank=True,
        help_text=_(
            "Of the fields that ask only for what is not known, at most so many are shown; the next ones at "
            "the next visit. Empty: all of them."
        ),
    )
    confirm_consents = models.BooleanField(
        _("confirm consents by email"),
        default=False,
        help_text=_(
            "Consents to emails and topics count once the person followed a link sent to their address, "
            "whatever the topic says (double opt-in)."
        ),
    )
    embed_origins = models.TextField(
        _("web sites that may show it"),
        blank=True,
        max_length=2000,
        help_text=_(
            "One address a line, such as https://www.example.org. The snippet to paste there is behind "
            "“Embed”."
        ),
    )
    linked_to = models.CharField(
        _("existing form"),
        max_length=255,
        blank=True,
        help_text=_(
            "A CSS selector of a form in the site’s own pages, such as #newsletter or "
            "form[action='/subscribe/']. What is written there is taken over; fields are found by their name."
        ),
    )
    actions = FormActionsField(verbose_name=_("actions on submit"), blank=True)
    created_at = models.DateTimeField(_("created"), default=clock.now, editable=False)

    objects = FormQuerySet.as_manager()

    class Meta(TranslatableMixin.Meta):
        verbose_name = _("form")
        verbose_name_plural = _("forms")
        ordering = ["name", "pk"]

    def __str__(self):
        return self.name

    def clean(self):
        super().clean()
        try:
            elsewhere.clean_origins(self.embed_origins)
        except ValidationError as error:
            raise ValidationError({"embed_origins": error}) from error
        if any(letter in self.linked_to for letter in "{}<;"):
            raise ValidationError({"linked_to": _("This is no CSS selector.")})

    def copy_for_translation(self, locale, exclude_fields=None):
        """The translation is a form of its own: its address differs, its translation key does not."""
        translated = super().copy_for_translation(locale, exclude_fields=exclude_fields)
        translated.uuid = uuid.uuid4()
        translated.created_at = clock.now()
        return translated


class FormSubmission(models.Model):
    """One answered form. ``data`` maps field keys to what was answered; ``key`` makes a repeat harmless.

    ``folded`` holds the answers without case and accents, one a line, for conditions and for the search.
    """

    #: answers are found through their form and lead; an index row each would slow down every visitor
    wagtail_reference_index_ignore = True

    form = models.ForeignKey(
        Form, verbose_name=_("form"), on_delete=models.PROTECT, related_name="submissions"
    )
    lead = models.ForeignKey(
        "wagtail_automation_leads.Lead",
        verbose_name=_("lead"),
        on_delete=models.CASCADE,
        related_name="form_submissions",
    )
    visitor = models.ForeignKey(
        "wagtail_automation_tracking.Visitor",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    site = models.ForeignKey(
        "wagtailcore.Site",
        verbose_name=_("site"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    page = models.ForeignKey(
        "wagtailcore.Page",
        verbose_name=_("page"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    data = models.JSONField(_("answers"), default=dict)
    folded = models.JSONField(default=dict, editable=False)
    at = models.DateTimeField(_("when"), default=clock.now)
    key = models.CharField(max_length=64, unique=True, default=random_key, editable=False)

    objects = FormSubmissionQuerySet.as_manager()

    class Meta:
        verbose_name = _("answer")
        verbose_name_plural = _("answers")
        ordering = ["-at", "-pk"]
        indexes = [
            models.Index(fields=["form", "-at"], name="wa_submission_form_at"),
            models.Index(fields=["lead", "form", "at"], name="wa_submission_lead"),
        ]

    def __str__(self):
        return f"{self.form} {self.at:%Y-%m-%d %H:%M}"

    def save(self, *args, **kwargs):
        self.folded = fold_answers(self.data)
        names = kwargs.get("update_fields")
        if names is not None and "data" in names:
            kwargs["update_fields"] = {*names, "folded"}
        super().save(*args, **kwargs)


def file_path(instance: "FormFile", filename: str) -> str:
    """Where a file lies: nothing of its name or of the person stands in the path."""
    return f"forms/{instance.uuid.hex[:2]}/{instance.uuid.hex}"


class FormFile(models.Model):
    """A file that came with an answer, in private storage, sent by a view that asks for permission."""

    wagtail_reference_index_ignore = True

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    submission = models.ForeignKey(
        FormSubmission, verbose_name=_("answer"), on_delete=models.CASCADE, related_name="files"
    )
    field_key = models.CharField(_("key"), max_length=50)
    file = models.FileField(_("file"), storage=private_storage, upload_to=file_path, max_length=200)
    name = models.CharField(_("name"), max_length=200)
    size = models.PositiveBigIntegerField(_("size"), default=0)

    class Meta:
        verbose_name = _("file of an answer")
        verbose_name_plural = _("files of answers")
        ordering = ["pk"]

    def __str__(self):
        return self.name


@receiver(post_delete, sender=FormFile, dispatch_uid="wagtail_automation_content_file")
def remove_file(sender, instance, using, **kwargs):
    """The row is gone, so is the file – once the deletion is certain."""
    storage, name = instance.file.storage, instance.file.name
    if name:
        transaction.on_commit(lambda: storage.delete(name), using=using)


def fold_answers(data: dict) -> dict:
    """``{"colour": ["Été", "Hiver"]}`` → ``{"colour": "\\nete\\nhiver\\n"}``: each answer stands between line
    ends, so that one lookup finds exactly it on every database."""
    folded = {}
    for key, value in data.items():
        lines = [str(item) for item in (value if isinstance(value, list) else [value])]
        if not isinstance(value, bool) and value not in (None, "", []):
            folded[key] = "\n" + "\n".join(fold(line).replace("\n", " ") for line in lines) + "\n"
    return folded


# Page types stand in a module of their own; Django looks for models here.
from wagtail_automation.content.landing.models import LandingTemplate  # noqa: E402,F401
from wagtail_automation.content.page_types import FormPage, LandingPage  # noqa: E402,F401

from .assets.models import Asset as Asset  # noqa: E402
from .assets.models import AssetDownload as AssetDownload  # noqa: E402
from .promos.models import WebPromo as WebPromo  # noqa: E402  (it points at Form)
from .surveys.models import Survey as Survey  # noqa: E402
from .surveys.models import SurveyAnswer as SurveyAnswer  # noqa: E402
