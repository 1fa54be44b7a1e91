"""Sender, colours and fonts of one site's emails."""

from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _
from wagtail.contrib.settings.models import BaseSiteSetting, register_setting
from wagtail.images import get_image_model_string

from wagtail_automation.messaging import fonts
from wagtail_automation.messaging.social import ProfilesField

#: a CSS colour that cannot carry anything else
hex_colour = RegexValidator(r"^#[0-9a-fA-F]{6}$", _("Write a colour as # and six digits, such as #1f6f5c."))


class Font(models.TextChoices):
    """Fonts that every mail program has."""

    SANS = "sans", _("Without serifs (Helvetica, Arial)")
    SERIF = "serif", _("With serifs (Georgia)")
    ROUND = "round", _("Wide (Verdana, Trebuchet)")


@register_setting(icon="mail", order=700)
class EmailSettings(BaseSiteSetting):
    """Sender, brand and the legally required address of one site's emails."""

    sender_name = models.CharField(_("sender's name"), max_length=120, blank=True)
    sender_address = models.EmailField(
        _("sender's address"),
        blank=True,
        help_text=_("An address of a domain that is yours. Empty: the site's default sender."),
    )
    reply_to = models.EmailField(_("answers go to"), blank=True)
    return_path = models.EmailField(
        _("bounces go to"),
        blank=True,
        help_text=_(
            "A mailbox that the site reads and that takes addresses with a plus sign, such as "
            "bounces+1@example.com. Each email then says which one it was when it comes back."
        ),
    )
    postal_address = models.TextField(
        _("postal address"), blank=True, help_text=_("Stands in every footer: the law asks for it.")
    )
    logo = models.ForeignKey(
        get_image_model_string(),
        verbose_name=_("logo"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
    )
    accent_colour = models.CharField(
        _("colour of buttons and links"), max_length=7, default="#1f6f5c", validators=[hex_colour]
    )
    text_colour = models.CharField(
        _("colour of the text"), max_length=7, default="#22302c", validators=[hex_colour]
    )
    background_colour = models.CharField(
        _("background"), max_length=7, default="#f3f1ec", validators=[hex_colour]
    )
    heading_font = models.CharField(
        _("font of headings"), max_length=8, choices=Font.choices, default=Font.SERIF
    )
    body_font = models.CharField(_("font of the text"), max_length=8, choices=Font.choices, default=Font.SANS)
    heading_stack = models.CharField(
        _("fonts of headings of your own"), max_length=200, blank=True, validators=[fonts.check]
    )
    body_stack = models.CharField(
        _("fonts of the text of your own"),
        max_length=200,
        blank=True,
        validators=[fonts.check],
        help_text=fonts.HELP,
    )
    social_profiles = ProfilesField(verbose_name=_("social networks"))

    select_related = ["logo"]

    class Meta:
        verbose_name = _("email settings")
        verbose_name_plural = _("email settings")
