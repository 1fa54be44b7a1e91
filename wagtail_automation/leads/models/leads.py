"""A lead: one person, anonymous until something identifies them."""

import secrets
import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from wagtail_automation import clock
from wagtail_automation.leads.folding import fold_value
from wagtail_automation.leads.querysets import TEXT_COLUMNS, LeadQuerySet, Pair

BUCKETS = 1_000_000


def random_bucket() -> int:
    """0 to 999,999; drawn once per lead, so that every sticky share is arithmetic on it."""
    return secrets.randbelow(BUCKETS)


class Lead(models.Model):
    """A person. Everything typed by people or machines is changed through ``leads.actions``.

    ``folded`` is the shadow of all text, own and custom, without case and accents. ``field_sources``
    says for each field where its value came from and when. ``score`` is changed often by the engine
    and has no index, so that PostgreSQL keeps those updates on the page (ENGINE.md, pitfall 7).
    """

    class Status(models.TextChoices):
        ANONYMOUS = "anonymous", _("Anonymous")
        KNOWN = "known", _("Known")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    bucket = models.PositiveIntegerField(default=random_bucket, editable=False)
    status = models.CharField(
        _("status"), max_length=10, choices=Status.choices, default=Status.ANONYMOUS, editable=False
    )
    email = models.CharField(_("email address"), max_length=254, blank=True)
    phone = models.CharField(_("phone"), max_length=32, blank=True)
    first_name = models.CharField(_("first name"), max_length=100, blank=True)
    last_name = models.CharField(_("last name"), max_length=100, blank=True)
    company = models.CharField(_("company"), max_length=200, blank=True)
    job_title = models.CharField(_("job title"), max_length=200, blank=True)
    language = models.CharField(_("language"), max_length=35, blank=True)
    country = models.CharField(_("country"), max_length=2, blank=True)
    region = models.CharField(_("region"), max_length=100, blank=True)
    city = models.CharField(_("city"), max_length=100, blank=True)
    postal_code = models.CharField(_("postal code"), max_length=20, blank=True)
    street = models.CharField(_("street and number"), max_length=200, blank=True)
    time_zone = models.CharField(_("time zone"), max_length=64, blank=True)
    birth_date = models.DateField(_("birth date"), null=True, blank=True)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("owner"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="owned_leads",
    )
    source = models.CharField(_("source"), max_length=100, blank=True)
    score = models.IntegerField(_("score"), default=0, editable=False)
    attributes = models.JSONField(default=dict, blank=True, editable=False)
    folded = models.JSONField(default=dict, blank=True, editable=False)
    field_sources = models.JSONField(default=dict, blank=True, editable=False)
    created_at = models.DateTimeField(_("created"), default=clock.now, editable=False)
    identified_at = models.DateTimeField(_("identified"), null=True, blank=True, editable=False)
    #: personal data were erased and only counts kept; never pruned, never known again
    anonymised_at = models.DateTimeField(_("anonymised"), null=True, blank=True, editable=False)

    objects = LeadQuerySet.as_manager()

    #: Wagtail's index of references would be rewritten at every save and show nothing.
    wagtail_reference_index_ignore = True

    class Meta:
        verbose_name = _("lead")
        verbose_name_plural = _("leads")
        ordering = ["-pk"]
        permissions = [
            ("erase_lead", "Can erase the personal data of a lead"),
            ("download_lead", "Can download all data of a lead"),
            ("view_all_leads", "Can see the leads of everybody"),
        ]
        # Lists show the newest first; the pruning of anonymous leads reads by age.
        indexes = [
            models.Index(fields=["status", "-id"], name="wa_lead_status_newest"),
            models.Index(fields=["status", "created_at"], name="wa_lead_status_created"),
        ]

    def __str__(self):
        return self.name or self.email or self.phone or str(_("Anonymous #%(number)s") % {"number": self.pk})

    def save(self, *args, **kwargs):
        self.fold()
        names = kwargs.get("update_fields")
        if names is not None and not {*TEXT_COLUMNS, "attributes"}.isdisjoint(names):
            kwargs["update_fields"] = {*names, "folded"}
        super().save(*args, **kwargs)

    @property
    def name(self) -> str:
        return " ".join(filter(None, (self.first_name, self.last_name)))

    @property
    def is_known(self) -> bool:
        return self.status == self.Status.KNOWN

    def fold(self) -> None:
        """Compute the folded shadow anew from the columns and the attributes."""
        values = {name: getattr(self, name) for name in TEXT_COLUMNS} | self.attributes
        self.folded = {
            key: folded for key, value in values.items() if (folded := fold_value(value)) is not None
        }


# On these two columns only: sites' own JSON fields keep their lookups.
for _name in ("attributes", "folded"):
    Lead._meta.get_field(_name).register_lookup(Pair)
