"""What a visit to a step can come to; stored in the step log, so the numbers never change."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Outcome(models.IntegerChoices):
    """What came of a visit to a step."""

    DONE = 1, _("Done")
    YES = 2, _("Yes")
    NO = 3, _("No")
    HELD = 4, _("Held")
    MOVED = 5, _("Moved on, since the step was removed")
    LEFT = 6, _("Left the campaign")
    DELAYED = 7, _("Delayed")
    SKIPPED = 8, _("Skipped")
    HELD_OUT = 9, _("Held out")
    BY_HAND = 20, _("Moved by hand")
