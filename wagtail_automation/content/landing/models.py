"""Templates of landing pages, made by users."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from wagtail_automation import clock
from wagtail_automation.audiences.colours import Colour

from .querysets import LandingTemplateQuerySet
from .sections import SectionsField


class Palette(models.TextChoices):
    """The colours of a landing page; each reads well in light and dark."""

    FOREST = "forest", _("Forest")
    OCEAN = "ocean", _("Ocean")
    PLUM = "plum", _("Plum")
    SUNSET = "sunset", _("Sunset")
    GOLD = "gold", _("Gold")
    GRAPHITE = "graphite", _("Graphite")


class LandingTemplate(models.Model):
    """Sections to begin a landing page with. Pages made from it are copies: it changes none of them."""

    name = models.CharField(_("name"), max_length=120)
    category = models.CharField(
        _("category"),
        max_length=80,
        blank=True,
        help_text=_("A word by which templates are sorted, such as Event."),
    )
    colour = models.CharField(_("colour"), max_length=10, choices=Colour.choices, default=Colour.GREEN)
    description = models.TextField(_("description"), blank=True, max_length=500)
    is_published = models.BooleanField(
        _("published"), default=True, help_text=_("Only published templates can be chosen for a new page.")
    )
    palette = models.CharField(_("colours"), max_length=10, choices=Palette.choices, default=Palette.FOREST)
    body = SectionsField(verbose_name=_("sections"), blank=True)
    created_at = models.DateTimeField(_("created"), default=clock.now, editable=False)

    objects = LandingTemplateQuerySet.as_manager()

    class Meta:
        verbose_name = _("landing page template")
        verbose_name_plural = _("landing page templates")
        ordering = ["category", "name", "pk"]

    def __str__(self):
        return self.name

    @property
    def raw(self) -> list[dict]:
        """The sections as they are stored, those of apps that are gone included."""
        return self._meta.get_field("body").stream_block.get_prep_value(self.body)

    @property
    def kinds(self) -> list[str]:
        """The kinds of its sections, for a small picture of it."""
        return [child.block_type for child in self.body]
