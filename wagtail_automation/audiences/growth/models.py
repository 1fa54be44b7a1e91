"""One row a day for each segment and list: how many were in it when the day was last counted."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class SegmentDay(models.Model):
    """Members of a live segment on a day of the site's time zone."""

    segment = models.ForeignKey(
        "wagtail_automation_audiences.Segment",
        on_delete=models.CASCADE,
        related_name="days",
        db_index=False,
    )
    day = models.DateField(verbose_name=_("day"))
    count = models.PositiveIntegerField(verbose_name=_("members"))

    class Meta:
        verbose_name = _("members of a segment on a day")
        verbose_name_plural = _("members of segments by day")
        constraints = [models.UniqueConstraint(fields=["segment", "day"], name="wa_segment_day")]

    def __str__(self):
        return f"{self.segment_id} {self.day}: {self.count}"


class ListDay(models.Model):
    """Members of a list on a day of the site's time zone; computed lists too."""

    list = models.ForeignKey(
        "wagtail_automation_audiences.LeadList",
        on_delete=models.CASCADE,
        related_name="days",
        db_index=False,
    )
    day = models.DateField(verbose_name=_("day"))
    count = models.PositiveIntegerField(verbose_name=_("members"))

    class Meta:
        verbose_name = _("members of a list on a day")
        verbose_name_plural = _("members of lists by day")
        constraints = [models.UniqueConstraint(fields=["list", "day"], name="wa_list_day")]

    def __str__(self):
        return f"{self.list_id} {self.day}: {self.count}"
