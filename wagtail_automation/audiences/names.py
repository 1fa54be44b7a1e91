"""Names that people give to tags, stages, goals …: two that differ by case and accents alone are the same."""

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from wagtail_automation.leads.folding import fold


def fold_name(name: str) -> str:
    """What two names have in common that people take for the same: no case, no accents, single spaces."""
    return " ".join(fold(name or "").split())[:240]


class Named(models.Model):
    """Abstract: has a ``name`` that no other of its kind has; ``folded`` is what they are compared by."""

    name = models.CharField(_("name"), max_length=80)
    folded = models.CharField(max_length=240, unique=True, editable=False)

    class Meta:
        abstract = True

    def __str__(self):
        return self.name

    def save(self, *args, **kwargs):
        self.folded = fold_name(self.name)
        super().save(*args, **kwargs)

    def clean(self):
        super().clean()
        self.folded = fold_name(self.name)
        if self.name and not self.folded:
            raise ValidationError({"name": ValidationError(_("This field is required."), code="required")})
        if self.of_its_kind().filter(folded=self.folded).exclude(pk=self.pk).exists():
            raise ValidationError({"name": ValidationError(_("There is one with this name."), code="unique")})

    def of_its_kind(self) -> models.QuerySet:
        """Among these its name is unique."""
        return type(self)._default_manager.all()
