"""Privacy in the Wagtail admin: addresses, menu, the report of privacy acts, words of the audit log."""

from django.templatetags.static import static
from django.urls import reverse_lazy
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.log_actions import LogFormatter

from wagtail_automation.admin import menu
from wagtail_automation.admin.readonly import ReadOnlyModelAdmin

from . import download, privacy_views
from .models import PrivacyAct
from .transfer_hooks import PermittedItem


@hooks.register("register_admin_urls")
def addresses():
    return privacy_views.urlpatterns


@hooks.register("insert_global_admin_css")
def style():
    return format_html('<link rel="stylesheet" href="{}">', static("wagtail_automation/leads/privacy.css"))


@hooks.register("register_log_actions")
def log_actions(actions):
    @actions.register_action(download.ACTION)
    class Downloaded(LogFormatter):
        label = _("Download")

        def format_message(self, entry):
            return gettext("Downloaded all data of this lead")


class PrivacyActAdmin(ReadOnlyModelAdmin):
    """Who did what with personal data, and what of it is still to be done by hand."""

    model = PrivacyAct
    menu_label = _("Privacy acts")
    menu_icon = "lock"
    menu_order = 800
    section = "analysis"
    list_display = ("at", "kind_words", "lead_pk", "user", "reason_words", "completed")
    list_filter = ("kind", "at", "user")
    list_select_related = ("user",)
    list_export = ("at", "kind", "lead_pk", "user", "origin", "reason", "details", "completed_at")
    search_fields = ("reason", "origin")
    ordering = ("-at", "-pk")
    inspect_view_fields = ("at", "kind", "lead_pk", "user", "origin", "reason", "details", "completed_at")

    def kind_words(self, act):
        return act.get_kind_display()

    kind_words.short_description = _("Act")
    kind_words.admin_order_field = "kind"

    def inspect_title(self, act):
        return act.get_kind_display()

    def reason_words(self, act):
        standing = act.details.get("standing", ())
        if standing:
            return format_html(
                '{}<span class="w-status w-status--critical">{}</span>',
                f"{act.reason[:120]} " if act.reason else "",
                _("Named by an editor: %(count)d") % {"count": len(standing)},
            )
        return act.reason[:120]

    reason_words.short_description = _("Reason")

    def completed(self, act):
        return act.completed_at or _("Under way")

    completed.short_description = _("Completed")
    completed.admin_order_field = "completed_at"


PrivacyActAdmin().register_with_wagtail()
menu.register(
    "settings",
    PermittedItem(
        _("Retention"),
        reverse_lazy("wagtail_automation_retention"),
        name="automation-retention",
        icon_name="time",
        permission="wagtail_automation_leads.view_privacyact",
    ),
    400,
)
