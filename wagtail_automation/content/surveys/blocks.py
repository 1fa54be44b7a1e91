"""The block that places a survey on a page."""

from django.utils.translation import gettext_lazy as _

from wagtail_automation.content.choosers import SurveyChooserBlock

from . import rendering


class SurveyBlock(SurveyChooserBlock):
    """A survey, for any StreamField. The same for everybody, so that the page stays in caches."""

    class Meta:
        icon = "help"
        label = _("Survey")

    def render(self, value, context=None):
        if value is None or value.is_closed:
            return ""
        context = context or {}
        page = context.get("page")
        if page is not None and value.locale_id != getattr(page, "locale_id", value.locale_id):
            value = value.get_translation_or_none(page.locale) or value
        block_id = str(context.get("id") or "")[:8]
        return rendering.render(value, place=f"-{block_id}" if block_id else "")
