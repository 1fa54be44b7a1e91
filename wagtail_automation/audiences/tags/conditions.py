"""What a rule may ask about tags."""

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail.blocks import ChoiceBlock

from wagtail_automation.rules.conditions import Condition, Facts, conditions

from .blocks import TagsBlock, quoted
from .models import LeadTag


@conditions.register
class HasTag(Condition):
    """Carries one of the tags, or all of them."""

    key = "has_tag"
    keywords = (_("label"), _("keyword"))
    tags = TagsBlock(label=_("Tags"))
    match = ChoiceBlock(
        label=_("Which"),
        choices=[("any", _("At least one of them")), ("all", _("All of them"))],
        default="any",
    )
    waitable = True
    depends_on = Facts(frozenset({"tag"}))

    class Meta:
        label = _("Has a tag")
        icon = "tag"
        group = _("Lead")
        tone = "violet"
        description = _("The lead carries one of these tags, or all of them.")

    def get_depends_on(self, value):
        return Facts(frozenset(f"tag:{tag.pk}" for tag in value.get("tags") or () if tag))

    def q(self, value, scope):
        tags = sorted({tag.pk for tag in value.get("tags") or () if tag})
        if not tags:
            return scope.nobody()
        if value.get("match") != "all":
            return scope.where(LeadTag.objects.filter(tag_id__in=tags))
        q = scope.where(LeadTag.objects.filter(tag_id=tags[0]))
        for tag in tags[1:]:
            q &= scope.where(LeadTag.objects.filter(tag_id=tag))
        return q

    def sentence(self, value):
        tags = [tag for tag in value.get("tags") or () if tag]
        if not tags:
            return str(self.label)
        if len(tags) == 1:
            return gettext("Has the tag %(tags)s") % {"tags": quoted(tags)}
        if value.get("match") == "all":
            return gettext("Has all of the tags %(tags)s") % {"tags": quoted(tags)}
        return gettext("Has one of the tags %(tags)s") % {"tags": quoted(tags)}
