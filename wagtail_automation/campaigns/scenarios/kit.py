"""What a scenario is written with: steps, and the objects they need. One kit draws, the other installs."""

import uuid
from dataclasses import dataclass, field

from django.apps import apps
from django.utils.text import capfirst
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from wagtail.models import Locale

from wagtail_automation.campaigns.tree.registry import step_types
from wagtail_automation.rules.rule import Rule

LIST, SEGMENT = "wagtail_automation_audiences.LeadList", "wagtail_automation_audiences.Segment"
EMAIL, FIELD = "wagtail_automation_messaging.Email", "wagtail_automation_leads.CustomField"
SURVEY = "wagtail_automation_content.Survey"


def rule(*conditions: tuple[str, dict], match: str = "all") -> dict:
    """A rule of these ``(key, parameters)``."""
    items = [{"id": str(uuid.uuid4()), "type": key, "value": value} for key, value in conditions]
    return {"match": match, "items": items}


def items(*values) -> list[dict]:
    """The stored form of a ListBlock."""
    return [{"type": "item", "id": str(uuid.uuid4()), "value": value} for value in values]


@dataclass
class Drawn:
    """A step of the outline. ``branch``: the label of the branch that begins with it."""

    icon: str
    label: str
    depth: int
    branch: str = ""


@dataclass
class Kit:
    """Draws: collects steps and what they need, and makes nothing. Objects have the number 0 here."""

    steps: list[dict] = field(default_factory=list)
    #: labels of models that the scenario makes or uses
    models: set[str] = field(default_factory=set)
    _depths: dict[str, int] = field(default_factory=dict)
    drawn: list[Drawn] = field(default_factory=list)

    # -- objects ------------------------------------------------------------------------------------
    def lead_list(self, name: str, description: str) -> int:
        """A list of that name: the one there is, else a new one."""
        return self._need(LIST)

    def segment(self, name: str, description: str, asked: dict) -> int:
        """A segment of that name and rule: the one there is, else a new one; published if the editor may."""
        return self._need(SEGMENT)

    def custom_field(self, key: str, type_: str, label: str) -> str:
        """A custom field of leads: the one with that key, else a new one. Returns its key."""
        self._need(FIELD)
        return key

    def survey(self, name: str, recommendation: str, reason: str) -> int:
        """A survey of that name: the one there is, else a new one that asks for a recommendation and why."""
        return self._need(SURVEY)

    def email(
        self, name: str, subject: str, *paragraphs: str, preheader: str = "", blocks: list[tuple] = ()
    ) -> int:
        """A new email, as a draft; each paragraph is a line of HTML for a text block, the first a heading.
        ``blocks``: others that follow, as ``(kind, value)``."""
        return self._need(EMAIL)

    def _need(self, label: str) -> int:
        self.models.add(label)
        return 0

    # -- steps --------------------------------------------------------------------------------------
    def start(self, trigger: str, **config) -> str:
        """A trigger."""
        return self.add(f"on_{trigger}", config, branch="start")

    def do(self, activity: str, *, parent: str = "", branch: str = "main", name: str = "", **config) -> str:
        """An activity; ``parent`` and ``branch``: the step that divides and the way from it."""
        return self.add(f"do_{activity}", config, parent=parent, branch=branch, name=name)

    def ask(
        self, asked: dict, *, days: int = 0, parent: str = "", branch: str = "main", name: str = ""
    ) -> str:
        """A decision with the branches ``yes`` and ``no``; it waits ``days`` for a yes."""
        config = {"rule": asked, "patience": days, "unit": "days"}
        return self.add("decision", config, parent=parent, branch=branch, name=name)

    def add(self, kind: str, config: dict, *, parent: str = "", branch: str = "main", name: str = "") -> str:
        """Any step, at the end of a branch; parameters left out have their default. Returns its id."""
        key = str(uuid.uuid4())
        if kind in step_types:
            block = step_types[kind].config_block
            config = {**block.get_prep_value(block.get_default()), **config}
        value = {"parent": parent, "branch": branch, "name": name, "config": config}
        first = not any(s["value"]["parent"] == parent and s["value"]["branch"] == branch for s in self.steps)
        self.steps.append({"id": key, "type": kind, "value": value})
        self._depths[key] = self._depths.get(parent, -1) + 1
        self.drawn.append(self._draw(kind, config, key, name, branch if parent and first else "", parent))
        return key

    def _draw(self, kind, config, key, name, branch, parent) -> Drawn:
        label, icon = kind, "warning"
        if kind in step_types:
            block = step_types[kind].config_block
            label, icon = name or str(block.label), block.meta.icon
        return Drawn(icon, label, self._depths[key], self._branch_words(parent, branch) if branch else "")

    def _branch_words(self, parent: str, branch: str) -> str:
        kind = next(step["type"] for step in self.steps if step["id"] == parent)
        if kind not in step_types:
            return branch
        labels = {
            key: str(words) for key, words, _tone in getattr(step_types[kind].config_block, "branches", ())
        }
        return labels.get(branch, branch)

    # -- what is missing ----------------------------------------------------------------------------
    def missing(self, user) -> list[str]:
        """Why it cannot be installed here by this person, in words; empty if it can."""
        found = []
        for label in sorted(self.models):
            try:
                model = apps.get_model(label)
            except LookupError:
                found.append(_("%(app)s is not installed.") % {"app": label.partition(".")[0]})
                continue
            if not user.has_perm(f"{model._meta.app_label}.add_{model._meta.model_name}"):
                what = model._meta.verbose_name_plural
                found.append(_("You may not add: %(what)s.") % {"what": what})
        for step in self.steps:
            if step["type"] not in step_types:
                found.append(_("This kind of step is not installed: %(type)s.") % {"type": step["type"]})
            for key in (
                Rule(step["value"]["config"].get("rule")).unknown if "rule" in step["value"]["config"] else []
            ):
                found.append(_("This condition is not installed: %(key)s.") % {"key": key})
        return list(dict.fromkeys(found))


