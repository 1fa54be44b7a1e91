"""A tag, and the leads that carry it."""

import uuid

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from wagtail_automation.audiences import querysets
from wagtail_automation.audiences.colours import Colour
from wagtail_automation.audiences.names import Named


class Tag(Named):
    """A short word. ``folded`` is what makes it the same word, whatever case and accents."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    colour = models.CharField(_("colour"), max_length=10, choices=Colour.choices, default=Colour.GREY)
    description = models.TextField(_("description"), blank=True, max_length=1000)

    class Meta:
        verbose_name = _("tag")
        verbose_name_plural = _("tags")
        ordering = ["folded", "pk"]

    def save(self, *args, **kwargs):
        self.name = " ".join(self.name.split())
        super().save(*args, **kwargs)

    def clean(self):
        super().clean()
        if "," in self.name:
            message = _("A tag has no comma: it separates tags where several are typed.")
            raise ValidationError({"name": ValidationError(message, code="comma")})


class LeadTag(models.Model):
    """One tag on one lead; ``origin`` says who put it there, as on lists."""

    tag = models.ForeignKey(Tag, on_delete=models.CASCADE, related_name="leads", db_index=False)
    lead = models.ForeignKey(
        "wagtail_automation_leads.Lead", on_delete=models.CASCADE, related_name="tags", db_index=False
    )
    added_at = models.DateTimeField(_("added at"))
    origin = models.CharField(_("origin"), max_length=80, blank=True)

    objects = querysets.MembershipQuerySet.as_manager()

    class Meta:
        verbose_name = _("tag of a lead")
        verbose_name_plural = _("tags of leads")
        constraints = [models.UniqueConstraint(fields=["tag", "lead"], name="wa_tag_lead")]
        indexes = [models.Index(fields=["lead", "tag"], name="wa_lead_tag")]

    def __str__(self):
        return f"{self.lead_id} → {self.tag_id}"
