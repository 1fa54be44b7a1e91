"""Leads, their custom fields and topics in the Wagtail admin."""

from django.utils.translation import gettext_lazy as _
from wagtail.admin.admin_url_finder import ModelAdminURLFinder
from wagtail.admin.ui.tables import Column, StatusFlagColumn
from wagtail.admin.viewsets.model import ModelViewSet

from . import custom_field_views, views
from .filters import LeadFilterSet
from .forms import CustomFieldForm, LeadForm, TopicForm
from .models import CustomField, Lead, Topic
from .permissions import LEAD_POLICY, LOOK


class LeadURLFinder(ModelAdminURLFinder):
    """Links to a lead anywhere in the admin open the lead page, for all who may see that lead."""

    edit_url_name = "wagtail_automation_lead:inspect"

    def get_edit_url(self, instance):
        if self.user and not LEAD_POLICY.user_has_any_permission_for_instance(self.user, LOOK, instance):
            return None
        return self.construct_edit_url(instance)


class LeadViewSet(ModelViewSet):
    model = Lead
    name = "wagtail_automation_lead"
    url_prefix = "automation/leads"
    icon = "user"
    menu_label = _("Leads")
    menu_name = "automation-leads-list"
    list_per_page = 50
    ordering = "-pk"
    filterset_class = LeadFilterSet
    search_fields = ["email"]
    search_backend_name = None
    inspect_view_enabled = True
    copy_view_enabled = False
    # a lead refers to nothing that Wagtail shows usage of, and is saved far too often for that index
    add_to_reference_index = False
    url_finder_class = LeadURLFinder
    permission_policy = LEAD_POLICY
    index_view_class = views.LeadIndexView
    inspect_view_class = views.LeadPageView
    add_view_class = views.LeadCreateView
    edit_view_class = views.LeadEditView
    history_view_class = views.LeadHistoryView
    usage_view_class = views.LeadUsageView
    inspect_template_name = views.LeadPageView.template_name
    create_template_name = views.LeadFormMixin.template_name
    edit_template_name = views.LeadFormMixin.template_name

    def get_form_class(self, for_update=False):
        return LeadForm


class CustomFieldViewSet(ModelViewSet):
    model = CustomField
    name = "wagtail_automation_custom_field"
    url_prefix = "automation/custom-fields"
    icon = "form"
    menu_label = _("Custom fields")
    menu_name = "automation-custom-fields"
    list_display = [
        "label",
        Column("key", label=_("Key"), sort_key="key"),
        Column("get_type_display", label=_("Type"), sort_key="type"),
        Column("help_text", label=_("Help text")),
        StatusFlagColumn(
            "is_archived", label=_("Status"), true_label=_("Archived"), false_label=_("Offered")
        ),
        custom_field_views.UsageColumn("usage", label=_("Where used")),
    ]
    sort_order_field = "position"
    reorder_view_class = custom_field_views.CustomFieldReorderView
    search_fields = ["label", "key"]
    search_backend_name = None
    ordering = "position"
    copy_view_enabled = False
    add_to_reference_index = False

    def get_form_class(self, for_update=False):
        return CustomFieldForm


class TopicViewSet(ModelViewSet):
    model = Topic
    name = "wagtail_automation_topic"
    url_prefix = "automation/topics"
    icon = "tag"
    menu_label = _("Topics")
    menu_name = "automation-topics"
    list_display = [
        "name",
        Column("key", label=_("Key"), sort_key="key"),
        StatusFlagColumn(
            "is_archived", label=_("Status"), true_label=_("Archived"), false_label=_("Offered")
        ),
    ]
    search_fields = ["name", "key"]
    search_backend_name = None
    ordering = "name"
    copy_view_enabled = False
    add_to_reference_index = False

    def get_form_class(self, for_update=False):
        return TopicForm