@dataclass
class Installer(Kit):
    """Makes what the scenario asks for, inside the caller's transaction."""

    user: object = None
    #: the campaign's name, which the names of its emails begin with
    title: str = ""
    emails: list = field(default_factory=list)
    made: list = field(default_factory=list)
    unpublished: list = field(default_factory=list)

    def lead_list(self, name, description):
        model = apps.get_model(LIST)
        found = model.objects.filter(name=name, builtin="", archived=False).order_by("pk").first()
        if found is None:
            found = model.objects.create(name=name, description=description)
            self.made.append(found)
        return found.pk

    def segment(self, name, description, asked):
        model = apps.get_model(SEGMENT)
        for found in model.objects.filter(name=name, archived=False).order_by("pk"):
            if _same(found.rule.raw, asked):
                break
        else:
            found = model(name=_free_name(model, name), description=description, rule=asked, live=False)
            found.full_clean()
            found.save()
            revision = found.save_revision(user=self.user)
            if self.user.has_perm("wagtail_automation_audiences.publish_segment"):
                revision.publish(user=self.user)
            self.made.append(found)
        if not found.live:
            found.refresh_from_db()
        if not found.live:
            self.unpublished.append(found)
        return found.pk

    def custom_field(self, key, type_, label):
        model = apps.get_model(FIELD)
        found, made = model.objects.get_or_create(key=key, defaults={"label": label, "type": type_})
        if made:
            self.made.append(found)
        elif found.type != type_:
            # somebody else's field of that name: ours gets another key
            return self.custom_field(f"{key}_2", type_, label)
        return key

    def survey(self, name, recommendation, reason):
        model = apps.get_model(SURVEY)
        found = model.objects.filter(name=name, is_closed=False).order_by("pk").first()
        if found is None:
            asked = [("nps", recommendation, "recommendation"), ("text", reason, "reason")]
            found = model(name=name, locale=_locale())
            found.questions = [
                {
                    "type": kind,
                    "id": str(uuid.uuid4()),
                    "value": {"question": words, "required": False, "answer_key": key},
                }
                for kind, words, key in asked
            ]
            found.full_clean()
            found.save()
            self.made.append(found)
        return found.pk

    def email(self, name, subject, *paragraphs, preheader="", blocks=()):
        model = apps.get_model(EMAIL)
        heading, *texts = paragraphs
        email = model(
            name=_free_name(model, f"{self.title} – {name}"[:150]),
            subject=subject,
            preheader=preheader,
            locale=_locale(),
            live=False,
        )
        body = [("heading", {"text": heading, "level": "h1"})]
        body += [("rich_text", {"text": f"<p>{text}</p>"}) for text in texts]
        body += blocks
        raw = [{"type": kind, "value": value, "id": str(uuid.uuid4())} for kind, value in body]
        email.body = model._meta.get_field("body").stream_block.to_python(raw)
        email.full_clean()
        email.save()
        email.save_revision(user=self.user)
        self.emails.append(email)
        self.made.append(email)
        return email.pk


def _locale() -> Locale:
    """The locale of the editor's language, else the default one."""
    code = get_language() or ""
    found = Locale.objects.filter(language_code__in=(code, code.partition("-")[0])).first()
    return found or Locale.get_default()


def _free_name(model, name: str) -> str:
    """The name, or the next "name (2)" that nothing of the kind has."""
    name = capfirst(name)
    taken = set(model.objects.filter(name__startswith=name[:100]).values_list("name", flat=True))
    number, free = 1, name
    while free in taken:
        number += 1
        free = f"{name} ({number})"
    return free


def _same(one: dict, other: dict) -> bool:
    """The same rule, whatever its conditions are numbered."""

    def plain(raw):
        if isinstance(raw, dict):
            return {key: plain(value) for key, value in raw.items() if key != "id"}
        return [plain(part) for part in raw] if isinstance(raw, list) else raw

    return plain(one) == plain(other)
