"""What the audit log says of whole lists and segments."""

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.log_actions import LogFormatter


@hooks.register("register_log_actions")
def list_log_actions(registry):
    def register(name, label, message):
        class Formatter(LogFormatter):
            def format_message(self, entry):
                return message(entry.data)

        Formatter.label = label
        registry.register_action(f"wagtail_automation.{name}")(Formatter)

    register(
        "list_paste",
        _("Add people"),
        lambda data: gettext("People added by their addresses: %(count)s") % {"count": data.get("count", 0)},
    )
    register(
        "list_merge",
        _("Merge a list"),
        lambda data: gettext("The members of “%(list)s” were added") % {"list": data.get("from", "?")},
    )
    register("audience_archive", _("Archive"), lambda data: gettext("Put into the archive"))
    register("audience_reactivate", _("Reactivate"), lambda data: gettext("Taken out of the archive"))
