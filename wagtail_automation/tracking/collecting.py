"""What browsers report: read without trust, then stored. Also the views of pages served without script."""

import json
import logging
import math
import re
import uuid
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from django.core.exceptions import ValidationError
from django.utils import translation
from wagtail.models import Site

from wagtail_automation import clock, conf, objects
from wagtail_automation.leads.folding import fold

from . import actions, addresses, events, geo, machine, pages
from .models import Event, Link

logger = logging.getLogger("wagtail_automation")

_EVENT_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.:-]{0,49}")
_MAX_PROPERTIES = 20
_VALUE_LENGTH = 500
_TERM_LENGTH = 100
#: seconds in which the same words are one search
_ONE_SEARCH = 1800
#: What a browser may not declare: whatever identifies takes a signature or a form.
_DECLARED_NEVER = frozenset(
    {"email", "phone", "owner", "source", "score", "status", "attributes", "folded", "uuid"}
)


class BadBatch(ValueError):  # noqa: N818
    """The batch cannot be used; `status` is the HTTP status, the message is for the developer who sent it."""

    def __init__(self, message: str, status: int = 400):
        super().__init__(message)
        self.status = status


@dataclass(frozen=True)
class Item:
    """One reported fact, cleaned. `kind`: view, time, click, track or identify."""

    kind: str
    url: str = ""
    referrer: str = ""
    target: str = ""
    name: str = ""
    seconds: int = 0
    data: dict = field(default_factory=dict)
    token: str = ""


def read_body(request) -> bytes:
    """The body, never more of it than allowed. Raises BadBatch (413)."""
    limit = conf.get("COLLECT_MAX_BYTES")
    declared = request.META.get("CONTENT_LENGTH") or "0"
    too_long = BadBatch(f"A batch has at most {limit} bytes.", status=413)
    if declared.isdigit() and int(declared) > limit:
        raise too_long
    body = request.read(limit + 1)
    if len(body) > limit:
        raise too_long
    return body


def parse(body: bytes, host: str) -> list[Item]:
    """The items of a batch: ``{"events": [{"type": …}, …]}`` in UTF-8 JSON.

    Raises BadBatch for anything else and for more events than allowed: the whole batch is refused then.
    """
    limit = conf.get("COLLECT_MAX_EVENTS")
    try:
        batch = json.loads(body.decode("utf-8"), parse_constant=_refuse_constant)
    except (UnicodeDecodeError, ValueError, RecursionError) as error:
        raise BadBatch("The body is not JSON.") from error
    rows = batch.get("events") if isinstance(batch, dict) else None
    if not isinstance(rows, list):
        raise BadBatch('The body must be {"events": [...]}.')
    if len(rows) > limit:
        raise BadBatch(f"A batch has at most {limit} events, this one has {len(rows)}; none was stored.")
    items = []
    for position, row in enumerate(rows):
        kind = row.get("type") if isinstance(row, dict) else None
        reader = _READERS.get(kind) if isinstance(kind, str) else None
        if reader is None:
            raise BadBatch(f"Event {position} has no known type ({', '.join(_READERS)}).")
        items.append(reader(row, host, position))
    return items


def _refuse_constant(name):
    raise ValueError(f"{name} is not JSON")


def _here(row, host, position) -> str:
    url = addresses.local_path(str(row.get("url", "")), host)
    if url is None:
        raise BadBatch(f"Event {position}: its url is not an address of this site.")
    return url


def _view(row, host, position) -> Item:
    url = _here(row, host, position)
    referrer = addresses.web_address(str(row.get("referrer") or "")) or ""
    if referrer and addresses.local_path(referrer, host) is not None:
        referrer = ""
    return Item("view", url=url, referrer=referrer)


def _time(row, host, position) -> Item:
    seconds = row.get("seconds")
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 <= seconds < 86400:
        raise BadBatch(f"Event {position}: seconds must be a number from 0 to 86399.")
    return Item("time", seconds=round(seconds))


def _click(row, host, position) -> Item:
    target = addresses.web_address(str(row.get("href", "")))
    if target is None:
        raise BadBatch(f"Event {position}: href must be an http or https address.")
    return Item("click", url=_here(row, host, position), target=target)


def _track(row, host, position) -> Item:
    name = row.get("name")
    if not isinstance(name, str) or not _EVENT_NAME.fullmatch(name):
        raise BadBatch(f"Event {position}: name must be a letter and up to 49 letters, digits or _ . : -")
    return Item(
        "track", url=_here(row, host, position), name=name, data=_properties(row.get("data"), position)
    )


