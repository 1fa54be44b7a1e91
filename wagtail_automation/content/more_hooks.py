"""Promos and surveys in the Wagtail admin."""

from django.urls import path
from wagtail import hooks
from wagtail.snippets.models import register_snippet

from wagtail_automation.admin import menu

from .assets import viewsets as assets
from .promos import viewsets as promos
from .surveys import viewsets as surveys

register_snippet(lambda: promos.promo_viewset)
menu.register_viewset_in_menu("content", promos.promo_viewset, 340)
register_snippet(lambda: surveys.survey_viewset)
menu.register_viewset_in_menu("content", surveys.survey_viewset, 315)
menu.register_viewset_in_menu("content", assets.assets, 350)


@hooks.register("register_admin_viewset")
def viewsets():
    return [assets.assets, assets.asset_chooser]


@hooks.register("register_admin_urls")
def urls():
    return [
        path(
            "automation/promos/<int:pk>/results/",
            promos.PromoResultsView.as_view(),
            name="wagtail_automation_promo_results",
        ),
        path(
            "automation/surveys/<int:pk>/results/",
            surveys.SurveyResultsView.as_view(),
            name="wagtail_automation_survey_results",
        ),
    ]
