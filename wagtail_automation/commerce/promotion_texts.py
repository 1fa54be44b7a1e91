"""What texts and emails may name of promotions: ``{{ promotions.p12.shown }}`` and ``.code``."""

from wagtail_automation import clock, liquid

from . import promoting
from .models import Offer, Promotion


@liquid.register_object("promotions")
def promotion_data(leads: list) -> dict[int, dict]:
    """For each promotion by ``p`` and its number: whether it is on and for this person, and their code.

    Two queries for any number of leads, and one for each promotion that is on and has an audience.
    """
    now, ids = clock.now(), [lead.pk for lead in leads]
    every = list(Promotion.objects.all())
    codes = {}
    own = Offer.objects.filter(lead__in=ids).exclude(code_key="")
    for lead, promotion, code in own.values_list("lead", "promotion", "code"):
        codes[lead, promotion] = code
    allowed = {promotion.pk: promoting.is_for(promotion, ids, now) for promotion in every}
    return {
        pk: {
            f"p{promotion.pk}": {
                "shown": pk in allowed[promotion.pk],
                "code": promotion.code
                if promotion.codes == Promotion.Codes.SINGLE
                else codes.get((pk, promotion.pk), ""),
            }
            for promotion in every
        }
        for pk in ids
    }
