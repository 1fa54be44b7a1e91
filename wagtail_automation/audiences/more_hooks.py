"""Categories, tags, scores, interests, stages and goals in the Wagtail admin."""

from django.templatetags.static import static
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.menu import MenuItem
from wagtail.log_actions import LogFormatter
from wagtail.snippets.models import register_snippet

from wagtail_automation.admin import menu

from .dynamic.viewsets import DynamicContentViewSet
from .experiments.viewsets import experiments
from .goals.viewsets import GoalViewSet, goal_chooser
from .interests.viewsets import InterestViewSet, interest_chooser
from .scoring import choosers as score_choosers
from .scoring import views as score_views
from .scoring import viewsets as scoring
from .stages import views as stage_views
from .stages.viewsets import StageViewSet, stage_chooser
from .tags import bulk as tag_bulk
from .tags import views as tag_views
from .tags.viewsets import TagViewSet, tag_chooser

tags = TagViewSet()
stages = StageViewSet()
interests = InterestViewSet()
goals = GoalViewSet()
dynamic_contents = DynamicContentViewSet()


class FunnelItem(MenuItem):
    """The funnel, for those who may see stages."""

    def is_shown(self, request):
        return request.user.has_perm("wagtail_automation_audiences.view_stage")


register_snippet(lambda: scoring.score_sets)
register_snippet(lambda: dynamic_contents)


@hooks.register("register_admin_viewset")
def viewsets():
    return [
        tags,
        tag_chooser,
        scoring.score_groups,
        scoring.score_thresholds,
        scoring.score_decays,
        score_choosers.score_group_chooser,
        score_choosers.threshold_chooser,
        stages,
        stage_chooser,
        interests,
        interest_chooser,
        goals,
        goal_chooser,
        experiments,
    ]


menu.register_viewset_in_menu("analysis", scoring.score_sets, 100)
menu.register_viewset_in_menu("analysis", scoring.score_groups, 110)
menu.register_viewset_in_menu("analysis", scoring.score_thresholds, 120)
menu.register_viewset_in_menu("analysis", scoring.score_decays, 130)
menu.register_viewset_in_menu("analysis", interests, 140)
menu.register_viewset_in_menu("analysis", goals, 200)
menu.register_viewset_in_menu("analysis", experiments, 205)
menu.register(
    "analysis",
    lambda: FunnelItem(
        _("Funnel of stages"),
        reverse("wagtail_automation_stage_funnel"),
        name="automation-stage-funnel",
        icon_name="tasks",
        order=210,
    ),
    210,
)
menu.register_viewset_in_menu("content", dynamic_contents, 330)
menu.register_viewset_in_menu("settings", tags, 210)
menu.register_viewset_in_menu("settings", stages, 220)


hooks.register("register_bulk_action", tag_bulk.AddTagsBulkAction)
hooks.register("register_bulk_action", tag_bulk.RemoveTagsBulkAction)


@hooks.register("insert_global_admin_css")
def style():
    return format_html(
        '<link rel="stylesheet" href="{}">', static("wagtail_automation/audiences/scoring.css")
    )


@hooks.register("register_admin_urls")
def urls():
    base = "automation/leads/<int:lead_pk>/"
    return [
        path(f"{base}tags/add/", tag_views.add, name="wagtail_automation_lead_tag_add"),
        path(f"{base}tags/<int:pk>/remove/", tag_views.remove, name="wagtail_automation_lead_tag_remove"),
        path(f"{base}stage/", stage_views.move, name="wagtail_automation_lead_stage"),
        path(
            "automation/stage-funnel/",
            stage_views.FunnelView.as_view(),
            name="wagtail_automation_stage_funnel",
        ),
        path(f"{base}score/", score_views.change, name="wagtail_automation_lead_score"),
    ]


@hooks.register("register_log_actions")
def log_actions(registry):
    def register(action, label, message):
        class Formatter(LogFormatter):
            def format_message(self, entry):
                return message(entry.data or {})

        Formatter.label = label
        registry.register_action(action)(Formatter)

    register(
        "wagtail_automation.tag_add",
        _("Add tags"),
        lambda data: gettext("Tags were added: %(tags)s") % {"tags": ", ".join(data.get("tags", []))},
    )
    register(
        "wagtail_automation.tag_remove",
        _("Remove tags"),
        lambda data: gettext("Tags were removed: %(tags)s") % {"tags": ", ".join(data.get("tags", []))},
    )
    register(
        "wagtail_automation.stage_change",
        _("Change the stage"),
        lambda data: (
            gettext("Moved to the stage “%(stage)s”") % {"stage": data["stage"]}
            if data.get("stage")
            else gettext("Taken out of all stages")
        ),
    )
    register(
        "wagtail_automation.experiment_decide",
        _("Decide an experiment"),
        lambda data: gettext("Everybody gets “%(variant)s”") % {"variant": data.get("variant", "?")},
    )
    register(
        "wagtail_automation.experiment_restart",
        _("Begin an experiment anew"),
        lambda data: gettext("The experiment began anew"),
    )
