"""Imports, exports and mass changes in the Wagtail admin: addresses, menu, style, words of the audit log."""

from django.contrib.auth.models import Permission
from django.templatetags.static import static
from django.urls import include, path, reverse_lazy
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.menu import MenuItem
from wagtail.log_actions import LogFormatter

from wagtail_automation.admin import menu

from .exports import views as exports
from .imports import views as imports
from .mass import views as mass

IMPORTS = [
    path("", imports.IndexView.as_view(), name="index"),
    path("results/", imports.IndexView.as_view(results_only=True), name="index_results"),
    path("new/", imports.UploadView.as_view(), name="add"),
    path("<int:pk>/", imports.ImportReportView.as_view(), name="report"),
    path("<int:pk>/columns/", imports.ColumnsView.as_view(), name="columns"),
    path("<int:pk>/preview/", imports.PreviewView.as_view(), name="preview"),
    path("<int:pk>/discard/", imports.DiscardView.as_view(), name="discard"),
    path("<int:pk>/status/", imports.ImportStatusView.as_view(), name="status"),
    path("<int:pk>/stop/", imports.ImportStopView.as_view(), name="stop"),
    path("<int:pk>/problems.csv", imports.ProblemsView.as_view(), name="problems"),
]

EXPORTS = [
    path("", exports.IndexView.as_view(), name="index"),
    path("results/", exports.IndexView.as_view(results_only=True), name="index_results"),
    path("new/<slug:source>/", exports.NewView.as_view(), name="add"),
    path("<int:pk>/", exports.ExportReportView.as_view(), name="report"),
    path("<int:pk>/status/", exports.ExportStatusView.as_view(), name="status"),
    path("<int:pk>/stop/", exports.ExportStopView.as_view(), name="stop"),
    path("<int:pk>/file/", exports.DownloadView.as_view(), name="download"),
]

MASS = [
    path("runs/<int:pk>/", mass.MassReportView.as_view(), name="report"),
    path("runs/<int:pk>/status/", mass.MassStatusView.as_view(), name="status"),
    path("runs/<int:pk>/stop/", mass.MassStopView.as_view(), name="stop"),
    path("<slug:source>/", mass.ChooseView.as_view(), name="choose"),
    path("<slug:source>/<slug:action>/", mass.ChangeView.as_view(), name="change"),
]


@hooks.register("register_admin_urls")
def addresses():
    return [
        path("automation/imports/", include((IMPORTS, "wagtail_automation_imports"))),
        path("automation/exports/", include((EXPORTS, "wagtail_automation_exports"))),
        path("automation/mass/", include((MASS, "wagtail_automation_mass"))),
    ]


@hooks.register("register_permissions")
def permissions():
    """So that an administrator can give them to a group."""
    return Permission.objects.filter(
        content_type__app_label="wagtail_automation_leads",
        codename__in=("add_importrun", "view_importrun", "add_exportrun", "add_massrun"),
    )


class PermittedItem(MenuItem):
    """A menu item for those who hold a permission."""

    def __init__(self, *args, permission: str, **kwargs):
        self.permission = permission
        super().__init__(*args, **kwargs)

    def is_shown(self, request):
        return request.user.has_perm(self.permission)


menu.register(
    "leads",
    PermittedItem(
        _("Imports"),
        reverse_lazy("wagtail_automation_imports:index"),
        name="automation-imports",
        icon_name="upload",
        permission=imports.VIEW,
    ),
    400,
)
menu.register(
    "leads",
    PermittedItem(
        _("Exports"),
        reverse_lazy("wagtail_automation_exports:index"),
        name="automation-exports",
        icon_name="download",
        permission=exports.ADD,
    ),
    410,
)


@hooks.register("insert_global_admin_css")
def style():
    return format_html('<link rel="stylesheet" href="{}">', static("wagtail_automation/leads/transfers.css"))


@hooks.register("register_log_actions")
def log_actions(actions):
    @actions.register_action("wagtail_automation.import")
    class Imported(LogFormatter):
        label = _("Import")

        def format_message(self, entry):
            return gettext("Imported the file “%(file)s”") % {"file": entry.data.get("file", "?")}

    @actions.register_action("wagtail_automation.export")
    class Exported(LogFormatter):
        label = _("Export")

        def format_message(self, entry):
            return gettext("A file was made of: %(name)s") % {"name": entry.data.get("name", "?")}

    @actions.register_action("wagtail_automation.mass_change")
    class Changed(LogFormatter):
        label = _("Mass change")

        def format_message(self, entry):
            return gettext("Changed many leads: %(name)s (%(count)s)") % {
                "name": entry.data.get("name", "?"),
                "count": entry.data.get("count", "?"),
            }


hooks.register("register_bulk_action", mass.ChangeBulkAction)
hooks.register("register_bulk_action", mass.ExportBulkAction)
