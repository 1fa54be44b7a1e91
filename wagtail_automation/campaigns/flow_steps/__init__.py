"""The flow steps: what waits, divides, jumps and leaves. They alone move and hold people."""

from wagtail_automation.campaigns.tree import decisions as decisions

from .dates import RunBeforeDate, WaitAfterDate, WaitUntilDate, WaitUntilDateTime
from .dividing import Split
from .jumps import Exit, GoTo
from .others import CampaignEnter, CampaignLeave
from .waits import Wait, WaitDays, WaitMinutes, WaitRandom, WaitWeekday

__all__ = [
    "CampaignEnter",
    "CampaignLeave",
    "Exit",
    "GoTo",
    "RunBeforeDate",
    "Split",
    "Wait",
    "WaitAfterDate",
    "WaitDays",
    "WaitMinutes",
    "WaitRandom",
    "WaitUntilDate",
    "WaitUntilDateTime",
    "WaitWeekday",
]
