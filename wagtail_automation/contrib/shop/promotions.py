"""The block of a page that shows a promotion: to whom its rule says, while it is on, with their code."""

from django.template.loader import render_to_string
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from wagtail import blocks

from wagtail_automation import clock
from wagtail_automation.commerce import promoting
from wagtail_automation.commerce.blocks import PromotionChooserBlock
from wagtail_automation.commerce.models import Promotion
from wagtail_automation.content import personal

from .lines import lines_of


class PromotionBlock(personal.PersonalBlock, blocks.StructBlock):
    """A promotion. Known visitors get it as a fragment, which notes that they saw it; everybody else sees it
    in the page if it is for everybody and needs no code of one's own."""

    promotion = PromotionChooserBlock(label=_("Promotion"))
    label = blocks.CharBlock(label=_("Label of the link"), max_length=60, required=False)

    class Meta:
        icon = "tag"
        label = _("Promotion")
        group = pgettext_lazy("blocks", "Shop")

    def personal_key(self, value, block_id):
        return str(block_id or "") if value.get("promotion") else ""

    def render_for(self, person, value, context):
        promotion, now = value.get("promotion"), clock.now()
        if person.lead is None or promotion is None or not promoting.is_for(promotion, [person.lead.pk], now):
            return None
        return self._written(value, promotion, context, promoting.show(promotion, person.lead, now=now)), ""

    def render_fallback(self, value, context):
        promotion = value.get("promotion")
        if promotion is None or not promotion.is_live(clock.now()):
            return ""
        if promotion.audience or promotion.has_own_codes:
            return ""
        code = promotion.code if promotion.codes == Promotion.Codes.SINGLE else ""
        return self._written(value, promotion, context, code)

    def _written(self, value, promotion, context, code: str) -> str:
        names = {
            "promotion": promotion,
            "products": lines_of(promotion),
            "code": code,
            "label": value.get("label"),
        }
        return render_to_string(
            "wagtail_automation/shop/promotion.html", names, request=context.get("request")
        )
