"""`manage.py mailbox_server`: the SMTP server of the example site."""

import asyncio
import contextlib
import signal

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from example_site.mailbox.server import serve


class Command(BaseCommand):
    """Listens on this machine only."""

    help = "Take mail over SMTP and keep it in the mailbox page."

    def add_arguments(self, parser):
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=settings.SMTP_PORT)

    def handle(self, *args, host, port, **options):
        self.stdout.write(f"Mailbox listens on {host}:{port}.")
        try:
            asyncio.run(self._until_stopped(host, port))
        except OSError as error:
            raise CommandError(f"Cannot listen on {host}:{port}: {error.strerror}.") from error

    async def _until_stopped(self, host, port):
        task = asyncio.current_task()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, task.cancel)
        with contextlib.suppress(asyncio.CancelledError):
            await serve(host, port)
