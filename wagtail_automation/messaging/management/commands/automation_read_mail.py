"""``automation_read_mail``: read the mailboxes now, or judge mails from files."""

from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from wagtail_automation.messaging.delivery import mailboxes, receiving, reports


class Command(BaseCommand):
    help = (
        "Read the active mailboxes for bounces, complaints, unsubscriptions and answers; or mails from files."
    )

    def add_arguments(self, parser):
        parser.add_argument(
            "files", nargs="*", help="mails as files, for a server that pipes them to a program"
        )

    def handle(self, *, files, **options):
        for name in files:
            try:
                with Path(name).open("rb") as stream:
                    raw = stream.read(reports.MAX_BYTES)
            except OSError as error:
                raise CommandError(f"{name}: {error.strerror}") from error
            self.stdout.write(f"{name}: {receiving.mail(raw)}")
        if files:
            return
        readings = mailboxes.read_all()
        for name, reading in readings.items():
            self.stdout.write(f"{name}: {reading}")
        if any(reading.error for reading in readings.values()):
            raise CommandError("A mailbox could not be read.")
