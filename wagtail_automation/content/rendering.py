"""Forms on pages: asked, asked again with errors in place, or answered."""

from dataclasses import dataclass

from django.template.loader import render_to_string
from django.urls import reverse

from wagtail_automation import conf
from wagtail_automation.content import form_building, personal, progressive, tokens
from wagtail_automation.content.form_fields import is_progressive, typed_fields

#: query parameter of the thank-you state: the form that was answered, nothing about the visitor
THANKS = "wa_thanks"


@dataclass
class SubmittedForm:
    """A submission that could not be taken, carried by the request so that the block shows it again."""

    form_uuid: str
    place: str
    bound: form_building.VisitorForm
    token: tokens.Token
    is_rendered: bool = False


def short_id(form) -> str:
    """Names a form in addresses."""
    return form.uuid.hex[:12]


def is_thanked(request, form) -> bool:
    """Whether this request shows the thank-you state of the form."""
    return request is not None and request.GET.get(THANKS) == short_id(form)


def render_form(form, *, request=None, page=None, place="", embed="", action="") -> str:
    """The HTML of a form. Runs no query and sets no cookie: the page stays in a shared cache."""
    if page is not None and form.locale_id != getattr(page, "locale_id", form.locale_id):
        form = form.get_translation_or_none(page.locale) or form
    context = {
        "stored": form,
        "place": place,
        "dom_id": f"wa-form-{form.uuid.hex[:8]}{place}",
        "request": request,
    }
    if is_thanked(request, form):
        return render_to_string("wagtail_automation/content/thanks.html", context)
    submitted = getattr(request, "wa_submitted_form", None)
    if submitted is not None and (submitted.form_uuid, submitted.place) == (form.uuid.hex, place):
        submitted.is_rendered = True
        bound, token = submitted.bound, submitted.token
    else:
        bound = form_building.build(form, place=place, plan=_plan(form, request, page))
        token = tokens.make(form)
    context |= {
        "form": bound,
        "token": str(token),
        "token_name": form_building.TOKEN,
        "honeypot_name": form_building.HONEYPOT,
        "page_name": form_building.PAGE,
        "place_name": form_building.PLACE,
        "embed_name": form_building.EMBED,
        "embed": embed,
        "page_id": getattr(page, "pk", None) or "",
        "action": action or reverse("wagtail_automation_content:form", args=[form.uuid]),
        "needs_script": bound.needs_script,
        "questions": reverse("wagtail_automation_content:questions", args=[form.uuid])
        if bound.progressive
        else "",
        "consent": conf.get("CONSENT_COOKIE"),
        "is_preview": bool(getattr(request, "is_preview", False)),
    }
    return render_to_string("wagtail_automation/content/form.html", context)


def _plan(form, request, page):
    """What progressive fields ask. In a page that may sit in a cache the script asks: see ``questions``."""
    if request is None or conf.get("PERSONALISE") != "server":
        return None
    if not any(is_progressive(value) for _key, _block, value in typed_fields(form)):
        return None
    return progressive.plan(form, personal.person_of(request, page).lead)