def _identify(row, host, position) -> Item:
    token = row.get("token")
    return Item(
        "identify",
        data=_properties(row.get("fields"), position),
        token=token if isinstance(token, str) else "",
    )


def _properties(raw, position) -> dict:
    """Plain values under plain names; anything nested is refused."""
    if raw is None:
        return {}
    if not isinstance(raw, dict) or len(raw) > _MAX_PROPERTIES:
        raise BadBatch(f"Event {position}: data must be an object of at most {_MAX_PROPERTIES} values.")
    clean = {}
    for key, value in raw.items():
        if isinstance(value, str):
            value = addresses.clean_text(value, _VALUE_LENGTH)
        elif isinstance(value, float) and not math.isfinite(value):
            raise BadBatch(f"Event {position}: {addresses.clean_text(key, 40)} is no finite number.")
        elif isinstance(value, int) and abs(value) > 2**53:
            raise BadBatch(f"Event {position}: {addresses.clean_text(key, 40)} is too large a number.")
        elif value is not None and not isinstance(value, bool | int | float):
            raise BadBatch(f"Event {position}: {addresses.clean_text(key, 40)} must be a plain value.")
        clean[addresses.clean_text(key, 50)] = value
    return clean


_READERS = {"view": _view, "time": _time, "click": _click, "track": _track, "identify": _identify}


def store(request, state, items: list[Item]) -> int:
    """Store a batch for the browser of this request; returns how many items counted.

    Nothing without consent, for machines and editors. Only a page view makes a visitor of a browser. What
    comes between two declarations of who this is – all pages, clicks, events and times – is stored together,
    in a constant number of statements.
    """
    if not items or not state.may_store:
        return 0
    now = clock.now()
    site = Site.find_for_request(request)
    by_script = conf.get("PAGE_VIEWS") == "script"
    # the other source may still be in somebody's cached page: one view is one event
    views = [item for item in items if item.kind == "view"] if by_script else []
    stored = len(_store_views(request, state, site, now, views))
    waiting: list[Item] = []
    for item in items:
        if item.kind == "identify":
            stored += _store_waiting(state, site, now, waiting)
            waiting = []
            stored += _store_identity(request, state, now, item)
        elif item.kind != "view":
            waiting.append(item)
    return stored + _store_waiting(state, site, now, waiting)


def _store_views(request, state, site, now, items: list[Item]) -> list[Event]:
    """Pages that one browser looked at, and what it searched for there; the events of the pages."""
    if not items:
        return []
    language = translation.get_language_from_path(_path(items[0]))
    source = addresses.origin(items[0].url, items[0].referrer)
    visitor = state.ensure(now=now, site=site, source=source.source or source.medium, language=language)
    if visitor is None:
        return []
    found = pages.page_refs(request, site, [_path(item) for item in items])
    recorded = actions.record_page_views(
        visitor=visitor,
        site=site,
        views=[actions.View(item.url, found[_path(item)], item.referrer) for item in items],
        user_agent=machine.evidence(request).user_agent,
        now=now,
        whereabouts=geo.whereabouts(request),
    )
    searches = [(term, item.url) for item in items if (term := searched_for(item.url))]
    if recorded and searches:
        facts = [_search(visitor, now, term, url) for term, url in searches]
        actions.record_visitor_events(visitor=visitor, site=site, facts=[*filter(None, facts)], at=now)
    return recorded


def _path(item: Item) -> str:
    return item.url.partition("?")[0]


def _store_waiting(state, site, now, items: list[Item]) -> int:
    """Clicks, events of the site's script, and times; how many of them counted."""
    visitor = state.known_visitor() if items else None
    if visitor is None:
        return 0
    stays = [item.seconds for item in items if item.kind == "time"]
    others = [item for item in items if item.kind != "time"]
    facts = [fact for item in others if (fact := _fact(item, visitor, now)) is not None]
    if facts:
        actions.record_visitor_events(visitor=visitor, site=site, facts=facts, at=now)
    if stays:
        actions.record_stays(visitor=visitor, stays=stays, now=now)
    return len(items)


def _search(visitor, now, term: str, url: str) -> dict | None:
    """The fact that somebody searched for these words; within half an hour – the next page of results – the
    same words are one search. None for no words."""
    term = addresses.clean_text(term, _TERM_LENGTH)
    folded = fold(term).strip()
    if not folded:
        return None
    about = search_ref(folded)
    return {
        "name": events.SITE_SEARCHED,
        "about": about,
        "url": url,
        "data": {"term": term, "folded": folded},
        "key": f"search:{visitor.pk}:{about.key.hex}:{int(now.timestamp()) // _ONE_SEARCH}",
    }


