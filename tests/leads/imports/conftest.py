"""Making imports in tests: a file, its mapping, its run, without the web."""

import datetime as dt
import io

import pytest
from django.contrib.auth import get_user_model

from wagtail_automation.leads.files import reading, storage
from wagtail_automation.leads.files.recognising import recognise
from wagtail_automation.leads.imports import mapping
from wagtail_automation.leads.imports.kinds import import_kinds
from wagtail_automation.leads.imports.runner import run_import
from wagtail_automation.leads.models import ImportRun

NOW = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)


@pytest.fixture
def boss(db):
    return get_user_model().objects.create_superuser("boss", "boss@site.example", "x")


@pytest.fixture
def load(boss):
    """``load(data, options, columns={name: target})``: import these bytes to the end; returns the run."""

    def load(data, *, kind="people", columns=None, go=True, **options):
        data = data.encode() if isinstance(data, str) else data
        format_ = recognise(io.BytesIO(data))
        header, _rows = reading.preview(io.BytesIO(data), format_, 3)
        run = ImportRun.objects.create(
            user=boss, kind=kind, name="people.csv", size=len(data), format=format_, header=header,
            upload=storage.create("people.csv", [data]),
        )  # fmt: skip
        chosen = {name: {"target": target, "policy": ""} for name, target in (columns or {}).items()}
        run.columns = [
            chosen.get(name, guessed)
            for name, guessed in zip(
                header, mapping.guess(header, import_kinds[kind]().targets(boss)), strict=True
            )
        ]
        run.options = {"policy": "fill", "who": "all", "on_error": "refuse", "day_first": "day"} | options
        run.state = "queued"
        run.save()
        if go:
            run_import(run.pk, seconds=60)
            run.refresh_from_db()
        return run

    return load


def reasons(run) -> dict[int, str]:
    """``{row: reason}`` of what was refused or remarked."""
    return {problem.row: problem.reason for problem in run.problems.all()}
