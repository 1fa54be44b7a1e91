"""Promotions: what is offered on which products, when, to whom, with which codes; and what came of it."""

import uuid

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from modelcluster.fields import ParentalKey
from modelcluster.models import ClusterableModel
from wagtail.models import Orderable

from wagtail_automation.commerce import money, querysets
from wagtail_automation.rules.fields import RuleField

from .products import Product, key_of


class Promotion(ClusterableModel):
    """An offer on products for a time. An order whose coupon is one of its codes is owed to it.

    ``audience``: who sees its blocks; empty: everybody. ``code`` is the one code of ``Codes.SINGLE``, and
    what codes of their own begin with for ``Codes.LEAD``.
    """

    class Codes(models.TextChoices):
        NONE = "none", _("No code")
        SINGLE = "single", _("One code for all")
        LEAD = "lead", _("A code of its own for each person")
        IMPORTED = "imported", _("Codes that the shop gave, one for each person")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    reference = models.CharField(
        _("reference"), max_length=100, help_text=_("By which files and your team know it; unique.")
    )
    reference_key = models.CharField(max_length=300, unique=True, editable=False)
    name = models.CharField(_("name"), max_length=160, help_text=_("People read it above the offer."))
    benefit = models.CharField(_("benefit"), max_length=120, blank=True, help_text=_("Such as −20 %."))
    description = models.TextField(_("description"), blank=True, max_length=2000)
    url = models.URLField(_("link"), blank=True, max_length=500)
    starts_at = models.DateTimeField(_("starts"), null=True, blank=True)
    ends_at = models.DateTimeField(_("ends"), null=True, blank=True)
    audience = RuleField(_("who sees it"), blank=True, help_text=_("Leave it empty for everybody."))
    codes = models.CharField(_("codes"), max_length=8, choices=Codes.choices, default=Codes.NONE)
    code = models.CharField(
        _("code"),
        max_length=40,
        blank=True,
        validators=[RegexValidator(r"^[\w.-]*$", _("Letters, digits, points, hyphens."))],
        help_text=_("The code for all, or what codes of their own begin with."),
    )
    code_key = models.CharField(max_length=120, blank=True, editable=False)
    archived = models.BooleanField(_("archived"), default=False)
    created_at = models.DateTimeField(_("created"), editable=False)
    updated_at = models.DateTimeField(_("updated"), editable=False)

    objects = querysets.PromotionQuerySet.as_manager()

    class Meta:
        verbose_name = _("promotion")
        verbose_name_plural = _("promotions")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["code_key"], condition=~Q(code_key=""), name="wa_promotion_code")
        ]

    def __str__(self):
        return self.name

    def save(self, *args, **kwargs):
        self.reference_key = key_of(self.reference)
        self.code_key = key_of(self.code)[:120] if self.codes == self.Codes.SINGLE else ""
        super().save(*args, **kwargs)

    def clean(self):
        super().clean()
        errors = {}
        others = Promotion.objects.exclude(pk=self.pk)
        if others.filter(reference_key=key_of(self.reference)).exists():
            errors["reference"] = _("There is one with this reference.")
        if self.starts_at and self.ends_at and self.ends_at <= self.starts_at:
            errors["ends_at"] = _("It ends before it starts.")
        if self.codes == self.Codes.SINGLE:
            taken = Q(code_key=key_of(self.code))
            if not key_of(self.code):
                errors["code"] = _("Write the code.")
            elif others.filter(taken).exists() or Offer.objects.filter(taken).exists():
                errors["code"] = _("Another promotion has this code.")
        if errors:
            raise ValidationError(errors)

    def is_live(self, now) -> bool:
        """Whether it is offered at this moment."""
        return (
            not self.archived
            and (self.starts_at is None or self.starts_at <= now)
            and (self.ends_at is None or now < self.ends_at)
        )

    @property
    def has_own_codes(self) -> bool:
        return self.codes in (self.Codes.LEAD, self.Codes.IMPORTED)


class PromotionProduct(Orderable):
    """A product of a promotion with its price there, in the smallest unit; None: its usual one."""

    promotion = ParentalKey(Promotion, on_delete=models.CASCADE, related_name="lines")
    product = models.ForeignKey(
        Product, verbose_name=_("product"), on_delete=models.CASCADE, related_name="promotions"
    )
    price = models.BigIntegerField(_("price"), null=True, blank=True)
    currency = models.CharField(_("currency"), max_length=3, blank=True)

    class Meta(Orderable.Meta):
        verbose_name = _("product of a promotion")
        verbose_name_plural = _("products of a promotion")
        constraints = [
            models.UniqueConstraint(fields=["promotion", "product"], name="wa_promotion_product"),
        ]

    def __str__(self):
        return f"{self.promotion_id} {self.product_id}"

    @property
    def price_shown(self) -> str:
        return money.display(self.price, self.currency) or self.product.price_shown


class Offer(models.Model):
    """What one person was offered: when they first saw the promotion, which code of their own they got.

    Without a lead: a code that the shop gave and nobody has got yet (``given_at`` is empty then).
    """

    promotion = models.ForeignKey(
        Promotion,
        verbose_name=_("promotion"),
        on_delete=models.CASCADE,
        related_name="offers",
        db_index=False,
    )
    lead = models.ForeignKey(
        "wagtail_automation_leads.Lead",
        verbose_name=_("lead"),
        null=True,
        on_delete=models.CASCADE,
        related_name="offers",
    )
    code = models.CharField(_("code"), max_length=60, blank=True)
    code_key = models.CharField(max_length=180, blank=True, default="", db_default="")
    given_at = models.DateTimeField(_("code given"), null=True)
    seen_at = models.DateTimeField(_("first seen"), null=True)

    class Meta:
        verbose_name = _("offer to a person")
        verbose_name_plural = _("offers to people")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["promotion", "lead"], name="wa_offer_once"),
            models.UniqueConstraint(fields=["code_key"], condition=~Q(code_key=""), name="wa_offer_code"),
        ]
        indexes = [
            models.Index(
                fields=["promotion", "id"],
                name="wa_offer_free",
                condition=Q(lead__isnull=True, given_at__isnull=True),
            ),
        ]

    def __str__(self):
        return f"{self.promotion_id} {self.lead_id or '–'} {self.code}"