def search_ref(folded: str) -> objects.Ref:
    """What a search is about: its words, so that the object index finds who searched for just them."""
    key = uuid.uuid5(objects.NAMESPACE, f"search:{folded}")
    return objects.Ref(Event, None, key, None, [folded])


def searched_for(url: str) -> str:
    """The words of a page of results: the first parameter of ``SEARCH_PARAMETERS`` that has any."""
    query = dict(parse_qsl(url.partition("?")[2])[:30])
    return next((query[name] for name in conf.get("SEARCH_PARAMETERS") if query.get(name)), "")


def _fact(item: Item, visitor, now) -> dict | None:
    """The event that a click or a call of the site's script is; None for a search without words."""
    if item.kind == "click":
        about = link_ref(item.target)
        return {"name": events.LINK_CLICKED, "about": about, "url": item.target, "data": {"on": item.url}}
    if item.name == events.SITE_SEARCHED:
        return _search(visitor, now, str(item.data.get("term") or ""), item.url)
    if item.name in events.FROM_SCRIPTS:
        return {"name": item.name, "url": item.url, "data": {"data": item.data} if item.data else {}}
    about, data = site_event_ref(item.name), site_event_data(item.name, item.data)
    return {"name": events.SITE_EVENT, "about": about, "url": item.url, "data": data}


def link_ref(url: str) -> objects.Ref:
    """The reference of an address, whether or not somebody made a Link of it."""
    return objects.Ref(Link, None, actions.link_key(url), objects.kind_of(Link), [url])


def site_event_data(name: str, properties: dict) -> dict:
    """What a custom event keeps: its name, its properties, and the shadow of their text for rules."""
    data = {"event": name}
    if properties:
        data["data"] = properties
    folded = {
        key: fold(value)[:1000] for key, value in properties.items() if isinstance(value, str) and value
    }
    return data | ({"folded": folded} if folded else {})


def site_event_ref(name: str) -> objects.Ref:
    """What an event of the site's own script is about: its name, so that the object index finds it."""
    return objects.Ref(Event, None, uuid.uuid5(objects.NAMESPACE, f"site_event:{name}"), None, [name])


def _redeem(request, item) -> int:
    """The site's server signed who this is; anything else identifies nobody."""
    from . import identity

    try:
        identity.redeem(request, item.token)
    except identity.BadIdentity as error:
        logger.info("an identity was refused: %s", error)
        return 0
    return 1


def _store_identity(request, state, now, item) -> int:
    """Who this is: signed by the site's server, or declared attributes of an anonymous person; a known one is
    not changed by a script."""
    from wagtail_automation.leads import actions as leads

    visitor = state.known_visitor()
    if visitor is None:
        return 0
    if item.token:
        return _redeem(request, item)
    if visitor.lead.status != "anonymous":
        return 1
    fields = {key: value for key, value in item.data.items() if key not in _DECLARED_NEVER}
    for key, value in fields.items():
        try:
            leads.set_fields(lead=visitor.lead, fields={key: value}, source="script", now=now)
        except (ValidationError, ValueError, KeyError):
            continue  # one unusable field must not lose the others
    return 1


def record_served_page(request, state, response):
    """PAGE_VIEWS="server": the view of a page that was just served; returns its event or None."""
    if request.method != "GET" or response.status_code != 200 or response.streaming:
        return None
    if not response.get("Content-Type", "").startswith("text/html") or getattr(request, "is_preview", False):
        return None
    match = request.resolver_match
    if match is not None and not is_public(match):
        return None
    host = request.get_host()
    url = addresses.storable(request.get_full_path().partition("?")[0], request.META.get("QUERY_STRING", ""))
    referrer = addresses.web_address(request.headers.get("Referer", "")) or ""
    if referrer and addresses.local_path(referrer, host) is not None:
        referrer = ""
    item = Item("view", url=url, referrer=referrer)
    if not state.may_store:
        return None
    recorded = _store_views(request, state, Site.find_for_request(request), clock.now(), [item])
    return next(iter(recorded), None)


def is_public(match) -> bool:
    """False for pages that are tools: the admins and this package's own."""
    spaces = set(match.namespaces)
    return not any(
        space.startswith(("wagtailadmin", "admin", "wagtail_automation")) for space in spaces
    ) and not (match.func.__module__.startswith(("wagtail.admin", "django.contrib.admin")))
