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
