"""``automation_erase``: erase people by address or number, now and for good."""

import sys

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from wagtail_automation.leads import erasure
from wagtail_automation.leads.identifiers import normalise
from wagtail_automation.leads.models import Identifier, Lead

MAX_LINES = 100_000


class Command(BaseCommand):
    help = (
        "Erase leads, given by email address or number, one or many (--from FILE, - for standard input, one "
        "a line). Addresses stay suppressed as HMACs."
    )

    def add_arguments(self, parser):
        parser.add_argument("who", nargs="*", help="email addresses or numbers of leads")
        parser.add_argument("--from", dest="file", help="a file with one address or number a line")
        parser.add_argument("--anonymise", action="store_true", help="keep anonymous counts")
        parser.add_argument("--dry-run", action="store_true", help="say what would go, change nothing")
        parser.add_argument("--yes", action="store_true", help="do not ask")
        parser.add_argument("--reason", default="", help="for the log of privacy acts; name nobody in it")

    def handle(self, *, who, file, anonymise, dry_run, yes, reason, **options):
        leads, unknown = self._find([*who, *self._lines(file)])
        for text in unknown:
            self.stderr.write(f"nobody: {text[:80]}")
        if not leads:
            raise CommandError("Nobody to erase.")
        if dry_run:
            for name, count in erasure.counts(leads).items():
                self.stdout.write(f"{name}: {count}")
            return
        if not yes and input(f"Erase {len(leads)} lead(s)? This cannot be undone. Type ERASE: ") != "ERASE":
            raise CommandError("Nothing was erased.")
        mode = erasure.ANONYMISE if anonymise else erasure.ERASE
        acts = erasure.erase_now(leads=leads, mode=mode, origin="command", reason=reason[:1000])
        self.stdout.write(f"erased: {len(acts)}")
        for act in acts:
            for model, pk in act.details.get("standing", ()):
                self.stdout.write(f"lead {act.lead_pk} still stands in what an editor wrote: {model} {pk}")
        if unknown:
            raise CommandError(f"{len(unknown)} of those given were not found.")

    def _lines(self, file) -> list[str]:
        if not file:
            return []
        try:
            if file == "-":
                text = sys.stdin.read()
            else:
                with open(file, encoding="utf-8-sig") as source:
                    text = source.read()
        except (OSError, UnicodeDecodeError) as error:
            raise CommandError(f"{file} cannot be read: {error}") from error
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        if len(lines) > MAX_LINES:
            raise CommandError(f"{file} has more than {MAX_LINES} lines.")
        return lines

    def _find(self, given: list[str]) -> tuple[list[int], list[str]]:
        """``(leads, texts that are nobody's)``; a number may be that of a lead merged since."""
        leads, unknown = set(), []
        for text in given:
            if "@" in text:
                try:
                    value = normalise("email", text)
                except ValidationError:
                    value = text.strip().lower()
                pk = (
                    Identifier.objects.filter(kind="email", value=value)
                    .values_list("lead", flat=True)
                    .first()
                )
            else:
                found = Lead.objects.resolve(text.lstrip("#"))
                pk = found.pk if found is not None else None
            if pk is None:
                unknown.append(text)
            else:
                leads.add(pk)
        return sorted(leads), unknown
