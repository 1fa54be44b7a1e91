"""Forms on pages: asked, asked again with errors in place, or answered."""

from dataclasses import dataclass

from django.template.loader import render_to_string
from django.urls import reverse

from wagtail_automation.content import form_building, tokens

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


def render_form(form, *, request=None, page=None, place="") -> str:
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
        bound, token = form_building.build(form, place=place), tokens.make(form)
    context |= {
        "form": bound,
        "token": str(token),
        "token_name": form_building.TOKEN,
        "honeypot_name": form_building.HONEYPOT,
        "page_name": form_building.PAGE,
        "place_name": form_building.PLACE,
        "page_id": getattr(page, "pk", None) or "",
        "action": reverse("wagtail_automation_content:form", args=[form.uuid]),
        "is_preview": bool(getattr(request, "is_preview", False)),
    }
    return render_to_string("wagtail_automation/content/form.html", context)
