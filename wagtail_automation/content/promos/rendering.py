"""A promo as HTML, and as what the page's script is told of it."""

from django.template.loader import render_to_string

from wagtail_automation.content import rendering
from wagtail_automation.content.showing.tokens import Shown

from .deciding import SHOWN
from .events import PROMO_KIND
from .kinds import PromoKind, promo_kinds
from .models import WebPromo


def kind_of(promo: WebPromo) -> type[PromoKind] | None:
    """None for a kind whose app is not installed: such a promo is not shown."""
    return promo_kinds.get(promo.kind)


def render(promo: WebPromo, request=None) -> str:
    """The HTML of a promo; empty for one of an unknown kind."""
    kind = kind_of(promo)
    if kind is None:
        return ""
    part = next(iter(promo.content), None)
    context = {
        "promo": promo,
        "kind": kind,
        "part": part,
        "dom_id": f"wa-promo-{promo.translation_key.hex[:8]}",
        "form": rendering.render_form(promo.form, request=request, place="-promo") if promo.form else "",
        "request": request,
    }
    return render_to_string(kind.template_name, context)


def told(promo: WebPromo, request, *, lead=None, is_held_back=False, counts=True) -> dict:
    """For the script. ``token`` stands in it for known people only; who is held back gets no HTML."""
    kind = kind_of(promo)
    answer = {
        "id": promo.translation_key.hex,
        "place": kind.place,
        "group": kind.group or promo.kind,
        "modal": kind.is_modal,
        "room": kind.takes_room,
        "device": promo.device,
        "when": promo.moment,
        "value": promo.moment_value,
        "times": promo.most_times,
        "rest": promo.rest_days,
        "closed": promo.closed_days,
        "html": "" if is_held_back else render(promo, request),
    }
    if lead is not None and counts:
        answer["token"] = str(
            Shown(
                lead=lead.pk,
                key=str(promo.translation_key),
                alternative=SHOWN,
                is_held_back=is_held_back,
                kind=PROMO_KIND,
                about=promo.translation_key.hex,
            )
        )
    return answer
