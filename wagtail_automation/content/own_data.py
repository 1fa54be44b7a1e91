"""What content holds about people, for export and erasure."""

from django.utils.translation import gettext_lazy as _

from wagtail_automation.leads.personal_data import PersonalRows, register

from . import age_field, retention  # noqa: F401  (they register themselves)

APP = "wagtail_automation_content"

register(
    PersonalRows(
        f"{APP}.FormSubmission",
        heading=_("Answers to forms"),
        exclude=("folded", "key", "visitor"),
        blank={"data": {}, "folded": {}, "visitor": None},
    )
)
register(
    PersonalRows(
        f"{APP}.FormFile",
        heading=_("Files sent with forms"),
        lead="submission__lead",
        exclude=("uuid", "submission"),
        files=("file",),
    )
)
register(
    PersonalRows(
        f"{APP}.Showing",
        heading=_("Content shown"),
        exclude=("key", "alternative"),
        blank={},
        is_traced=False,
    )
)
