"""Templates that users made of emails, and how people of the site sign."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from wagtail.images import get_image_model_string
from wagtail.models import PreviewableMixin

from wagtail_automation.audiences.categories.models import Category, category_field
from wagtail_automation.audiences.colours import Colour
from wagtail_automation.messaging.fields import EmailBodyField


class SentBy(models.TextChoices):
    """Whose name stands in the From header of an email, and who gets the answers."""

    SITE = "site", _("The site")
    PERSON = "person", _("A person of the site")
    OWNER = "owner", _("The owner of each lead")


class EmailTemplate(PreviewableMixin, models.Model):
    """What a new email begins with: an email's content under a name, offered while it is published."""

    name = models.CharField(_("name"), max_length=160)
    description = models.CharField(_("description"), max_length=250, blank=True)
    category = category_field(Category.Type.EMAIL)
    colour = models.CharField(_("colour"), max_length=10, choices=Colour.choices, default=Colour.GREY)
    is_published = models.BooleanField(
        _("published"), default=True, help_text=_("Offered to everybody who begins a new email.")
    )
    subject = models.CharField(_("subject"), max_length=250, blank=True)
    preheader = models.CharField(_("preview text"), max_length=250, blank=True)
    body = EmailBodyField(verbose_name=_("body"), blank=True)
    html = models.TextField(_("HTML of your own"), blank=True)
    updated_at = models.DateTimeField(_("updated"))

    class Meta:
        verbose_name = _("email template")
        verbose_name_plural = _("email templates")
        ordering = ["name", "pk"]

    def __str__(self):
        return self.name

    def serve_preview(self, request, mode_name):
        from wagtail_automation.messaging import preview
        from wagtail_automation.messaging.models import Email

        email = Email(subject=self.subject, preheader=self.preheader, body=self.body, html=self.html)
        return preview.respond(request, email, mode_name)


class SenderProfile(models.Model):
    """How a person of the site appears in emails: name, picture, signature, where answers go."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        verbose_name=_("person"),
        on_delete=models.CASCADE,
        related_name="wa_sender_profile",
    )
    name = models.CharField(
        _("name"), max_length=120, blank=True, help_text=_("Empty: the name of the person's account.")
    )
    role = models.CharField(_("role"), max_length=120, blank=True)
    photo = models.ForeignKey(
        get_image_model_string(),
        verbose_name=_("photo"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
    )
    signature = models.TextField(_("signature"), max_length=1000, blank=True)
    reply_to = models.EmailField(
        _("answers go to"), blank=True, help_text=_("Empty: the address of the person's account.")
    )

    class Meta:
        verbose_name = _("sender")
        verbose_name_plural = _("senders")
        ordering = ["user__last_name", "user__first_name", "pk"]

    def __str__(self):
        return self.name or self.user.get_full_name() or self.user.get_username()
