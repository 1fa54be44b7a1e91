"""How long answers, downloads and what people were shown are kept: as long as their lead, unless the site
says otherwise."""

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from wagtail_automation import pruning

from .assets.models import AssetDownload
from .models import FormSubmission
from .showing.models import Showing
from .surveys.models import SurveyAnswer

BATCH = 2000


def pruner(model, moment: str):
    """A function that deletes the rows of a model whose ``moment`` is before, in small batches. The events
    beside them have a retention of their own."""

    def prune(before):
        while True:
            old = model.objects.filter(**{f"{moment}__lt": before}).order_by("pk")
            pks = list(old.values_list("pk", flat=True)[:BATCH])
            if not pks:
                return
            with transaction.atomic():
                model.objects.filter(pk__anyof=pks).delete()
            yield len(pks)

    return prune


for _key, _label, _model, _moment, _rule in (
    ("form_answers", _("Answers to forms"), FormSubmission, "at", _("after they were given")),
    ("survey_answers", _("Answers to surveys"), SurveyAnswer, "at", _("after they were given")),
    ("asset_downloads", _("Downloads"), AssetDownload, "at", _("after they happened")),
    ("showings", _("What people were shown"), Showing, "last_at", _("after it was last seen")),
):
    pruning.register_kind(pruning.Kind(_key, _label, None, pruner(_model, _moment), _rule))
