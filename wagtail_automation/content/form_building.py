"""From a stored form to the Django form of one visit, and from its answers to what is kept."""

import json
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from wagtail_automation.content import age_field, form_conditions, progressive, stepping, text
from wagtail_automation.content import file_field as _file_field  # noqa: F401  registers its type
from wagtail_automation.content import scale_fields as _scale_fields  # noqa: F401
from wagtail_automation.content import typed_fields as _typed_fields  # noqa: F401
from wagtail_automation.content import unseen_fields as _unseen_fields  # noqa: F401
from wagtail_automation.content.form_conditions import Condition, condition_of
from wagtail_automation.content.form_fields import FormFieldBlock, typed_fields
from wagtail_automation.content.progressive import Plan
from wagtail_automation.leads import fields as lead_fields
from wagtail_automation.streams import UNKNOWN

TOKEN = "wa_token"  # noqa: S105  name of a field, no secret
HONEYPOT = "wa_website"
PAGE = "wa_page"
PLACE = "wa_place"
EMBED = "wa_embed"
PREFIX = "f"
MAX_UTM = 200
#: what stands beside a conditional field where no script hides it
CONDITION_TEXTS = {
    form_conditions.IS: _("Only if “%(field)s” is: %(answers)s"),
    form_conditions.IS_NOT: _("Only if “%(field)s” is not: %(answers)s"),
    form_conditions.ANSWERED: _("Only if you answered “%(field)s”"),
    form_conditions.EMPTY: _("Only if you did not answer “%(field)s”"),
}


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
    #: field key -> the checked upload
    files: dict = field(default_factory=dict)


@dataclass
class Step:
    """One step of a form as its template shows it."""

    heading: str = ""
    text: str = ""
    names: list[str] = field(default_factory=list)
    fields: list = field(default_factory=list)


class VisitorForm(forms.Form):
    """The visible fields of one form; errors of the whole form are its non-field errors."""

    required_css_class = "wa-required"
    error_css_class = "wa-invalid"
    template_name = "wagtail_automation/content/fields.html"
    use_required_attribute = True

    #: (field key, block, value) of what fills a lead field, checked as the lead's field wants it
    mapped: tuple = ()
    #: field key -> when it is asked
    conditions: dict[str, Condition] = {}
    #: field key -> the block that says what a condition compares
    blocks: dict[str, FormFieldBlock] = {}
    #: field key -> the editor's own message
    messages: dict[str, str] = {}
    #: progressive fields that are not asked now
    left: frozenset = frozenset()
    progressive: frozenset = frozenset()
    plan: tuple[Step, ...] = ()
    #: the one step that is shown, where the server shows one after the other (``stepping``)
    driven: stepping.Driven | None = None
    #: conditional fields whose condition does not hold; known once the form is cleaned
    not_asked: set = frozenset()

    def _clean_fields(self):
        super()._clean_fields()
        self.not_asked = set()
        for key, condition in self.conditions.items():
            answer = self.cleaned_data.get(condition.field)
            block = self.blocks.get(condition.field)
            if not condition.holds(block.to_json(answer) if block is not None else None):
                self.not_asked.add(key)
                self._errors.pop(key, None)
                self.cleaned_data.pop(key, None)

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
        for key, message in self.messages.items():
            if key in self._errors:
                self._errors[key] = self.error_class([message], renderer=self.renderer)

    def focus_first_error(self):
        """Let the browser put the cursor where the first correction is due; works without JavaScript."""
        first = next((name for name in self.fields if name in self.errors), None)
        if first is not None:
            self.fields[first].widget.attrs["autofocus"] = True

    @property
    def steps(self) -> list[Step]:
        """The steps with their bound fields; one without heading where the editor made none."""
        return [
            Step(one.heading, one.text, one.names, [self.dressed(name) for name in one.names])
            for one in self.plan
        ]

    @property
    def begins_stepwise(self) -> bool:
        """Whether the page brings one step, and the others for the script alone."""
        return not self.is_bound and stepping.can_be_driven(self)

    def dressed(self, name):
        """The bound field with what its template tells of its condition: for the script, and in words."""
        bound, condition = self[name], self.conditions.get(name)
        bound.only_if = bound.only_if_text = ""
        if condition is not None and condition.field in self.fields:
            said = {"field": self.fields[condition.field].label, "answers": ", ".join(condition.shown)}
            bound.only_if = json.dumps(condition.for_script(PREFIX))
            bound.only_if_text = CONDITION_TEXTS[condition.operator] % said
        # said by the script, which knows whether it is asked
        bound.insists = (
            condition is not None
            and bound.field.required
            and not isinstance(bound.field.widget, forms.CheckboxSelectMultiple)
        )
        bound.progress = ("leave" if name in self.left else "ask") if name in self.progressive else ""
        return bound

    @property
    def needs_script(self) -> bool:
        """Whether JavaScript makes it more comfortable."""
        return not self.driven and bool(self.conditions or self.progressive or len(self.plan) > 1)


