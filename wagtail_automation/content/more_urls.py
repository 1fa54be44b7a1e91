"""Addresses of promos, surveys and assets."""

from django.urls import path

from wagtail_automation.content.assets import views as assets
from wagtail_automation.content.promos import views as promos
from wagtail_automation.content.surveys import views as surveys

urlpatterns = [
    path("assets/<uuid:asset_uuid>/", assets.page, name="asset"),
    path("assets/<uuid:asset_uuid>/<str:token>/", assets.file, name="asset_file"),
    path("promos/", promos.promos, name="promos"),
    path("surveys/<uuid:survey_uuid>/", surveys.survey, name="survey"),
    path("surveys/<uuid:survey_uuid>/<str:token>/", surveys.survey, name="survey_of"),
    path("surveys/<uuid:survey_uuid>/<int:number>/<str:token>/", surveys.survey, name="survey_answer"),
]
