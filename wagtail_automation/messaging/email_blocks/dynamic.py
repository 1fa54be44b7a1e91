"""Content that depends on who gets the email: alternatives with a rule each, decided when it is sent."""

from django.utils.translation import gettext_lazy as _
from wagtail import blocks

from wagtail_automation.messaging.body import EmailBody
from wagtail_automation.messaging.registry import EmailBlock, email_blocks
from wagtail_automation.rules.blocks import RuleBlock

from .groups import SPECIAL

MAX_ALTERNATIVES = 20


class PartOfEmail(EmailBody):
    """The blocks of an email that may depend on a rule: neither another choice nor the footer."""

    left_out = ("dynamic", "shared_dynamic", "footer")

    class Meta:
        required = False


class EmailAlternativeBlock(blocks.StructBlock):
    """What those get who match the rule."""

    name = blocks.CharBlock(label=_("Name"), max_length=100, required=False)
    rule = RuleBlock(label=_("Sent to"), required=False)
    content = PartOfEmail(label=_("Content"))

    class Meta:
        label = _("Alternative")
        icon = "group"
        label_format = "{name}"


@email_blocks.register
class DynamicEmailBlock(EmailBlock):
    """Alternatives in order, and what everybody else gets. The first whose rule matches is sent."""

    key = "dynamic"
    full_width = True
    alternatives = blocks.ListBlock(
        EmailAlternativeBlock(), label=_("Alternatives"), min_num=1, max_num=MAX_ALTERNATIVES, default=[]
    )
    fallback = PartOfEmail(label=_("Everybody else"))

    class Meta:
        label = _("Dynamic content")
        icon = "group"
        group = SPECIAL
        description = _(
            "Each person gets the first alternative whose rule they match when the email is sent."
        )

    def problems(self, value):
        without = [one for one in value.get("alternatives") or () if one["rule"].is_empty]
        return {"alternatives": _("Each alternative needs a rule.")} if without else {}

    def _named(self, value, context) -> str:
        return context.choice(
            value, [{"name": one["name"] or "", "rule": one["rule"].raw} for one in value["alternatives"]]
        )

    def render_mjml(self, value, context):
        name = self._named(value, context)
        parts = []
        for position, one in enumerate(value["alternatives"], 1):
            test = f"{{% {'if' if position == 1 else 'elsif'} chosen.{name} == '{position}' %}}"
            parts += [between(context, test, f"{name}:{position}"), context.blocks(one["content"])[0]]
        if not parts:
            return context.blocks(value["fallback"])[0]
        parts += [between(context, "{% else %}", f"{name}:"), context.blocks(value["fallback"])[0]]
        return "".join([*parts, between(context, "{% endif %}")])

    def render_text(self, value, context):
        name = self._named(value, context)
        written = ""
        for position, one in enumerate(value["alternatives"], 1):
            words = "\n\n".join(context.blocks(one["content"])[1])
            written += f"{{% {'if' if position == 1 else 'elsif'} chosen.{name} == '{position}' %}}{words}"
        fallback = "\n\n".join(context.blocks(value["fallback"])[1])
        return f"{written}{{% else %}}{fallback}{{% endif %}}" if written else fallback


def between(context, tag: str, part: str = "") -> str:
    """A Liquid tag between two sections: mrml puts it between complete table rows for Outlook."""
    return f"<mj-raw>{context.branch(tag, part)}</mj-raw>"
