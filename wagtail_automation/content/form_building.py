"""From a stored form to the Django form of one visit, and from its answers to what is kept."""

from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

from django import forms
from django.core.exceptions import ValidationError

from wagtail_automation.content import age_field, text
from wagtail_automation.content.form_fields import FormFieldBlock
from wagtail_automation.leads import fields as lead_fields
from wagtail_automation.streams import UNKNOWN

TOKEN = "wa_token"  # noqa: S105  name of a field, no secret
HONEYPOT = "wa_website"
PAGE = "wa_page"
PLACE = "wa_place"
PREFIX = "f"
MAX_UTM = 200


@dataclass
class Answers:
    """What one valid submission says."""

    #: field key -> JSON value, for ``FormSubmission.data``
    data: dict = field(default_factory=dict)
    #: lead field -> JSON value, only those that were filled in
    lead_fields: dict = field(default_factory=dict)
    #: (subject, exact text shown) of each ticked consent
    consents: list[tuple[str, str]] = field(default_factory=list)
    #: (whether old enough, exact text shown) of each answered age check
    ages: list[tuple[bool, str]] = field(default_factory=list)


class VisitorForm(forms.Form):
    """The visible fields of one form; errors of the whole form are its non-field errors."""

    required_css_class = "wa-required"
    error_css_class = "wa-invalid"
    template_name = "wagtail_automation/content/fields.html"
    use_required_attribute = True

    #: (field key, block, value) of what fills a lead field, checked as the lead's field wants it
    mapped: tuple = ()

    def _post_clean(self):
        found = lead_fields.lead_fields([value["lead_field"] for _key, _block, value in self.mapped])
        for key, block, value in self.mapped:
            cleaned = self.cleaned_data.get(key)
            lead_field = found.get(value["lead_field"])
            if lead_field is None or cleaned in (None, "", []):
                continue
            try:
                lead_field.clean(block.to_json(cleaned))
            except ValidationError as error:
                self.add_error(key, error)

    def focus_first_error(self):
        """Let the browser put the cursor where the first correction is due; works without JavaScript."""
        first = next((name for name in self.fields if name in self.errors), None)
        if first is not None:
            self.fields[first].widget.attrs["autofocus"] = True


def typed_fields(form) -> list[tuple[str, FormFieldBlock, dict]]:
    """``(key, block, value)`` of each field of a stored form whose type is installed, in order."""
    return [
        (child.value.get("field_key") or f"field_{position}", child.block, child.value)
        for position, child in enumerate(form.fields)
        if child.block_type != UNKNOWN
    ]


def build(form, *, place: str = "", data=None) -> VisitorForm:
    """The Django form; bound when ``data`` is given. ``place`` keeps ids apart on one page."""
    fields, mapped = {}, []
    for key, block, value in typed_fields(form):
        if not block.is_visible:
            continue
        if value.get("lead_field"):
            mapped.append((key, block, value))
        fields[key] = made = block.form_field(value)
        hint = value.get("lead_field") or ""
        autocomplete = AUTOCOMPLETE.get(hint) or block.autocomplete
        if autocomplete:
            made.widget.attrs.setdefault("autocomplete", autocomplete)
    cls = type("VisitorForm", (VisitorForm,), {**fields, "mapped": tuple(mapped)})
    return cls(data, prefix=PREFIX, auto_id=f"wa-{form.uuid.hex[:8]}{place}-%s")


def answers(form, bound: VisitorForm, *, referer: str = "", posted=None) -> Answers:
    """What a valid bound form says, hidden values and campaign parameters included."""
    result = Answers()
    query = parse_qs(urlsplit(referer).query, max_num_fields=100) if len(referer) < 4000 else {}
    for key, block, value in typed_fields(form):
        if block.key == "hidden":
            stored = value["fixed"]
        elif block.key == "utm":
            stored = _campaign_parameter(key, value["parameter"], query, posted or {})
        else:
            stored = block.to_json(bound.cleaned_data.get(key))
        result.data[key] = stored
        if block.key == "consent" and stored:
            result.consents.append((value["subject"], str(value["label"])))
        if block.key == "age" and stored:
            result.ages.append((stored == age_field.YES, f"{value['label']} – {block.display(stored)}"))
        lead_field = value.get("lead_field")
        if lead_field and stored not in (None, "", []):
            result.lead_fields[lead_field] = stored
    return result


def _campaign_parameter(key, parameter, query, posted) -> str:
    """From the script's field if there is one, else from the address of the page that was submitted."""
    value = posted.get(f"{PREFIX}-{key}") or (query.get(parameter) or [""])[0]
    return text.without_control(value, frozenset())[:MAX_UTM].strip()


#: lead field -> token of the HTML standard's ``autocomplete`` (WCAG 2.1, 1.3.5)
AUTOCOMPLETE = {
    "email": "email",
    "phone": "tel",
    "first_name": "given-name",
    "last_name": "family-name",
    "company": "organization",
    "job_title": "organization-title",
    "language": "language",
    "country": "country",
    "region": "address-level1",
    "city": "address-level2",
    "postal_code": "postal-code",
    "street": "address-line1",
    "birth_date": "bday",
}
