"""Views of the admin: the list of leads, the lead page, the profile form."""

from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from wagtail.admin.ui.tables import BulkActionsCheckboxColumn, Column, NumberColumn, TitleColumn
from wagtail.admin.views import generic
from wagtail.admin.views.generic.history import HistoryView
from wagtail.admin.views.generic.usage import UsageView
from wagtail.admin.widgets import Button, HeaderButton

from wagtail_automation.admin.tables import MomentColumn

from . import bulk, list_columns, page, privacy_views, sources
from .fields import COLUMNS
from .logs import log_lead
from .people import name_of
from .permissions import visible_lead


class PersonColumn(TitleColumn):
    """Avatar, name and, below it, address or company."""

    cell_template_name = "wagtail_automation/leads/person_cell.html"

    def get_cell_context_data(self, instance, parent_context):
        context = super().get_cell_context_data(instance, parent_context)
        context["avatar"] = page.avatar(instance, getattr(instance, "photo_url", ""))
        context["below"] = instance.email if str(instance) != instance.email else instance.company
        return context


class FieldColumn(Column):
    """A field of leads as people read it: names of countries and languages."""

    def get_value(self, instance):
        return COLUMNS[self.name].display(instance)


class LeadIndexView(generic.IndexView):
    """Known people, newest first; search over folded text, names and addresses."""

    search_fields = ["email"]
    template_name = "wagtail_automation/leads/lead_index.html"

    def get_base_queryset(self):
        return super().get_base_queryset().visible_to(self.request.user).select_related("owner")

    @cached_property
    def bulk_buttons(self) -> list:
        return bulk.buttons(self.request.user)

    def get_context_data(self, *args, **kwargs):
        return super().get_context_data(*args, bulk_buttons=self.bulk_buttons, **kwargs)

    @cached_property
    def columns(self):
        person = self._get_title_column_class(PersonColumn)
        tick = [BulkActionsCheckboxColumn("bulk_actions", obj_type="lead")] if self.bulk_buttons else []
        return [
            *tick,
            person(
                "name",
                label=_("Person"),
                accessor=str,
                get_url=self.get_inspect_url,
                get_title_id=lambda lead: f"lead_{lead.pk}_title",
                sort_key="last_name",
            ),
            FieldColumn("company", label=_("Company"), sort_key="company"),
            FieldColumn("language", label=_("Language"), sort_key="language"),
            Column("source_label", label=_("Source"), accessor="source_label"),
            Column("owner", label=_("Owner"), accessor=lambda lead: name_of(lead.owner), sort_key="owner"),
            NumberColumn("score", label=_("Score"), sort_key="score"),
            MomentColumn("created_at", label=_("Created"), sort_key="created_at"),
        ]

    @cached_property
    def header_more_buttons(self):
        """What is done with all that the list shows is done in the background: it may be long."""
        query = self.request.GET.urlencode()
        offered = (
            (_("Change these leads"), "wagtail_automation_mass:choose", "add_massrun", "edit"),
            (_("Export these leads"), "wagtail_automation_exports:add", "add_exportrun", "download"),
        )
        return [
            *super().header_more_buttons,
            *(
                Button(
                    label,
                    url=f"{reverse(name, args=['leads'])}{'?' if query else ''}{query}",
                    icon_name=icon,
                    priority=90,
                )
                for label, name, permission, icon in offered
                if self.request.user.has_perm(f"wagtail_automation_leads.{permission}")
            ),
        ]

    def search_queryset(self, queryset):
        return queryset.search(self.search_query) if self.is_searching else queryset

    def get_table(self, object_list):
        object_list = list(object_list)
        words = sources.labels(lead.source for lead in object_list)
        photos = page.photo_urls(object_list)
        for lead in object_list:
            lead.source_label = words.get(lead.source, "")
            lead.photo_url = photos.get(lead.pk, "")
        more = list_columns.read(object_list, self.request.user)
        self.columns = [*self.columns[:-1], *more, self.columns[-1]]
        return super().get_table(object_list)


