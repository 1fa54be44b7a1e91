"""Points, interests, stages, tags and a goal of the example site. A repeat changes nothing."""

import uuid

from wagtail_automation.audiences.models import (
    Category,
    Goal,
    Interest,
    InterestSection,
    ScoreDecay,
    ScoreGroup,
    ScoreSet,
    ScoreThreshold,
    Stage,
    Tag,
)

FIT, ATTENTION = "Fit", "Attention"
#: name -> (colour, pages that feed it, page tags, addresses)
INTERESTS = {
    "Nights outdoors": ("teal", ("night", "guide"), "camping, canal", "*/otter/"),
    "Garden": ("green", ("heron", "badger", "watering"), "garden, jardin", ""),
    "Mending": ("amber", ("mending", "about"), "repair, workshop", ""),
    "Care plans": ("violet", ("pricing",), "", ""),
}
TAGS = {
    "Autumn fair": ("amber", "Left an address on a card at the fair."),
    "Rents bicycles": ("blue", "A company with bicycles to look after: Fleet may suit them."),
    "Sewing course": ("pink", "Asked about the course in the mill."),
}


class ScoreBuilder:
    """Builds upon lists, forms and pages of the ``AutomationBuilder`` it is given."""

    def __init__(self, built, rule):
        self.built, self.rule = built, rule
        self.groups: dict[str, ScoreGroup] = {}

    def build(self) -> None:
        """Make what is missing."""
        self._tags()
        self._groups()
        self._interests()
        self._stages()
        self._sets()
        self._goal()

    def _tags(self):
        for name, (colour, description) in TAGS.items():
            Tag.objects.get_or_create(name=name, defaults={"colour": colour, "description": description})

    def _groups(self):
        for name, colour, description in (
            (FIT, "blue", "Who they are: where they live, whether a company stands behind them."),
            (ATTENTION, "amber", "What they do: forms, letters read, prices looked at. It fades."),
        ):
            self.groups[name], _made = ScoreGroup.objects.get_or_create(
                name=name, defaults={"colour": colour, "description": description}
            )
        ScoreDecay.objects.get_or_create(
            group=self.groups[ATTENTION], defaults={"how": "percent", "amount": 20, "days": 14}
        )
        category, _made = Category.objects.get_or_create(
            type=Category.Type.SCORE_THRESHOLD, name="Sales", defaults={"colour": "red"}
        )
        for name, points, colour in (("Warm", 20, "amber"), ("Hot", 40, "red")):
            ScoreThreshold.objects.get_or_create(
                name=name, defaults={"points": points, "colour": colour, "category": category}
            )

    def _interests(self):
        for name, (colour, pages, tags, addresses) in INTERESTS.items():
            interest, made = Interest.objects.get_or_create(
                name=name, defaults={"colour": colour, "tags": tags, "addresses": addresses}
            )
            if made:
                for key in pages:
                    InterestSection.objects.create(interest=interest, page=self.built.pages["en", key])

    def _stages(self):
        guide, contact = (self.built.forms["en", key].pk for key in ("guide", "contact"))
        category, _made = Category.objects.get_or_create(
            type=Category.Type.STAGE, name="Mill shop", defaults={"colour": "teal"}
        )
        for name, weight, colour, description, raw in (
            (
                "Curious",
                10,
                "blue",
                "Asked for the guide, or left an address at the fair.",
                self.rule(
                    ("form_filled", {"form": guide, "field": "", "value": ""}),
                    ("in_list", {"list": next(iter(self.built.lists.values())).pk}),
                    match="any",
                ),
            ),
            (
                "In conversation",
                20,
                "amber",
                "Wrote to the mill.",
                self.rule(("form_filled", {"form": contact, "field": "", "value": ""})),
            ),
            (
                "Care plan in sight",
                30,
                "green",
                "More than fifteen points of attention and the prices seen: somebody should call.",
                self.rule(
                    ("score_above", {"value": 15, "group": self.groups[ATTENTION].pk}),
                    ("page_visited", {"page": self.built.pages["en", "pricing"].pk, "url": "", "times": 1}),
                ),
            ),
        ):
            Stage.objects.get_or_create(
                name=name,
                defaults={
                    "weight": weight,
                    "colour": colour,
                    "category": category,
                    "description": description,
                    "rule": raw,
                },
            )

    def _sets(self):
        guide, contact = (self.built.forms["en", key] for key in ("guide", "contact"))
        pricing = self.built.pages["en", "pricing"].pk
        letter = self.built.emails["en", "guide"].pk
        fit, attention = self.groups[FIT].pk, self.groups[ATTENTION].pk
        self._set(
            "Who fits",
            "Where they live and what they do: what a person is, not what it does.",
            [
                self._person(fit, 10, ("field_equals", {"field": "country", "value": "FR"})),
                self._person(fit, 10, ("field_equals", {"field": "country", "value": "BE"})),
                self._person(fit, 15, ("field_contains", {"field": "company", "value": "a"})),
                self._person(fit, 5, ("field_equals", {"field": "language", "value": "fr"})),
            ],
        )
        self._set(
            "Who pays attention",
            "Forms sent, the guide opened, prices looked at more than once.",
            [
                self._form(attention, 10, guide, frequency="once"),
                self._form(attention, 15, contact, frequency="daily"),
                self._person(attention, 10, ("email_clicked", {"email": letter})),
                self._person(attention, 10, ("page_visited", {"page": pricing, "url": "", "times": 1})),
                self._person(attention, 15, ("page_visited", {"page": pricing, "url": "", "times": 3})),
            ],
        )

    def _set(self, name: str, description: str, items: list[dict]):
        if ScoreSet.objects.filter(name=name).exists():
            return
        category, _made = Category.objects.get_or_create(
            type=Category.Type.SCORE_SET, name="Mill shop", defaults={"colour": "teal"}
        )
        score_set = ScoreSet(name=name, description=description, category=category, live=False)
        block = ScoreSet._meta.get_field("rules").stream_block
        score_set.rules = block.to_python(items)
        score_set.full_clean()
        score_set.save()
        score_set.save_revision().publish()

    def _person(self, group: int, points: int, *conditions) -> dict:
        return _item("rule", {"rule": self.rule(*conditions)}, group, points, "once")

    def _form(self, group: int, points: int, form, *, frequency: str) -> dict:
        return _item("on_form_submitted", {"when": {"form": form.pk}}, group, points, frequency)

    def _goal(self):
        if Goal.objects.filter(name="A letter to the mill").exists():
            return
        block = Goal._meta.get_field("events").stream_block
        form = self.built.forms["en", "contact"].pk
        Goal.objects.create(
            name="A letter to the mill",
            description="Worth what a care plan brings in a year, times one in eight.",
            value=1500,
            currency="EUR",
            events=block.to_python(
                [
                    {
                        "id": str(uuid.uuid4()),
                        "type": "on_form_submitted",
                        "value": {"when": {"form": form}},
                    }
                ]
            ),
        )


def _item(kind: str, own: dict, group: int, points: int, frequency: str) -> dict:
    effect = {
        "operation": "add",
        "value": points,
        "group": group,
        "frequency": frequency,
        "per_day": 1,
    }
    return {"id": str(uuid.uuid4()), "type": kind, "value": {**own, **effect}}
