"""Assets in the admin, and who downloaded one."""

from django.db.models import Count
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, FieldRowPanel, HelpPanel, MultiFieldPanel
from wagtail.admin.ui.tables import Column, NumberColumn
from wagtail.admin.views import generic
from wagtail.admin.viewsets.model import ModelViewSet

from wagtail_automation.admin.choosers import ChooserViewSet
from wagtail_automation.audiences.categories.viewsets import ColourName, DotColumn, category_column
from wagtail_automation.audiences.guards import GuardedDelete, UsageWithDrafts
from wagtail_automation.audiences.lead_rows import LeadRowsView

from . import tokens
from .models import Asset, AssetDownload

APP = "wagtail_automation_content"


class DownloadsColumn(NumberColumn):
    """How often, linked to who."""

    cell_template_name = "wagtail_automation/audiences/members_cell.html"

    def get_cell_context_data(self, instance, parent_context):
        context = super().get_cell_context_data(instance, parent_context)
        context["url"] = reverse("wagtail_automation_asset:downloads", args=[instance.pk])
        return context


class AssetIndexView(generic.IndexView):
    def get_base_queryset(self):
        return Asset.objects.select_related("category", "form").annotate(
            download_count=Count("downloads"), lead_count=Count("downloads__lead", distinct=True)
        )


class AssetDeleteView(GuardedDelete, generic.DeleteView):
    pass


class AssetDownloadsView(LeadRowsView):
    """Who downloaded one asset, newest first; unknown visitors are only counted."""

    model = AssetDownload
    owner_model = Asset
    owner_field = "asset"
    moment, moment_label = "at", _("Downloaded")
    permission = f"{APP}.view_asset"
    list_url_name = "wagtail_automation_asset:index"
    index_url_name = index_results_url_name = "wagtail_automation_asset:downloads"
    header_icon = "download"
    verbose_name, verbose_name_plural = _("download"), _("downloads")
    header_more_buttons = ()
    more_columns = ()

    def get_page_title(self):
        return gettext("Who downloaded “%(name)s”") % {"name": self.owner}


class AddressPanel(HelpPanel):
    """The addresses to put into pages and emails."""

    class BoundPanel(HelpPanel.BoundPanel):
        """For one asset."""

        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            asset = self.instance
            if asset.pk:
                url = reverse(f"{APP}:asset", args=[asset.uuid])
                self.content = format_html(
                    "<p>{} <code>{}</code></p><p>{} <code>{}{{{{ {} }}}}/</code></p>",
                    gettext("Page:"),
                    url,
                    gettext("Link in an email, for the person who gets it:"),
                    url,
                    tokens.name_of(asset),
                )
            else:
                self.content = gettext("The addresses stand here once the asset is saved.")


class AssetViewSet(ModelViewSet):
    model = Asset
    name = "wagtail_automation_asset"
    url_prefix = "automation/assets"
    icon = "download"
    menu_label = _("Assets")
    menu_name = "automation-assets"
    list_per_page = 50
    copy_view_enabled = False
    index_view_class = AssetIndexView
    delete_view_class = AssetDeleteView
    usage_view_class = UsageWithDrafts
    search_fields = ["name", "description"]
    search_backend_name = None
    list_filter = ["category"]
    list_display = [
        "name",
        category_column(),
        DotColumn("colour", label=_("Colour"), accessor=ColourName),
        Column("form", label=_("Form")),
        DownloadsColumn("download_count", label=_("Downloads"), sort_key="download_count"),
        NumberColumn("lead_count", label=_("People"), sort_key="lead_count"),
    ]
    panels = [
        FieldPanel("name"),
        FieldPanel("description"),
        MultiFieldPanel(
            [FieldPanel("document"), FieldPanel("image"), FieldPanel("video")],
            heading=_("One of these"),
        ),
        MultiFieldPanel([FieldPanel("form"), FieldPanel("link_days")], heading=_("Who gets it")),
        FieldRowPanel([FieldPanel("category"), FieldPanel("colour")]),
        AddressPanel(heading=_("Addresses")),
    ]

    def get_urlpatterns(self):
        return [
            *super().get_urlpatterns(),
            path("downloads/<int:pk>/", AssetDownloadsView.as_view(), name="downloads"),
        ]


class AssetChooserViewSet(ChooserViewSet):
    model = Asset
    icon = "download"
    choose_one_text = _("Choose an asset")
    choose_another_text = _("Choose another asset")
    edit_item_text = _("Edit this asset")


assets = AssetViewSet()
asset_chooser = AssetChooserViewSet("wagtail_automation_asset_chooser")
