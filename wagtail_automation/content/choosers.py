"""Chooser blocks of content's own objects."""

from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from wagtail.blocks import ChooserBlock

from wagtail_automation.admin.choosers import SnippetChooserBlock


class FormChooserBlock(SnippetChooserBlock):
    """A stored form."""

    class Meta:
        icon = "form"
        label = _("Form")

    def __init__(self, **kwargs):
        super().__init__("wagtail_automation_content.Form", **kwargs)


class PromoChooserBlock(SnippetChooserBlock):
    """A web promo."""

    class Meta:
        icon = "pick"
        label = _("Web promo")

    def __init__(self, **kwargs):
        super().__init__("wagtail_automation_content.WebPromo", **kwargs)


class SurveyChooserBlock(SnippetChooserBlock):
    """A survey."""

    class Meta:
        icon = "help"
        label = _("Survey")

    def __init__(self, **kwargs):
        super().__init__("wagtail_automation_content.Survey", **kwargs)


class AssetChooserBlock(ChooserBlock):
    """An asset."""

    class Meta:
        icon = "download"
        label = _("Asset")

    @cached_property
    def target_model(self):
        from wagtail_automation.content.models import Asset

        return Asset

    @cached_property
    def widget(self):
        from wagtail_automation.content.assets.viewsets import asset_chooser

        return asset_chooser.widget_class()
