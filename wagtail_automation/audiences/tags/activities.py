"""Tags put on and taken off by campaigns, forms and bulk actions."""

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from wagtail_automation.activities import Activity, activities

from . import actions
from .blocks import TagsBlock, quoted


class TagActivity(Activity):
    """What both have in common."""

    immediate = True

    def chosen(self, value) -> list:
        return [tag for tag in value.get("tags") or () if tag]


@activities.register
class TagAdd(TagActivity):
    """Put tags on."""

    key = "tag_add"
    changes = ("tag",)
    keywords = (_("label"), _("keyword"))
    tags = TagsBlock(label=_("Tags"))

    class Meta:
        label = _("Add tags")
        icon = "tag"
        group = _("Lead")
        tone = "violet"
        description = _("Puts tags on the lead.")

    def apply(self, value, cohort):
        actions.add_tags(tags=self.chosen(value), cohort=cohort)

    def sentence(self, value):
        tags = self.chosen(value)
        return gettext("Add the tags %(tags)s") % {"tags": quoted(tags)} if tags else str(self.label)


@activities.register
class TagRemove(TagActivity):
    """Take tags off."""

    key = "tag_remove"
    changes = ("tag",)
    keywords = (_("label"), _("keyword"))
    tags = TagsBlock(label=_("Tags"))

    class Meta:
        label = _("Remove tags")
        icon = "tag"
        group = _("Lead")
        tone = "violet"
        description = _("Takes tags off the lead.")

    def apply(self, value, cohort):
        actions.remove_tags(tags=self.chosen(value), cohort=cohort)

    def sentence(self, value):
        tags = self.chosen(value)
        return gettext("Remove the tags %(tags)s") % {"tags": quoted(tags)} if tags else str(self.label)
