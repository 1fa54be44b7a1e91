"""Every question of content to the database."""

import uuid

from django.db import models


class FormQuerySet(models.QuerySet):
    """Forms and how often they were answered."""

    def with_uuid(self, text):
        """The form of a UUID in any form of writing; None if there is none."""
        try:
            return self.filter(uuid=uuid.UUID(str(text))).first()
        except ValueError:
            return None

    def linked_on(self, site):
        """Forms that take over what is written into existing forms of a site."""
        here = models.Q(site=None) | models.Q(site=site)
        return self.filter(here).exclude(linked_to="").order_by("pk")

    def with_counts(self):
        """Annotates ``submission_count``; a subquery, because a join would multiply the rows of a search."""
        from wagtail_automation.content.models import FormSubmission

        counts = (
            FormSubmission.objects.filter(form=models.OuterRef("pk"))
            .order_by()
            .values("form")
            .annotate(total=models.Count("pk"))
            .values("total")
        )
        return self.annotate(
            submission_count=models.functions.Coalesce(models.Subquery(counts), 0),
        )


class FormSubmissionQuerySet(models.QuerySet):
    """Answers, with what their lists need."""

    def of_form(self, form):
        """Answers to the form and to its translations."""
        return self.filter(form__translation_key=form.translation_key)

    def for_lists(self):
        return self.select_related("form", "lead", "page", "site")


class PromoQuerySet(models.QuerySet):
    """Web promos."""

    def running(self, *, site, now):
        """Live, in their time, of this site; highest priority first."""
        q = models.Q
        return (
            self.filter(
                q(site=None) | q(site=site),
                q(starts_at=None) | q(starts_at__lte=now),
                q(ends_at=None) | q(ends_at__gt=now),
                live=True,
            )
            .order_by("-priority", "pk")
            .select_related("locale", "form")
        )

    def in_language(self, code: str) -> list:
        """One of each group of translations: that of the language if there is one, else the first."""
        chosen: dict = {}
        for promo in self:
            known = chosen.get(promo.translation_key)
            if known is None or (promo.locale.language_code == code != known.locale.language_code):
                chosen[promo.translation_key] = promo
        return sorted(chosen.values(), key=lambda promo: (-promo.priority, promo.pk))
