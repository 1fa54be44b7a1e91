"""Teams of people of the site: who receives leads in turn, how many, and when somebody is away."""

import uuid

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator
from django.db import models
from django.utils.formats import date_format
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from modelcluster.fields import ParentalKey
from modelcluster.models import ClusterableModel

from wagtail_automation import clock
from wagtail_automation.leads.querysets import TeamQuerySet

MAX_WEIGHT = 100


class Team(ClusterableModel):
    """People who look after leads together. ``shares_leads``: each sees and edits the leads of the others."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(_("name"), max_length=100, unique=True)
    shares_leads = models.BooleanField(
        _("members see each other's leads"),
        default=False,
        help_text=_("Otherwise each member sees only the leads that they own."),
    )
    created_at = models.DateTimeField(_("created"), default=clock.now, editable=False)

    objects = TeamQuerySet.as_manager()

    class Meta:
        verbose_name = _("team")
        verbose_name_plural = _("teams")
        ordering = ["name", "pk"]

    def __str__(self):
        return self.name


class TeamMember(models.Model):
    """One person in one team. Somebody with weight 2 receives twice as many leads as one with weight 1."""

    team = ParentalKey(Team, on_delete=models.CASCADE, related_name="members", verbose_name=_("team"))
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="team_memberships",
        verbose_name=_("person"),
    )
    weight = models.PositiveSmallIntegerField(
        _("share"),
        default=1,
        validators=[MaxValueValidator(MAX_WEIGHT)],
        help_text=_("2 receives twice as many leads in turn as 1; 0 receives none."),
    )

    class Meta:
        verbose_name = _("member of a team")
        verbose_name_plural = _("members of teams")
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["team", "user"], name="wa_team_member")]

    def __str__(self):
        return f"{self.team_id}: {self.user_id}"


class Absence(models.Model):
    """Days on which a person receives no lead in turn, in whatever team; both days included, by the site's
    time zone."""

    team = ParentalKey(Team, on_delete=models.CASCADE, related_name="absences", verbose_name=_("team"))
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", verbose_name=_("person")
    )
    first_day = models.DateField(_("first day"))
    last_day = models.DateField(_("last day"))

    class Meta:
        verbose_name = _("absence")
        verbose_name_plural = _("absences")
        ordering = ["first_day", "pk"]
        indexes = [models.Index(fields=["user", "last_day"], name="wa_absence_user_last")]

    def __str__(self):
        days = (self.last_day - self.first_day).days + 1
        return ngettext("%(count)d day from %(date)s", "%(count)d days from %(date)s", days) % {
            "count": days,
            "date": date_format(self.first_day, "SHORT_DATE_FORMAT"),
        }

    def clean(self):
        super().clean()
        if self.first_day and self.last_day and self.last_day < self.first_day:
            raise ValidationError({"last_day": gettext("The last day must not be before the first.")})


class Turn(models.Model):
    """Where a member stands in the team's round: ``credit`` leads are owed to them, in ``whole``-ths of a
    lead; ``last`` counts the leads that the team had received when this member received one."""

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="turns")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    credit = models.BigIntegerField(default=0)
    whole = models.PositiveIntegerField(default=1)
    last = models.BigIntegerField(default=0)

    class Meta:
        verbose_name = _("turn")
        verbose_name_plural = _("turns")
        constraints = [models.UniqueConstraint(fields=["team", "user"], name="wa_team_turn")]

    def __str__(self):
        return f"{self.team_id}: {self.user_id} {self.credit}/{self.whole}"
