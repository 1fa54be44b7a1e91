"""The lists that every site has. Three are computed: being on them is a question, not a row.

*All leads*, *unsubscribed* and *bounced* follow from what is stored elsewhere, so they are asked, never kept:
they cannot be wrong, cost nothing while nobody looks, and no event says that somebody joined them – the facts
behind them (``lead_identified``, ``consent_withdrawn``, ``email_bounced``) have events of their own. *Test
group* and *internal copies* are lists like any other, only that the package counts on them.

None can be deleted. Their keys are name-based: a rule is compiled without looking up which list it is.
"""

import uuid
from collections.abc import Callable
from dataclasses import dataclass

from django.apps import apps as registry
from django.core.cache import cache
from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db import DatabaseError, models
from django.db.models import Q
from django.utils import translation
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from wagtail_automation import clock, objects
from wagtail_automation.audiences.querysets import COUNT_TIMEOUT_SECONDS, patient
from wagtail_automation.leads.consent import EMAIL
from wagtail_automation.leads.models import ConsentState, Lead
from wagtail_automation.rules.conditions import Events, Facts, Fields
from wagtail_automation.rules.scope import Scope
from wagtail_automation.tracking import events

COUNT_SECONDS = 60


class Builtin(models.TextChoices):
    """Which list of the system it is; empty for those that people make."""

    ALL = "all", _("All leads")
    UNSUBSCRIBED = "unsubscribed", _("Unsubscribed people")
    BOUNCED = "bounced", _("Bounced addresses")
    TEST = "test", _("Test group")
    INTERNAL = "internal", _("Internal copies")


DESCRIPTIONS = {
    Builtin.ALL: _("Everybody who is known, now."),
    Builtin.UNSUBSCRIBED: _("Everybody who has withdrawn or refused email."),
    Builtin.BOUNCED: _("Everybody to whom an email came back as undeliverable."),
    Builtin.TEST: _("Colleagues who get test messages."),
    Builtin.INTERNAL: _("Colleagues who get a copy of what is sent."),
}


@dataclass(frozen=True)
class Computed:
    """``q(scope)``: the people, as a condition says it; ``facts``: what must change before the answer can."""

    q: Callable[[Scope], Q]
    facts: Facts


def key_of(builtin: str) -> uuid.UUID:
    """The same on every site."""
    return uuid.uuid5(objects.NAMESPACE, f"list:{Builtin(builtin).value}")


_computed: dict[uuid.UUID, Computed] = {}


def register_computed(builtin: str, q: Callable[[Scope], Q], facts: Facts) -> None:
    """Say who is on a computed list. An app that knows better (which bounces are final) says it again."""
    _computed[key_of(builtin)] = Computed(q, facts)


register_computed(Builtin.ALL, lambda scope: scope.lead(status="known"), Fields("status"))
register_computed(
    Builtin.UNSUBSCRIBED,
    lambda scope: scope.where(ConsentState.objects.filter(subject=EMAIL, granted=False)),
    Facts(frozenset({f"consent:{EMAIL}"})),
)
register_computed(
    Builtin.BOUNCED,
    lambda scope: scope.happened(events.EMAIL_BOUNCED, ever=True),
    Events(events.EMAIL_BOUNCED),
)


def computed(lead_list) -> Computed | None:
    """How a list (or its ``Ref``) is computed; None for one with rows. Runs no query."""
    return _computed.get(lead_list.key if isinstance(lead_list, objects.Ref) else lead_list.uuid)


def refuse_computed(lead_list) -> None:
    """Raise ValidationError for a list that nobody can be put on."""
    if lead_list is not None and computed(lead_list):
        raise ValidationError(
            gettext("“%(list)s” is kept by the system: nobody is added to it or removed from it.")
            % {"list": lead_list},
            code="computed",
        )


def people(lead_list, *, now=None, leads=None):
    """The leads on a computed list; ``leads``: only of these."""
    everybody = Lead.objects.all() if leads is None else leads
    return everybody.filter(computed(lead_list).q(Scope(now or clock.now(), mode="set")))


def count(lead_list) -> int | None:
    """How many are on a computed list, at most a minute old; None: it takes too long to tell."""
    key = f"wagtail_automation_list_count_{lead_list.uuid}"
    number = cache.get(key)
    if number is None:
        try:
            with patient(seconds=COUNT_TIMEOUT_SECONDS):
                number = people(lead_list).count()
        except DatabaseError:
            return None
        cache.set(key, number, COUNT_SECONDS)
    return number


def ensure(sender, apps=registry, **kwargs) -> None:
    """After a migration: the lists are there. A repeat changes nothing, nor does a backward migration."""
    model = apps.get_model("wagtail_automation_audiences", "LeadList")
    try:
        model._meta.get_field("builtin")
    except FieldDoesNotExist:
        return
    with translation.override("en"):  # the stored name is for sorting and search; people read the label
        names = {builtin.value: str(builtin.label) for builtin in Builtin}
    for builtin, name in names.items():
        model.objects.get_or_create(
            builtin=builtin, defaults={"uuid": key_of(builtin), "name": name, "colour": "grey"}
        )
