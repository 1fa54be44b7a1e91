"""What is told in chats: queued with the people it is about, written when it is handed over."""

from wagtail_automation import clock, jobs
from wagtail_automation.cohorts import Cohort
from wagtail_automation.leads.cohorts import LeadsCohort
from wagtail_automation.leads.models import Lead
from wagtail_automation.messaging import alerts
from wagtail_automation.messaging.channels import sender
from wagtail_automation.messaging.channels.models import Channel
from wagtail_automation.messaging.channels.registry import Outgoing
from wagtail_automation.messaging.preparing import Prepared, Refusal
from wagtail_automation.outbox import State

from .models import Alert, AlertPost, AlertPostLead


def queue_posts(
    *,
    room: Channel,
    groups: dict[str, list[int]],
    text: str,
    cohort: Cohort,
    alert: Alert | None = None,
    is_digest: bool = False,
) -> int:
    """Queue one post for each group ``{key: [ids of leads]}``; returns how many. Three statements for any
    number. Raises IntegrityError for a key that was queued before."""
    shared = {
        "channel": room,
        "alert": alert,
        "text": text,
        "site": cohort.site,
        "is_digest": is_digest,
        "origin": cohort.origin[:60],
        "state": State.QUEUED,
        "not_before": cohort.now,
        "created_at": cohort.now,
    }
    posts = [AlertPost(key=f"{key}:room:{room.pk}", **shared) for key in groups]
    AlertPost.objects.bulk_create(posts, batch_size=200)
    people = [
        AlertPostLead(post=post, lead_id=lead)
        for post, leads in zip(posts, groups.values(), strict=True)
        for lead in leads
    ]
    AlertPostLead.objects.bulk_create(people, batch_size=500)
    if posts:
        jobs.enqueue(sender.SEND)
    return len(posts)


class PostPreparer:
    """Posts to one room, in the site's language. A constant number of queries for the posts of one alert."""

    model = AlertPost
    result_fields = ("provider_id",)
    settled_fields = ("id",)

    def __init__(self, channel: Channel | None):
        self.handler = channel.handler if channel is not None and channel.is_active else None

    def prepare(self, rows: list[AlertPost]) -> dict:
        """``{pk: Prepared or Refusal}``."""
        if self.handler is None:
            return {row.pk: Refusal("no_channel", State.FAILED) for row in rows}
        about: dict[int, list[Lead]] = {row.pk: [] for row in rows}
        people = AlertPostLead.objects.filter(post__in=rows).order_by("lead_id")
        for one in people.select_related("lead"):
            about[one.post_id].append(one.lead)
        names = dict(Alert.objects.filter(pk__in={row.alert_id for row in rows}).values_list("pk", "name"))
        writers: dict[tuple, alerts.Writer] = {}
        for row in rows:
            same = (row.text, row.site_id)
            if same not in writers:
                leads = [lead for r in rows if (r.text, r.site_id) == same for lead in about[r.pk]]
                cohort = LeadsCohort([lead.pk for lead in leads], key="", origin=row.origin, now=clock.now())
                writers[same] = alerts.Writer(leads, row.text, cohort)
            row.writer, row.about, row.alert_name = writers[same], about[row.pk], names.get(row.alert_id, "")
        return {row.pk: self._build(row) for row in rows}

    def _build(self, row: AlertPost) -> Prepared | Refusal:
        if not row.about:
            return Refusal("people_deleted")
        if row.is_digest:
            subject, text = row.writer.digest(row.alert_name, row.about)
        else:
            subject, text = row.writer.letter(row.about[0])
        return Prepared(Outgoing("", {"text": f"{subject}\n\n{text}"}, str(row.uuid)))

    def sent(self, row: AlertPost, prepared: Prepared) -> None:
        """Nothing of it is kept but that it was sent."""


sender.QUEUES.append(sender.Queue(AlertPost, PostPreparer, sender.GatewayBatch))
