"""Every question to the database about watched rules and waiting events."""

from django.db import connections, models
from django.db.models import F, Value

from wagtail_automation import sql
from wagtail_automation.audiences.querysets import PlainQuerySet


class WatchQuerySet(models.QuerySet):
    """Watched rules."""

    def due(self, now):
        return self.filter(due_at__lte=now).order_by("due_at", "pk")

    def depending_on(self, facts):
        facts_model = self.model._meta.get_field("facts").related_model
        return self.filter(pk__in=facts_model.objects.filter(fact__in=list(facts)).values("watch_id"))

    def hold(self, pk: int):
        """The watch, locked until the end of the transaction; None if it is gone."""
        return self.select_for_update(no_key=True).filter(pk=pk).first()


class PendingQuerySet(PlainQuerySet):
    """Events to be worked off, oldest first."""

    def claim(self, size: int) -> list:
        """The oldest rows, locked until the end of the transaction; rows that another process holds are
        passed over (PostgreSQL; SQLite has one writer)."""
        skip = connections[self.db].features.has_select_for_update_skip_locked
        return list(self.select_for_update(skip_locked=skip).order_by("pk")[:size])

    def oldest(self) -> int | None:
        return self.order_by("pk").values_list("pk", flat=True).first()

    def copy_for(self, event, leads) -> None:
        """One fact of many leads (ids) as so many rows, in one statement."""
        from wagtail_automation.leads.models import Lead

        sql.insert_select(
            self.model,
            {
                "lead_id": F("pk"),
                "name": event.name,
                "object_kind": event.object_kind,
                "object_key": event.object_key,
                "url": event.url,
                "value": event.value,
                "data": Value(event.data, output_field=models.JSONField()),
                "channel": event.channel,
                "at": event.at,
            },
            Lead.objects.filter(pk__anyof=leads),
        )


def lock_leads(ids) -> list[int]:
    """Lock the rows of these leads in the order of their keys; returns those that exist. What is counted
    per lead (points a day, first times) is safe from a second worker while this lock is held."""
    from wagtail_automation.leads.models import Lead

    rows = Lead.objects.select_for_update(no_key=True).filter(pk__anyof=sorted(set(ids))).order_by("pk")
    return list(rows.values_list("pk", flat=True))


def begin_matching(watch, leads: list[int], now) -> list[int]:
    """Note that these leads match; returns those who did not before (and exist)."""
    from wagtail_automation.leads.models import Lead

    model = watch._meta.get_field("matches").related_model
    back = model.objects.filter(watch=watch, lead_id__anyof=leads, matches=False)
    again = list(back.values_list("lead_id", flat=True))
    if again:
        back.update(matches=True, since_at=now)
    new = sql.insert_select(
        model,
        {"watch": watch.pk, "lead": F("pk"), "matches": True, "since_at": now},
        Lead.objects.filter(pk__anyof=leads),
        ignore_conflicts=True,
        returning="lead",
    )
    return sorted([*again, *new])


def stop_matching(watch, leads: list[int], now) -> list[int]:
    """Note that these leads match no longer; returns those who did."""
    model = watch._meta.get_field("matches").related_model
    rows = model.objects.filter(watch=watch, lead_id__anyof=leads, matches=True)
    left = sorted(rows.values_list("lead_id", flat=True))
    if left:
        rows.update(matches=False, since_at=now)
    return left
