"""``automation_export``: write people into a file, as an export of the admin does."""

import sys

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError
from django.http import QueryDict

from wagtail_automation.leads.exports.columns import groups_for
from wagtail_automation.leads.exports.runner import run_export
from wagtail_automation.leads.exports.sources import lead_sources, source_for
from wagtail_automation.leads.files import storage
from wagtail_automation.leads.models import ExportRun
from wagtail_automation.leads.terminal import acting_user, follow


class Command(BaseCommand):
    help = "Export leads, or the members of a list or a segment, as CSV or as an Excel workbook."

    def add_arguments(self, parser):
        parser.add_argument("file", help="Path of the file to write; - for the standard output.")
        parser.add_argument("--source", default="leads", help="leads, list or segment.")
        parser.add_argument(
            "--filter",
            default="",
            help="As in the address of the list: “q=zoe&status=all”; “of=3” for the list of that number.",
        )
        parser.add_argument("--columns", help="Keys of columns, commas between; otherwise the usual ones.")
        parser.add_argument("--format", choices=["csv", "xlsx"], help="Otherwise by the name of the file.")
        parser.add_argument("--user", help="In whose name; otherwise the first administrator.")

    def handle(self, **options):
        user = acting_user(get_user_model(), options["user"])
        source = source_for(options["source"], user)
        if source is None:
            known = ", ".join(sorted(cls.key for cls in lead_sources))
            raise CommandError(f"There is no source {options['source']!r} for {user}. Sources: {known}.")
        query = source.query(QueryDict(options["filter"]))
        if query is None:
            raise CommandError("The filter names nobody.")
        run = ExportRun.objects.create(
            user=user,
            source=source.key,
            query=query,
            name=source.name(query)[:255],
            columns=self._columns(user, options["columns"]),
            format=options["format"] or ("xlsx" if options["file"].endswith(".xlsx") else "csv"),
            state="queued",
        )
        try:
            follow(run, run_export, label=run.name, stream=self.stderr)
            self._write(run, options["file"])
            if options["file"] != "-":
                self.stdout.write(f"{run.position} leads are in {options['file']}.")
        finally:
            storage.remove(run.file)
            ExportRun.objects.filter(pk=run.pk).delete()

    def _columns(self, user, given: str | None) -> list[str]:
        offered = {column.key: column for group in groups_for(user) for column in group.columns()}
        if not given:
            return [key for key, column in offered.items() if column.is_usual]
        keys = [key.strip() for key in given.split(",") if key.strip()]
        if unknown := [key for key in keys if key not in offered]:
            raise CommandError(f"There is no column {unknown[0]!r}. Columns: {', '.join(offered)}.")
        return keys

    def _write(self, run, path: str) -> None:
        if path == "-":
            for piece in storage.pieces(run.file):
                sys.stdout.buffer.write(piece)
            sys.stdout.buffer.flush()
            return
        try:
            with open(path, "wb") as out:
                for piece in storage.pieces(run.file):
                    out.write(piece)
        except OSError as error:
            raise CommandError(f"{path} cannot be written: {error.strerror}.") from error
