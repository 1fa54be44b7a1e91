"""The benchmark suite ``newsletter``: fixing who gets it, and queuing a message for each of them."""

from django.db import connection
from django.db.models import F
from django.test.utils import CaptureQueriesContext

from wagtail_automation import clock, jobs
from wagtail_automation.audiences.models import LeadList, ListMembership
from wagtail_automation.bench import register_suite, timed
from wagtail_automation.leads.models import Lead
from wagtail_automation.messaging import bench, bench_people
from wagtail_automation.messaging.models import Message
from wagtail_automation.outbox import State
from wagtail_automation.sql import analyze, insert_select

from . import actions
from .models import Newsletter, NewsletterRecipient

SCALE = 200_000


@register_suite("newsletter")
def suite(scale: int | None, say) -> dict:
    """A newsletter to ``scale`` people (200,000) of two lists, everybody in both, and to a tenth of them."""
    count = scale or SCALE
    say(f"Making {count:,} people …")
    bench_people.make_people(count)
    email = bench_people.make_email()
    figures: dict = {"scale": count}
    for name, size in (("tenth", max(1, count // 10)), ("whole", count)):
        figures |= {f"{name}_{key}": value for key, value in _measure(email, size, say).items()}
    figures["memory_growth_mb"] = round(figures["whole_memory_mb"] - figures["tenth_memory_mb"], 1)
    return figures


def _measure(email, count: int, say) -> dict:
    """One newsletter, from the click to the last message in the outbox."""
    now, mark = clock.now(), f"{bench_people.MARK} {count} {Newsletter.objects.count()}"
    lists = [LeadList.objects.create(name=f"{mark} {letter}") for letter in "AB"]
    everybody = Lead.objects.filter(source=bench_people.MARK).order_by("pk")
    some = everybody.filter(pk__lte=everybody.values_list("pk", flat=True)[count - 1])
    for one in lists:
        insert_select(
            ListMembership, {"list": one.pk, "lead": F("pk"), "added_at": now, "origin": "bench"}, some
        )
    analyze(ListMembership)
    newsletter = Newsletter.objects.create(name=mark, email=email)
    actions.set_audience(newsletter=newsletter, lists=lists)
    enqueue, jobs.enqueue = jobs.enqueue, lambda *args, **options: None
    try:
        actions.order(newsletter=newsletter, now=now)
        with CaptureQueriesContext(connection) as asked, timed() as fixing:
            actions.start(newsletter=newsletter, now=now)
        with timed() as queuing:
            while actions.queue_chunk(newsletter=newsletter, now=clock.now()):
                # the sender keeps pace: what is queued is out, so that the outbox never fills
                Message.objects.filter(origin=newsletter.origin, state=State.QUEUED).update(
                    state=State.CANCELLED
                )
    finally:
        jobs.enqueue = enqueue
    made = Message.objects.filter(origin=newsletter.origin)
    if made.count() != count or made.values("lead").distinct().count() != count:
        raise RuntimeError(f"Not each of {count} people got one message: {made.count()}")
    if NewsletterRecipient.objects.filter(newsletter=newsletter).exists():
        raise RuntimeError("Somebody is still waiting for their message.")
    say(f"  {count:,} people: fixed in {fixing.wall:.1f} s, queued in {queuing.wall:.1f} s")
    return {
        "fixing_seconds": round(fixing.wall, 2),
        "fixing_statements": len(asked),
        "queued_per_second": round(count / queuing.wall),
        "queuing_cpu_seconds": round(queuing.cpu, 2),
        "memory_mb": bench.memory_mb(),
    }
