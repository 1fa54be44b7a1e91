"""Views and clicks feed interests."""

import datetime as dt

from wagtail_automation import clock, pruning
from wagtail_automation.audiences.watching import inbox
from wagtail_automation.audiences.watching.registry import Owner, register

from . import actions, querysets
from .models import Interest


def follow(interest: Interest) -> None:
    """Listen for what feeds this interest. Call in the saving transaction."""
    wanted = {(name, None) for name in (*actions.VIEWS, *actions.CLICKS)}
    inbox.listen(owner=f"interest:{interest.pk}", wanted=wanted)


@register
class InterestOwner(Owner):
    """All interests at once: their pages are looked up once."""

    key = "interest"

    def happened(self, pks, events, now):
        interests = list(Interest.objects.filter(pk__in=pks).order_by("pk"))
        if interests:
            actions.learn(events=events, now=now, interests=interests)


@pruning.register
def prune(now: dt.datetime) -> dict[str, int]:
    """Interests that have faded away."""
    return {"faded interests": querysets.prune(now or clock.now())}
