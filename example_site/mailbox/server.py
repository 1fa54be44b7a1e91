"""The SMTP server of the example site: takes mail for anybody and keeps it in the mailbox."""

import asyncio
import email
import logging
from email.policy import default as policy

from aiosmtpd.smtp import SMTP
from asgiref.sync import sync_to_async
from django.db import DatabaseError, close_old_connections
from django.utils import timezone

from .models import ReceivedMail

logger = logging.getLogger("example_site.mailbox")

#: bytes; larger messages are refused as a real server would
MAX_SIZE = 20 * 1024 * 1024


def store(sender: str, recipients: list[str], raw: bytes) -> None:
    """Keep one message, a row for each recipient."""
    close_old_connections()
    message = email.message_from_bytes(raw, policy=policy)
    now = timezone.now()
    ReceivedMail.objects.bulk_create(
        ReceivedMail(
            sender=sender[:320],
            recipient=recipient[:320],
            subject=str(message.get("Subject", ""))[:500],
            message_id=str(message.get("Message-ID", ""))[:255],
            raw=raw,
            received_at=now,
        )
        for recipient in recipients
    )


class Handler:
    """What the server does with a message: store it first, then say "250"."""

    async def handle_DATA(self, server, session, envelope):  # noqa: N802  (aiosmtpd's name)
        try:
            await sync_to_async(store)(envelope.mail_from or "", envelope.rcpt_tos, envelope.content)
        except DatabaseError:
            logger.exception("could not keep a message")
            return "451 Requested action aborted: local error in processing"
        return "250 OK: kept in the mailbox"


async def serve(host: str, port: int) -> None:
    """Listen until the task is cancelled. Raises OSError when the port is taken."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: SMTP(Handler(), data_size_limit=MAX_SIZE, enable_SMTPUTF8=True, ident="example mailbox"),
        host,
        port,
    )
    async with server:
        await server.serve_forever()
