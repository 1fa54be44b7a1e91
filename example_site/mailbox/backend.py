"""A mail backend that puts messages straight into the mailbox: for example data, where no server runs yet."""

import datetime as dt

from django.core.mail.backends.base import BaseEmailBackend

from wagtail_automation import clock

from .models import ReceivedMail

#: The mailbox shows what came lately; months of example letters would only make the database large.
KEEP = dt.timedelta(days=4)


class MailboxBackend(BaseEmailBackend):
    """Takes everything; keeps what was sent within the last days of real time."""

    def send_messages(self, email_messages):
        now = clock.now()
        oldest = dt.datetime.now(dt.UTC) - KEEP
        if now > oldest:
            ReceivedMail.objects.bulk_create(
                ReceivedMail(
                    sender=message.from_email[:320],
                    recipient=recipient[:320],
                    subject=message.subject[:500],
                    message_id=str(message.extra_headers.get("Message-ID", ""))[:255],
                    raw=message.message().as_bytes(),
                    received_at=now,
                )
                for message in email_messages
                for recipient in message.recipients()
            )
        return len(email_messages)