class LeadPageView(generic.InspectView):
    """One person: who they are at the top, below it the panels of every app."""

    page_title = _("Lead")
    template_name = "wagtail_automation/leads/lead_page.html"
    header_icon = "user"

    def dispatch(self, request, *args, **kwargs):
        if self.object.pk != self.pk:  # an old link, to somebody who was merged
            return redirect(reverse(self.inspect_url_name, args=[self.object.pk]))
        return super().dispatch(request, *args, **kwargs)

    inspect_url_name = None
    history_url_name = None

    def get_object(self, queryset=None):
        return visible_lead(self.request.user, self.pk)

    def get_fields(self):
        return []

    def get_breadcrumbs_items(self):
        index = {"url": reverse(self.index_url_name), "label": str(_("Leads"))}
        return [*self.breadcrumbs_items, index, {"url": "", "label": str(self.object)}]

    @cached_property
    def header_buttons(self):
        url = self.get_edit_url()
        if not url:
            return []
        buttons = [HeaderButton(_("Edit profile"), url=url, icon_name="edit")]
        if not self.object.is_known:
            url = reverse("wagtail_automation_lead_identify", args=[self.object.pk])
            buttons.insert(0, HeaderButton(_("Identify"), url=url, icon_name="user"))
        return buttons

    @cached_property
    def header_more_buttons(self):
        url = reverse(self.history_url_name, args=[self.object.pk])
        buttons = [Button(_("History"), url=url, icon_name="history", priority=10)]
        if self.get_edit_url():
            url = reverse("wagtail_automation_lead_photo_edit", args=[self.object.pk])
            buttons.append(Button(_("Change the photo"), url=url, icon_name="image", priority=20))
        return [*buttons, *privacy_views.buttons(self.object, self.request.user)]

    def panels(self) -> list[dict]:
        """The registered panels that this user may see of this person, rendered."""
        return [
            {
                "id": f"panel-{panel.key}",
                "key": panel.key,
                "heading": panel.heading,
                "icon": panel.icon,
                "column": panel.column,
                "body": page.render_panel(panel),
                "scripts": panel.scripts,
            }
            for panel in page.panels_of(self.object, self.request)
        ]

    def get_context_data(self, **kwargs):
        panels = self.panels()
        scripts = dict.fromkeys(script for panel in panels for script in panel["scripts"])
        return super().get_context_data(
            **page.header_context(self.object),
            main_panels=[panel for panel in panels if panel["column"] == "main"],
            side_panels_shown=[panel for panel in panels if panel["column"] != "main"],
            scripts=list(scripts),
            **kwargs,
        )


class LeadFormMixin:
    """Create and edit: the form knows the fields, ``leads.actions`` writes them."""

    template_name = "wagtail_automation/leads/lead_form.html"
    inspect_url_name = None

    def get_form_kwargs(self):
        return super().get_form_kwargs() | {"for_user": self.request.user}

    def get_success_url(self):
        return reverse(self.inspect_url_name, args=[self.form.instance.pk])


class LeadCreateView(LeadFormMixin, generic.CreateView):
    def save_instance(self):
        lead = self.form.save()
        log_lead(lead, "wagtail.create", user=self.request.user)
        return lead


class LeadEditView(LeadFormMixin, generic.EditView):
    """The profile. An old link leads to the survivor."""

    def get_object(self, queryset=None):
        return visible_lead(self.request.user, self.kwargs["pk"], "change")

    def save_instance(self):
        lead = self.form.save()
        self.has_content_changes = self.form.has_changed()
        if self.has_content_changes:
            log_lead(
                lead,
                "wagtail.edit",
                user=self.request.user,
                content_changed=True,
                data={"fields": self.form.changed_data},
            )
        return lead


class LeadHistoryView(HistoryView):
    """What people of the site did to this person's record."""

    def get_object(self):
        return visible_lead(self.request.user, self.pk)


class LeadUsageView(UsageView):
    """Nothing refers to a lead that Wagtail would know of; the address exists, so it is guarded too."""

    def get_object(self):
        return visible_lead(self.request.user, self.pk)
