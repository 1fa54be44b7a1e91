"""Streams of registered triggers: "one of these happens", for goals and score sets."""

from functools import cache

from django.utils.translation import gettext_lazy as _
from wagtail import blocks

from wagtail_automation.rules.binding import MissingReference, bind
from wagtail_automation.rules.forms import UNREADABLE
from wagtail_automation.streams import RegistryStreamBlock, RegistryStreamField
from wagtail_automation.tracking import events
from wagtail_automation.triggers import Trigger, triggers

#: What follows from points, stages and goals themselves: listening to it would go round in a circle.
CIRCULAR = frozenset({events.SCORE_CHANGED})
PREFIX = "on_"


def listenable() -> list[type[Trigger]]:
    """The registered triggers that an event starts."""
    return [cls for cls in triggers if cls.event and cls.event not in CIRCULAR]


@cache
def wrapped(trigger: type[Trigger], base: type[blocks.StructBlock]) -> type[blocks.StructBlock]:
    """A block class ``on_<key>`` for a trigger: its parameters as ``when``, and what ``base`` adds."""
    meta = trigger().meta
    return type(
        f"On{trigger.__name__}",
        (base,),
        {
            "key": PREFIX + trigger.key,
            "trigger": trigger,
            "__module__": base.__module__,
            "Meta": type(
                "Meta",
                (base._meta_class,),
                {"label": meta.label, "icon": meta.icon, "group": meta.group},
            ),
        },
    )


class TriggerItem(blocks.StructBlock):
    """Base of ``on_…`` blocks. The trigger's own form comes first."""

    key: str | None = None
    trigger: type[Trigger] | None = None

    def __init__(self, local_blocks=None, **kwargs):
        inner = [("when", self.trigger(label=_("What happens")))] if self.trigger().child_blocks else []
        super().__init__([*inner, *(local_blocks or [])], **kwargs)
        if not self.name and self.key:
            self.set_name(self.key)

    class Meta:
        icon = "bolt"


class TriggerCatalogue:
    """What a ``RegistryStreamBlock`` asks of a registry, over the triggers and more classes."""

    def __init__(self, base: type[TriggerItem], *more: type):
        self.base, self.more = base, more

    def __iter__(self):
        yield from self.more
        yield from (wrapped(cls, self.base) for cls in listenable())

    def get(self, kind: str, default=None):
        for cls in self.more:
            if cls.key == kind:
                return cls
        trigger = triggers.get(kind.removeprefix(PREFIX)) if kind.startswith(PREFIX) else None
        return wrapped(trigger, self.base) if trigger in listenable() else default


class TriggersBlock(RegistryStreamBlock):
    """Any of these happens."""

    registry = TriggerCatalogue(TriggerItem)


class TriggersField(RegistryStreamField):
    """A column of triggers; migrations hold only the path, and those not installed stay as they are."""

    block_class = TriggersBlock


class Ear:
    """One stored ``on_…`` item, ready to hear: the trigger, its bound value, name and object of its event.

    ``usable`` is False for what is not installed, refers to something deleted, or cannot be read.
    """

    def __init__(self, kind: str, when: dict | None):
        self.trigger = self.value = None
        cls = triggers.get(kind.removeprefix(PREFIX)) if kind.startswith(PREFIX) else None
        if cls is None or cls not in listenable():
            return
        trigger = cls()
        try:
            self.value = bind(trigger, when or {})
        except (MissingReference, *UNREADABLE):
            return
        self.trigger = trigger

    @property
    def usable(self) -> bool:
        return self.trigger is not None

    @property
    def address(self) -> tuple[str, object]:
        """``(event name, object key or None)`` to listen to."""
        subject = self.trigger.subject(self.value)
        return self.trigger.event, subject.key if subject is not None else None

    def hears(self, event) -> bool:
        name, key = self.address
        return (
            event.name == name
            and key in (None, event.object_key)
            and bool(self.trigger.matches(self.value, event))
        )

    def sentence(self) -> str:
        return self.trigger.sentence(self.value) if self.usable else ""
