"""Which promos somebody gets on a page: schedule, page, device, rule, and how often they saw it already."""

import datetime as dt
import re

from wagtail_automation.audiences.dynamic.choosing import is_held_back
from wagtail_automation.content import deciding
from wagtail_automation.content.models import Showing

from .models import WebPromo

SHOWN = "shown"
_TABLET = re.compile(r"iPad|Tablet|PlayBook|Silk|Android(?!.*Mobi)", re.IGNORECASE)
_PHONE = re.compile(r"Mobi|iPhone|iPod|Windows Phone", re.IGNORECASE)


def device_of(user_agent: str) -> str:
    """A value of ``WebPromo.Device``; "" when the browser does not say."""
    if not user_agent:
        return ""
    if _TABLET.search(user_agent):
        return WebPromo.Device.TABLET
    return WebPromo.Device.PHONE if _PHONE.search(user_agent) else WebPromo.Device.DESKTOP


def fits_path(lines: list[str], path: str) -> bool:
    """Whether a path of the site is meant by these lines: any that includes it, none that excludes it."""
    wanted = [line for line in lines if not line.startswith("-")]
    refused = [line[1:].strip() for line in lines if line.startswith("-")]
    if any(_is_like(path, line) for line in refused):
        return False
    return not wanted or any(_is_like(path, line) for line in wanted)


def _is_like(path: str, line: str) -> bool:
    """``*`` is anything; the last slash may lack. Linear in the path, whatever was written."""
    path, parts = path.rstrip("/"), line.rstrip("/").split("*")
    if len(parts) == 1:
        return path == parts[0]
    first, *middle, last = parts
    if not path.startswith(first) or len(path) < len(first) + len(last) or not path.endswith(last):
        return path == first.rstrip("/") and not any(middle) and not last
    at, end = len(first), len(path) - len(last)
    for part in middle:
        at = path.find(part, at, end)
        if at < 0:
            return False
        at += len(part)
    return True


def fitting(promos, *, path: str, user_agent: str | None) -> list[WebPromo]:
    """Those for this page and device; a promo for one kind of device needs a browser that says what it is.

    None: for any device, since the page's script knows its own and leaves out the others.
    """
    device = None if user_agent is None else device_of(user_agent)
    return [
        promo
        for promo in promos
        if fits_path(promo.lines(), path) and (not promo.device or device is None or promo.device == device)
    ]


def for_everybody(promos: list[WebPromo]) -> list[WebPromo]:
    """Those that an unknown visitor gets."""
    return [promo for promo in promos if promo.rule.is_empty and not promo.rule.malformed()]


def for_lead(promos: list[WebPromo], lead, now: dt.datetime) -> list[tuple[WebPromo, bool]]:
    """``(promo, held back)`` of those that this person gets now. At most three queries for any number."""
    asked = {deciding.text_of(one.rule): one.rule for one in promos if not one.rule.is_empty}
    answers = dict(zip(asked, deciding.answer(asked, lead), strict=True)) if asked else {}
    mine = [p for p in promos if p.rule.is_empty or answers[deciding.text_of(p.rule)]]
    if not mine:
        return []
    rows = Showing.objects.filter(lead=lead, key__in=[str(promo.translation_key) for promo in mine])
    seen = {row.key: row for row in rows}
    return [
        (promo, is_held_back(lead.bucket, str(promo.translation_key), promo.holdout))
        for promo in mine
        if not has_enough(promo, seen.get(str(promo.translation_key)), now)
    ]


def has_enough(promo: WebPromo, seen: Showing | None, now: dt.datetime) -> bool:
    """Whether this person should not see it (again) now."""
    if seen is None:
        return False
    if seen.dismissed_at is not None:
        away = dt.timedelta(days=promo.closed_days)
        if not promo.closed_days or now < seen.dismissed_at + away:
            return True
    if promo.most_times and seen.seen_count >= promo.most_times:
        return True
    rest = dt.timedelta(days=promo.rest_days)
    return bool(promo.rest_days and seen.seen_count and now < seen.last_at + rest)
