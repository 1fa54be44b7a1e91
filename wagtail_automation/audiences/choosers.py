"""The modal in which a list is chosen or made."""

from django.utils.translation import gettext_lazy as _

from wagtail_automation.admin.choosers import ChooserViewSet

from .models import LeadList


class LeadListChooserViewSet(ChooserViewSet):
    model = LeadList
    icon = "list-ul"
    choose_one_text = _("Choose a list")
    choose_another_text = _("Choose another list")
    edit_item_text = _("Edit this list")
    form_fields = ["name", "description"]

    def get_object_list(self):
        return LeadList.objects.filter(archived=False)


class StoredListChooserViewSet(LeadListChooserViewSet):
    """Only lists that people can be put on."""

    def get_object_list(self):
        return super().get_object_list().stored()


stored_list_chooser = StoredListChooserViewSet("wagtail_automation_stored_list_chooser")
lead_list_chooser = LeadListChooserViewSet("wagtail_automation_list_chooser")
