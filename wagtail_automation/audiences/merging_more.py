"""What happens to tags, scores, interests, stages and goals when two leads become one."""

from django.db.models import Exists, OuterRef

from wagtail_automation.leads.models import Lead

from .experiments.actions import merge_experiments
from .experiments.models import ExperimentExposure, ExperimentOutcome
from .goals.actions import merge_goals
from .goals.models import GoalReach
from .interests.actions import merge_interests
from .interests.models import LeadInterest
from .scoring.actions import merge_scores
from .scoring.models import GroupScore, ScoreEntry, ScoreOnce
from .stages.actions import merge_stages
from .stages.models import LeadStage, StageMove
from .tags.actions import merge_tags
from .tags.models import LeadTag
from .watching.merging import merge_watching
from .watching.models import PendingEvent, WatchDirty, WatchFact, WatchMatch

#: Each handler and the models whose rows about the merged lead it is needed for.
HANDLERS = (
    (merge_tags, (LeadTag,)),
    (merge_scores, (GroupScore, ScoreEntry, ScoreOnce)),
    (merge_interests, (LeadInterest,)),
    (merge_stages, (LeadStage, StageMove)),
    (merge_goals, (GoalReach,)),
    (merge_experiments, (ExperimentExposure, ExperimentOutcome)),
    (merge_watching, (PendingEvent, WatchDirty, WatchMatch)),
)


def merge_more(source, target) -> None:
    """Merge handler. One question finds which of the others have anything to do: most merged leads are
    anonymous and have no rows here at all."""
    checks = {
        model.__name__: Exists(model.objects.filter(lead_id=OuterRef("pk")).order_by())
        for _handler, models in HANDLERS
        for model in models
    }
    watched = Exists(WatchFact.objects.order_by())
    present = Lead.objects.filter(pk=source.pk).values(**checks, watched=watched).get()
    for handler, models in HANDLERS:
        if any(present[model.__name__] for model in models) or (
            handler is merge_watching and present["watched"]
        ):
            handler(source, target)
