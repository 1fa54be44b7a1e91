"""``automation_import``: import a file from the command line, as the wizard of the admin does."""

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from wagtail_automation.leads.files import reading, storage
from wagtail_automation.leads.files.recognising import recognise
from wagtail_automation.leads.imports import mapping
from wagtail_automation.leads.imports.forms import plain
from wagtail_automation.leads.imports.kinds import POLICIES, allowed, import_kinds
from wagtail_automation.leads.imports.runner import run_import
from wagtail_automation.leads.models import ImportRun
from wagtail_automation.leads.terminal import acting_user, follow

SHOWN = 20


class Command(BaseCommand):
    help = "Import people, or another kind of rows, from a CSV file or an Excel workbook."

    def add_arguments(self, parser):
        parser.add_argument("file", help="Path of the file.")
        parser.add_argument("--kind", default="people", help="What the rows are: people, offline_events …")
        parser.add_argument(
            "--map",
            action="append",
            default=[],
            metavar="COLUMN=TARGET[::POLICY]",
            help="Where a column goes; nothing behind the = leaves it out. Others are guessed by name.",
        )
        parser.add_argument(
            "--option",
            action="append",
            default=[],
            metavar="NAME=VALUE",
            help="An answer to a question of the wizard, such as policy=overwrite or lists_add=3.",
        )
        parser.add_argument("--user", help="In whose name; otherwise the first administrator.")
        parser.add_argument("--encoding", help="Read it so, instead of what is recognised.")
        parser.add_argument("--separator", help="The same.")
        parser.add_argument("--sheet", help="The sheet of a workbook; otherwise the first.")
        parser.add_argument(
            "--dry-run", action="store_true", help="Say where the columns would go, and stop."
        )

    def handle(self, **options):
        user = acting_user(get_user_model(), options["user"])
        kind = self._kind(options["kind"], user)
        try:
            with open(options["file"], "rb") as stream:
                run = self._run(stream, kind, user, options)
        except OSError as error:
            raise CommandError(f"{options['file']} cannot be read: {error.strerror}.") from error
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        for name, column in zip(run.header, run.columns, strict=True):
            self.stdout.write(f"  {name} -> {column['target'] or '(left out)'}")
        if options["dry_run"]:
            return
        with transaction.atomic():
            with open(options["file"], "rb") as stream:
                run.upload = storage.create(run.name, iter(lambda: stream.read(1 << 20), b""))
            run.state = "queued"
            run.save()
        follow(run, run_import, label=run.name, stream=self.stderr)
        self._report(run, kind)

    def _kind(self, key: str, user):
        if key not in import_kinds:
            known = ", ".join(sorted(cls.key for cls in import_kinds))
            raise CommandError(f"There is no kind {key!r}. Kinds: {known}.")
        if not allowed(import_kinds[key], user):
            raise CommandError(f"{user} may not import {key}.")
        return import_kinds[key]()

    def _run(self, stream, kind, user, options) -> ImportRun:
        """The run, not saved. Raises ValidationError, CommandError."""
        format_ = recognise(stream)
        for name in ("encoding", "separator", "sheet"):
            if options[name]:
                format_[name] = options[name].replace("\\t", "\t")
        header, _rows = reading.preview(stream, format_, 3)
        stream.seek(0, 2)
        name = options["file"].rsplit("/", 1)[-1]
        run = ImportRun(
            user=user, kind=kind.key, name=name[:255], size=stream.tell(), format=format_, header=header
        )
        run.columns = self._columns(run, kind, options["map"])
        run.options = self._options(run, kind, options["option"])
        kind.check(run.columns, run.options)
        return run

    def _columns(self, run, kind, given) -> list[dict]:
        targets = {target.key: target for target in kind.targets(run.user)}
        columns = mapping.guess(run.header, list(targets.values()))
        for text in given:
            name, found, target = text.rpartition("=")
            target, _colon, policy = target.partition("::") if "::" in target else (target, "", "")
            if not found or name not in run.header:
                raise CommandError(
                    f"The file has no column {name or text!r}. It has: {', '.join(run.header)}."
                )
            if target and target not in targets:
                raise CommandError(f"There is no target {target!r}. Targets: {', '.join(targets)}.")
            if policy and policy not in POLICIES:
                raise CommandError(f"There is no policy {policy!r}. Policies: {', '.join(POLICIES)}.")
            columns[run.header.index(name)] = {"target": target, "policy": policy}
        return columns

    def _options(self, run, kind, given) -> dict:
        fields = kind.option_fields(run.user, run.header)
        found = {name: field.initial for name, field in fields.items()}
        for text in given:
            name, _equals, value = text.partition("=")
            if name not in fields:
                raise CommandError(f"There is no option {name!r}. Options: {', '.join(fields)}.")
            try:
                found[name] = plain(fields[name].clean(value))
            except ValidationError as error:
                raise CommandError(f"{name}: {' '.join(error.messages)}") from error
        return found

    def _report(self, run, kind) -> None:
        words = [f"{label}: {run.counts.get(key, 0)}" for key, label in kind.counts]
        self.stdout.write("  ".join(words))
        problems = list(run.problems.all()[: SHOWN + 1])
        for problem in problems[:SHOWN]:
            self.stdout.write(f"  row {problem.row}: {problem.reason}")
        if len(problems) > SHOWN:
            self.stdout.write("  … the report in the admin has the others.")
