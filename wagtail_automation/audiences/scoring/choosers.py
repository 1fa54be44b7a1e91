"""The modals in which a score group or a threshold is chosen."""

from django.utils.translation import gettext_lazy as _

from wagtail_automation.admin.choosers import ChooserViewSet

from .models import ScoreGroup, ScoreThreshold


class ScoreGroupChooserViewSet(ChooserViewSet):
    model = ScoreGroup
    icon = "order"
    choose_one_text = _("Choose a score group")
    choose_another_text = _("Choose another score group")
    edit_item_text = _("Edit this score group")


class ThresholdChooserViewSet(ChooserViewSet):
    model = ScoreThreshold
    icon = "order-up"
    choose_one_text = _("Choose a threshold")
    choose_another_text = _("Choose another threshold")
    edit_item_text = _("Edit this threshold")


score_group_chooser = ScoreGroupChooserViewSet("wagtail_automation_score_group_chooser")
threshold_chooser = ThresholdChooserViewSet("wagtail_automation_threshold_chooser")
