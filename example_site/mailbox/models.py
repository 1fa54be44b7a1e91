"""Mail that the example site's SMTP server took, whole."""

import email
from email.message import EmailMessage
from email.policy import default as policy

from django.db import models
from django.utils.functional import cached_property


class ReceivedMail(models.Model):
    """One message as it came over the wire, with the envelope it came in."""

    sender = models.CharField(max_length=320)
    recipient = models.CharField(max_length=320, db_index=True)
    subject = models.CharField(max_length=500, blank=True)
    message_id = models.CharField(max_length=255, blank=True, db_index=True)
    raw = models.BinaryField()
    received_at = models.DateTimeField(db_index=True)

    class Meta:
        ordering = ["-received_at", "-pk"]

    def __str__(self):
        return f"{self.subject} ({self.recipient})"

    @cached_property
    def message(self) -> EmailMessage:
        """The parsed message."""
        return email.message_from_bytes(bytes(self.raw), policy=policy)

    @cached_property
    def text(self) -> str:
        """The text part, empty if there is none."""
        return self._part("plain")

    @cached_property
    def html(self) -> str:
        """The HTML part, empty if there is none."""
        return self._part("html")

    @property
    def headers(self) -> list[tuple[str, str]]:
        """All headers in the order of the message."""
        return [(name, str(value)) for name, value in self.message.items()]

    def _part(self, kind: str) -> str:
        part = self.message.get_body(preferencelist=(kind,))
        if part is None or part.get_content_subtype() != kind:
            return ""
        return part.get_content()
