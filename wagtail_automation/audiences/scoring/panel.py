"""The lead page's panel of points: the total, the groups, and the history with its reasons."""

from django.contrib.auth import get_user_model
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from wagtail_automation.admin.panels import LeadPanel, lead_panels
from wagtail_automation.leads import sources

from . import retention
from .models import GroupScore, ScoreEntry, ScoreGroup, ScoreRule
from .publishing import condition_words

APP = "wagtail_automation_audiences"
SHOWN = 15


@lead_panels.register
class ScorePanel(LeadPanel):
    """Three queries, and one more for each kind of reason shown."""

    key = "score"
    heading = _("Score")
    icon = "order"
    column = "side"
    order = 12
    template_name = "wagtail_automation/audiences/score_panel.html"

    def is_shown(self):
        return self.request.user.has_perm(f"{APP}.view_scoreentry")

    def get_context(self):
        scores = dict(GroupScore.objects.filter(lead_id=self.lead.pk).values_list("group_id", "points"))
        groups = [(group, scores.get(group.pk, 0)) for group in ScoreGroup.objects.all()]
        history = ScoreEntry.objects.filter(lead_id=self.lead.pk).select_related("group")
        rows = list(history.order_by("-at", "-pk")[: SHOWN + 1])
        words = reasons({row.source for row in rows[:SHOWN]})
        months_until = retention.until(retention.before())
        highest = max((abs(points) for _group, points in groups), default=0)
        return {
            "groups": [
                (group, points, round(100 * abs(points) / highest) if highest else 0)
                for group, points in groups
            ],
            "history": [(row, words[row.source], row.day < months_until) for row in rows[:SHOWN]],
            "has_more": len(rows) > SHOWN,
            "shown": SHOWN,
            "may_change": self.request.user.has_perm(f"{APP}.add_scoreentry"),
        }


def reasons(found: set[str]) -> dict[str, str]:
    """Each reason in words; one query for each kind of reason."""
    words = sources.labels(found)
    pks = {
        kind: {int(text.partition(":")[2]): text for text in found if _is(text, kind)}
        for kind in ("rule", "decay", "user")
    }
    if pks["rule"]:
        for rule in ScoreRule.objects.filter(pk__in=pks["rule"]).select_related("score_set"):
            sentence = condition_words(rule.type, rule.config)
            words[pks["rule"][rule.pk]] = gettext("%(set)s: %(rule)s") % {
                "set": rule.score_set.name,
                "rule": sentence,
            }
        for text in pks["rule"].values():
            if words[text] == text:
                words[text] = gettext("A rule that was deleted")
    for text in pks["decay"].values():
        words[text] = gettext("Faded without activity")
    if pks["user"]:
        for user in get_user_model()._default_manager.filter(pk__in=pks["user"]):
            words[pks["user"][user.pk]] = user.get_full_name() or user.get_username()
    return words


def _is(text: str, kind: str) -> bool:
    word, _colon, number = text.partition(":")
    return word == kind and number.isdecimal() and len(number) < 19
