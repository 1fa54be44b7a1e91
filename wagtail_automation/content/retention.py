"""How long answers to forms are kept: as long as their lead, unless the site says otherwise."""

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from wagtail_automation import pruning

from .models import FormSubmission

BATCH = 2000


def prune_answers(before):
    """Answers given before; the events that they were given have a retention of their own."""
    while True:
        old = FormSubmission.objects.filter(at__lt=before).order_by("pk")
        pks = list(old.values_list("pk", flat=True)[:BATCH])
        if not pks:
            return
        with transaction.atomic():
            FormSubmission.objects.filter(pk__anyof=pks).delete()
        yield len(pks)


pruning.register_kind(
    pruning.Kind("form_answers", _("Answers to forms"), None, prune_answers, _("after they were given"))
)