def build(form, *, place: str = "", data=None, files=None, plan: Plan | None = None) -> VisitorForm:
    """The Django form; bound when ``data`` is given. ``place`` keeps ids apart on one page; ``plan``: which
    progressive questions are asked (as if nothing were known, when None)."""
    plan = plan or progressive.plan(form)
    fields, blocks, conditions, messages, mapped = {}, {}, {}, {}, []
    for key, block, value in typed_fields(form):
        if not block.is_visible:
            continue
        blocks[key] = block
        if value.get("lead_field"):
            mapped.append((key, block, value))
        fields[key] = made = block.form_field(value)
        hint = value.get("lead_field") or ""
        autocomplete = AUTOCOMPLETE.get(hint) or block.autocomplete
        if autocomplete:
            made.widget.attrs.setdefault("autocomplete", autocomplete)
        condition = condition_of(value)
        if condition is not None:
            conditions[key] = condition
        if key in plan.leave:
            made.required = False
        if condition is not None or key in plan.leave:
            # the browser must not insist on what may not be asked; the server knows
            made.widget.use_required_attribute = lambda initial: False
        if value.get("error_message"):
            messages[key] = value["error_message"]
    parts = {
        "mapped": tuple(mapped),
        "conditions": conditions,
        "blocks": blocks,
        "messages": messages,
        "left": frozenset(plan.leave),
        "progressive": frozenset((*plan.ask, *plan.leave)),
        "plan": _steps(form),
        "driven": None,
    }
    cls = type("VisitorForm", (VisitorForm,), fields)
    made = cls(data, files, prefix=PREFIX, auto_id=f"wa-{form.uuid.hex[:8]}{place}-%s")
    vars(made).update(parts)  # not attributes of the class, where a field may have such a name
    return made


def as_posted(data: dict) -> QueryDict:
    """Values and lists of values as a browser would have posted them."""
    posted = QueryDict(mutable=True)
    for name, value in data.items():
        posted.setlist(name, value if isinstance(value, list) else [value])
    return posted


def _steps(form) -> tuple[Step, ...]:
    steps = [Step()]
    for position, child in enumerate(form.fields):
        if child.block_type == UNKNOWN:
            continue
        if not child.block.is_question:
            steps.append(Step(str(child.value["label"]), child.value.get("help_text") or ""))
        elif child.block.is_visible:
            steps[-1].names.append(child.value.get("field_key") or f"field_{position}")
    return tuple(step for step in steps if step.names)


def answers(form, bound: VisitorForm, *, referer: str = "", posted=None) -> Answers:
    """What a valid bound form says, hidden values and campaign parameters included."""
    result = Answers()
    query = parse_qs(urlsplit(referer).query, max_num_fields=100) if len(referer) < 4000 else {}
    for key, block, value in typed_fields(form):
        condition = condition_of(value) if not block.is_visible else None
        if condition is not None and not condition.holds(result.data.get(condition.field)):
            continue
        if block.key == "hidden":
            stored = value["fixed"]
        elif block.key == "utm":
            stored = _campaign_parameter(key, value["parameter"], query, posted or {})
        else:
            if key in bound.not_asked:
                continue
            cleaned = bound.cleaned_data.get(key)
            stored = block.to_json(cleaned)
            if block.is_file and cleaned:
                result.files[key] = cleaned
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
