"""Wiring of promos and surveys: what they record, merges, personal data, who may do what."""

from django.utils.translation import gettext_lazy as _

from wagtail_automation.admin import roles
from wagtail_automation.leads.merging import merge_handlers
from wagtail_automation.leads.personal_data import PersonalRows, register

from . import bench  # noqa: F401  (registers itself)
from .assets import events as asset_events  # noqa: F401  (publishes its event)
from .assets import tokens as asset_tokens  # noqa: F401  (registers its Liquid object)
from .assets.actions import merge_downloads
from .promos import events  # noqa: F401  (publishes its event)
from .surveys import events as survey_events  # noqa: F401  (the same)
from .surveys import panel, tokens  # noqa: F401  (register themselves)
from .surveys.actions import merge_answers

APP = "wagtail_automation_content"
ALL = ("view", "add", "change", "delete")

roles.grant("marketer", *(f"{APP}.{action}_webpromo" for action in (*ALL, "publish")))
roles.grant("analyst", f"{APP}.view_webpromo")
merge_handlers.register(merge_answers)
register(
    PersonalRows(
        f"{APP}.SurveyAnswer",
        heading=_("Answers to surveys"),
        exclude=("folded", "survey_key", "response", "is_latest"),
        blank={"text": "", "folded": ""},
    )
)
roles.grant("marketer", *(f"{APP}.{action}_survey" for action in ALL), f"{APP}.view_surveyanswer")
for _role in ("salesperson", "analyst"):
    roles.grant(_role, f"{APP}.view_survey", f"{APP}.view_surveyanswer")
merge_handlers.register(merge_downloads)
register(PersonalRows(f"{APP}.AssetDownload", heading=_("Downloads"), blank={}, is_traced=False))
roles.grant("marketer", *(f"{APP}.{action}_asset" for action in ALL))
for _role in ("salesperson", "analyst"):
    roles.grant(_role, f"{APP}.view_asset")
