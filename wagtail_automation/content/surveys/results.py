"""The results of a survey: a share for each answer, averages, the NPS, month by month."""

from dataclasses import dataclass, field

from django.db.models import Avg, Count, Q
from django.db.models.functions import TruncMonth
from django.utils import timezone

from .models import Survey, SurveyAnswer

MONTHS = 24
PROMOTERS, DETRACTORS = 9, 6


@dataclass
class Question:
    """``rows``: ``(words, people)`` from worst to best. ``nps``: -100 to 100. ``trend``: ``(month, people,
    value)``, newest first; the value is the NPS, or else the average."""

    key: str
    words: str
    kind: str
    people: int = 0
    average: float | None = None
    nps: float | None = None
    rows: list[tuple[str, int]] = field(default_factory=list)
    trend: list[tuple] = field(default_factory=list)


def nps_of(promoters: int, detractors: int, people: int) -> float | None:
    """Percent of promoters less percent of detractors; None while nobody answered."""
    return 100 * (promoters - detractors) / people if people else None


def results(survey: Survey) -> list[Question]:
    """Every question in order; two statements, whatever the number of answers."""
    mine = SurveyAnswer.objects.filter(survey_key=survey.translation_key).order_by()
    counts: dict[str, dict] = {}
    for question, number, people in mine.values_list("question", "number").annotate(n=Count("pk")):
        counts.setdefault(question, {})[number] = people
    months = (
        mine.filter(number__isnull=False)
        .annotate(month=TruncMonth("at", tzinfo=timezone.get_default_timezone()))
        .values("question", "month")
        .annotate(
            people=Count("pk"),
            mean=Avg("number"),
            promoters=Count("pk", filter=Q(number__gte=PROMOTERS)),
            detractors=Count("pk", filter=Q(number__lte=DETRACTORS)),
        )
        .order_by("-month")
    )
    by_question: dict[str, list] = {}
    for row in months:
        by_question.setdefault(row["question"], []).append(row)
    found = []
    for key, block, value in survey.asked():
        own = counts.get(key, {})
        one = Question(key, value["question"], block.key, people=sum(own.values()))
        numbers = block.numbers(value)
        is_nps = block.key == "nps"
        if numbers:
            answered = {number: own.get(number, 0) for number, _words in numbers}
            one.rows = [(words, answered[number]) for number, words in numbers]
            one.people = sum(answered.values())
            if one.people:
                one.average = sum(number * people for number, people in answered.items()) / one.people
            if is_nps:
                promoters = sum(people for number, people in answered.items() if number >= PROMOTERS)
                detractors = sum(people for number, people in answered.items() if number <= DETRACTORS)
                one.nps = nps_of(promoters, detractors, one.people)
            one.trend = [
                (
                    row["month"],
                    row["people"],
                    nps_of(row["promoters"], row["detractors"], row["people"]) if is_nps else row["mean"],
                )
                for row in by_question.get(key, [])[:MONTHS]
            ]
        found.append(one)
    return found
