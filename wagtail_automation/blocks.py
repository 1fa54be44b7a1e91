"""The base of everything that is registered: a StructBlock with a stable key and a sentence."""

import copy

from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from wagtail import blocks


class Idle(str):
    """A warning (``RegisteredBlock.warnings``) of what does nothing for anybody as things are."""

    __slots__ = ()


class RegisteredBlock(blocks.StructBlock):
    """One condition, activity, trigger or flow step: its form, validation and JSON are the StructBlock's.

    The methods of subclasses get a *bound* value (``rules.binding``): a dictionary in which objects
    are ``objects.Ref`` and everything else is the child block's Python value.
    """

    key: str | None = None
    #: former keys, so that stored JSON survives a renaming
    aliases: tuple[str, ...] = ()
    #: words people may search for, beside the label
    keywords: tuple = ()

    class Meta:
        icon = "cog"
        group = _("Other")
        tone = "grey"
        description = ""

    def __init__(self, local_blocks=None, **kwargs):
        super().__init__(local_blocks, **kwargs)
        # Wagtail shares children between all instances of a class, and draft validation changes them
        # while it runs: each instance has its own.
        self.child_blocks = copy.deepcopy(self.child_blocks)
        # Wagtail keeps every instance for ever (for previews of blocks); a worker makes many of these.
        self.definition_registry.pop(self.definition_prefix, None)
        if not self.name and self.key:
            self.set_name(self.key)

    @cached_property
    def title(self) -> str:
        """What the editor calls it, in the language of first use: use ``label`` for display."""
        return str(self.label)

    @classmethod
    def class_problems(cls) -> list[str]:
        """What is wrong with the class itself, each a sentence without a subject, for the system check."""
        return []

    def warnings(self, values: list) -> list[list[str]]:
        """For each value: what somebody should know who is about to use it like this, in words.

        A warning keeps nobody from publishing; what must be mended is an error of ``clean``. One that says
        that nothing will happen is an ``Idle``. Asked for all
        steps of one kind at once: a constant number of queries.
        """
        return [[] for _value in values]

    def sentence(self, value) -> str:
        """One line that says what it does with these parameters; the label if there are none."""
        parts = [str(part) for part in value.values() if part not in (None, "", [], ())]
        label = str(self.label)
        return f"{label}: {', '.join(parts)}" if parts else label
