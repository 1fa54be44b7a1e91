"""How long files with people in them are kept: the report stays, the rows go."""

import datetime as dt

from django.db import transaction

from wagtail_automation import conf, pruning

from .files import storage
from .models import ExportRun, ImportProblem, ImportRun

BATCH = 5000


@pruning.register
def prune_imports(now: dt.datetime) -> dict[str, int]:
    """Delete the files of imports older than IMPORT_RETENTION_DAYS, with the rows that they refused, and
    imports that were never started. The counts of the report stay."""
    before = now - dt.timedelta(days=conf.get("IMPORT_RETENTION_DAYS"))
    old = ImportRun.objects.filter(created_at__lt=before).exclude(state__in=("queued", "running"))
    counts = {"imported files": 0, "import problems": 0}
    for run in old.filter(upload__isnull=False).select_related("upload", "text")[:1000]:
        with transaction.atomic():
            storage.remove(run.upload, run.text)
        counts["imported files"] += 1
    while True:
        pks = ImportProblem.objects.filter(run__in=old).order_by("pk").values_list("pk", flat=True)[:BATCH]
        problems = ImportProblem.objects.filter(pk__in=list(pks))
        deleted = problems._raw_delete(problems.db) or 0  # None when there is nothing
        counts["import problems"] += deleted
        if deleted < BATCH:
            break
    old.filter(state="draft").delete()
    return counts


@pruning.register
def prune_exports(now: dt.datetime) -> dict[str, int]:
    """Delete exports whose time is over, those that failed or were stopped a while ago too."""
    before = now - dt.timedelta(days=conf.get("EXPORT_RETENTION_DAYS"))
    over = ExportRun.objects.exclude(state__in=("queued", "running")).filter(created_at__lt=before)
    count = 0
    for run in over.exclude(expires_at__gt=now).select_related("file")[:1000]:
        with transaction.atomic():
            storage.remove(run.file)
            ExportRun.objects.filter(pk=run.pk).delete()
        count += 1
    return {"exports": count}
