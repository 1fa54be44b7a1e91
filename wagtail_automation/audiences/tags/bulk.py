"""Tags on many leads chosen in the list, and taken off them."""

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail.log_actions import log

from wagtail_automation import clock
from wagtail_automation.leads.bulk import LeadBulkAction
from wagtail_automation.leads.cohorts import LeadsCohort

from . import actions
from .models import Tag

APP = "wagtail_automation_audiences"


class TagsForm(forms.Form):
    """Tags by name, with commas; new ones by those who may make them."""

    tags = forms.CharField(
        label=_("Tags"),
        max_length=500,
        help_text=_("One tag, or several separated by commas. Capitals and accents make no difference."),
    )

    def __init__(self, *args, create=False, **kwargs):
        super().__init__(*args, **kwargs)
        self.create = create

    def clean_tags(self):
        return actions.tags_named(names=self.cleaned_data["tags"], create=self.create)


class ChosenTagsForm(forms.Form):
    """Tags that exist."""

    tags = forms.ModelMultipleChoiceField(
        label=_("Tags"), queryset=Tag.objects.all(), widget=forms.CheckboxSelectMultiple
    )


class TagBulkAction(LeadBulkAction):
    """What both have in common: the right, and the log of the act on each tag."""

    needed = ""
    header_icon = "tag"
    log_action = ""

    @classmethod
    def is_for(cls, user):
        return user.has_perm(f"{APP}.{cls.needed}") and super().is_for(user)

    def act(self, leads, cleaned):
        user = self.request.user
        cohort = LeadsCohort(leads, key=f"user:{user.pk}", now=clock.now(), user=user)
        changed = self.change(cleaned["tags"], cohort)
        for tag in cleaned["tags"]:
            if changed[tag.pk]:
                data = {"tags": [tag.name], "leads": len(changed[tag.pk])}
                log(tag, self.log_action, user=user, data=data)
        return len(set().union(*changed.values()))

    def done(self, number):
        return gettext("Leads changed: %(number)s.") % {"number": number}


class AddTagsBulkAction(TagBulkAction):
    """Put tags on the chosen leads."""

    display_name = _("Add tags")
    action_type = "add_tags"
    aria_label = _("Add tags to the selected leads")
    action_priority = 30
    form_class = TagsForm
    yes = _("Add tags")
    needed = "add_leadtag"
    log_action = "wagtail_automation.tag_add"

    def form_options(self):
        return {"create": self.request.user.has_perm(f"{APP}.add_tag")}

    def change(self, tags, cohort):
        return actions.add_tags(tags=tags, cohort=cohort)


class RemoveTagsBulkAction(TagBulkAction):
    """Take tags off the chosen leads."""

    display_name = _("Remove tags")
    action_type = "remove_tags"
    aria_label = _("Remove tags from the selected leads")
    action_priority = 31
    form_class = ChosenTagsForm
    yes = _("Remove tags")
    needed = "delete_leadtag"
    log_action = "wagtail_automation.tag_remove"

    def change(self, tags, cohort):
        return actions.remove_tags(tags=tags, cohort=cohort)
