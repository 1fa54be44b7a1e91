"""What tags, scores, interests, stages and goals hold about people, for export and erasure."""

from django.utils.translation import gettext_lazy as _

from wagtail_automation.leads.personal_data import PersonalRows, register

APP = "wagtail_automation_audiences"

for _model, _heading in (
    ("LeadTag", _("Tags")),
    ("GroupScore", _("Scores in groups")),
    ("ScoreEntry", _("Score changes")),
    ("LeadInterest", _("Interests")),
    ("LeadStage", _("Stage")),
):
    register(PersonalRows(f"{APP}.{_model}", heading=_heading, is_traced=False))
# the funnel and the goals go on counting them, without a name
register(PersonalRows(f"{APP}.StageMove", heading=_("Stages reached"), blank={"origin": ""}, is_traced=False))
register(PersonalRows(f"{APP}.GoalReach", heading=_("Goals reached"), blank={"origin": ""}, is_traced=False))
# experiments go on counting them, without a name
for _model, _heading in (
    ("ExperimentExposure", _("Variants shown in experiments")),
    ("ExperimentOutcome", _("What was done in experiments")),
):
    register(PersonalRows(f"{APP}.{_model}", heading=_heading, blank={}, is_traced=False))
for _model in ("ScoreOnce", "WatchMatch"):
    register(PersonalRows(f"{APP}.{_model}", is_exported=False, is_traced=False))
for _model in ("WatchDirty", "PendingEvent"):
    register(PersonalRows(f"{APP}.{_model}", lead="lead_id", is_exported=False, loose=True, is_traced=False))
