"""The people of an email as a file."""

import csv
import io

from django.http import StreamingHttpResponse
from django.utils.translation import gettext as _

from wagtail_automation.admin.export import neutral
from wagtail_automation.messaging.reasons import explain

COLUMNS = (
    "sent_at",
    "delivered_at",
    "opened_at",
    "machine_opened_at",
    "clicked_at",
    "replied_at",
    "bounced_at",
    "bounce_kind",
    "unsubscribed_at",
    "complained_at",
)


def _lines(rows):
    buffer = io.StringIO()
    writer = csv.writer(buffer)

    def line(cells):
        buffer.seek(0)
        buffer.truncate()
        writer.writerow([neutral(cell) for cell in cells])
        return buffer.getvalue().encode()

    yield "\ufeff".encode()
    yield line([_("Email address"), _("Name"), _("State"), _("Reason"), *COLUMNS])
    for row in rows.iterator(chunk_size=1000):
        moments = [getattr(row, name) or "" for name in COLUMNS]
        state, reason = str(row.get_state_display()), str(explain(row.reason))
        shown = [m if isinstance(m, str) else m.isoformat(timespec="seconds") for m in moments]
        yield line([row.lead.email, str(row.lead), state, reason, *shown])


def respond(rows, *, name: str) -> StreamingHttpResponse:
    """A CSV file, written while it is read; no cell of it is a formula."""
    response = StreamingHttpResponse(_lines(rows), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    response["Cache-Control"] = "private, no-store"
    return response
