"""Who is asking: the lazy state of a request's browser, its two cookies and its choice."""

import uuid
from datetime import timedelta

from django.conf import settings
from django.core import signing
from django.utils.cache import patch_cache_control, patch_vary_headers
from django.utils.functional import cached_property

from wagtail_automation import clock, conf
from wagtail_automation.kept import KeptStatement

from . import machine
from .models import Level, Visitor

GRANTED, DENIED = "granted", "denied"
#: key in the setting PRIVACY_SIGNALS -> the header that a browser sends
SIGNALS = {"gpc": "Sec-GPC", "dnt": "DNT"}
TOKEN_LIFETIME = timedelta(minutes=15)

#: asked on every personal page view
_BY_COOKIE = KeptStatement(
    Visitor._meta.get_field("uuid"),
    lambda value: Visitor.objects.with_lead().filter(uuid=value)[:1],
    sentinel=uuid.UUID(int=0),
)
_COOKIE_SALT = "wagtail_automation.tracking.visitor"
_TOKEN_SALT = "wagtail_automation.tracking.recognise"  # noqa: S105  a salt is public


class BadToken(ValueError):  # noqa: N818  reads as what it is
    """A recognition token that is forged, damaged or too old."""


def current(request) -> "VisitorState":
    """The state of this request; the same object each time. Costs nothing until it is asked something."""
    state = getattr(request, "automation", None)
    if not isinstance(state, VisitorState):
        state = request.automation = VisitorState(request)
    return state


def remember(request, lead, level: str, *, consented: bool | None = None) -> "Visitor | None":
    """Tie the browser of this request to ``lead`` at ``level`` (``models.Level``), if it may be stored.

    ``consented=True`` says that the ledger of ``lead`` grants tracking (an email's link in a new browser):
    it stands for the notice's choice unless this browser refused. Returns the visitor, or None when nothing
    may be stored: no consent, GPC or DNT, a machine, an editor. The middleware sets the cookies.
    """
    state = current(request)
    if consented and state.choice == "":
        state.choose(GRANTED)
    return state.attach(lead, level)


def recognition_token(lead, message=None) -> str:
    """A signed token for the URL *fragment*, good for 15 minutes; ``message``: the email it stands in."""
    payload = {"l": lead.uuid.hex, "t": int(clock.now().timestamp())}
    if message is not None:
        payload["m"] = uuid.UUID(str(getattr(message, "uuid", message))).hex
    return signing.Signer(salt=_TOKEN_SALT).sign_object(payload)


def read_recognition_token(token: str):
    """The Lead of a token, merged ones resolved. Raises BadToken, also when the lead is gone."""
    from wagtail_automation.leads.models import Lead, MergedLead

    try:
        payload = signing.Signer(salt=_TOKEN_SALT).unsign_object(token)
        lead_uuid, issued = uuid.UUID(payload["l"]), int(payload["t"])
    except (signing.BadSignature, ValueError, KeyError, TypeError) as error:
        raise BadToken("not one of ours") from error
    age = clock.now().timestamp() - issued
    if not -60 <= age <= TOKEN_LIFETIME.total_seconds():
        raise BadToken("too old")
    lead = Lead.objects.filter(uuid=lead_uuid).first()
    if lead is None:
        merged = MergedLead.objects.filter(old_uuid=lead_uuid).select_related("lead").first()
        lead = merged.lead if merged else None
    if lead is None:
        raise BadToken("nobody")
    return lead


class VisitorState:
    """What a request tells about its browser. Every property is read when asked for, once.

    ``visitor``, ``lead``, ``level``, ``consented`` make the response personal: the middleware then marks it
    private and varying by cookie. ``may_store`` is the only gate for writing.
    """

    def __init__(self, request):
        self._request = request
        self._pending_choice: str | None = None
        self._pending_uuid: uuid.UUID | None = None
        self._forget = False
        #: somebody asked who this is, so that the response depends on the cookie
        self.was_read = False

    # What the browser says

    @property
    def choice(self) -> str:
        """ "granted", "denied" or "" (not asked yet)."""
        if self._pending_choice is not None:
            return self._pending_choice
        value = self._request.COOKIES.get(conf.get("CONSENT_COOKIE"), "")
        return value if value in (GRANTED, DENIED) else ""

    @cached_property
    def opted_out(self) -> bool:
        """The browser itself says no: Global Privacy Control or Do Not Track, which outweigh a click."""
        headers, honoured = self._request.headers, conf.get("PRIVACY_SIGNALS")
        return any(headers.get(name) == "1" for key, name in SIGNALS.items() if key in honoured)

    @cached_property
    def verdict(self) -> machine.Verdict:
        return machine.judge_request(self._request)

    @cached_property
    def is_editor(self) -> bool:
        """A logged-in user who may enter the admin. Without a session cookie nobody is logged in."""
        request = self._request
        if settings.SESSION_COOKIE_NAME not in request.COOKIES or not hasattr(request, "user"):
            return False
        session = getattr(request, "session", None)
        accessed = getattr(session, "accessed", None)
        try:
            return request.user.is_authenticated and request.user.has_perm("wagtailadmin.access_admin")
        finally:
            # Looking is not depending: the session middleware must not add Vary for our look.
            if accessed is False:
                session.accessed = False

    @property
    def consented(self) -> bool:
        self.was_read = True
        return self._consented()

    def _consented(self) -> bool:
        return self.choice == GRANTED and not self.opted_out

    @property
    def may_store(self) -> bool:
        """Consent, and a person who is not an editor. Marks nothing as read: it changes no response."""
        return self._consented() and self.verdict.human and not self.is_editor and not self._refused_by_lead()

    def _refused_by_lead(self) -> bool:
        """The lead withdrew consent elsewhere, such as in its preferences; this browser follows."""
        found = self._found
        return found is not None and found.refused and self._pending_choice != GRANTED

    # Who that is

    @cached_property
    def _cookie_uuid(self) -> uuid.UUID | None:
        raw = self._request.COOKIES.get(conf.get("COOKIE_NAME"), "")
        if not raw:
            return None
        try:
            return uuid.UUID(hex=signing.Signer(salt=_COOKIE_SALT).unsign(raw))
        except (signing.BadSignature, ValueError):
            return None

    @cached_property
    def _found(self) -> Visitor | None:
        return self._of_cookie() if self._consented() else None

    def _of_cookie(self) -> Visitor | None:
        return next(iter(_BY_COOKIE.run(self._cookie_uuid)), None) if self._cookie_uuid else None

    def _peek(self) -> Visitor | None:
        found = self._found
        return None if found is None or self._refused_by_lead() else found

    @property
    def visitor(self) -> Visitor | None:
        """The visitor, if this browser consented and was seen before; never creates one. One query, once."""
        self.was_read = True
        return self._peek()

    @property
    def lead(self):
        visitor = self.visitor
        return visitor.lead if visitor else None

    @property
    def level(self) -> str:
        visitor = self.visitor
        return visitor.level if visitor else Level.ANONYMOUS

    def known_visitor(self) -> Visitor | None:
        """The visitor to write for; unlike ``visitor`` it does not make the response personal."""
        return self._peek() if self.may_store else None

    def remembered(self) -> Visitor | None:
        """The visitor of the cookie whatever the person's choice, for the ledger's sake. One query."""
        return self._of_cookie()

    # Changes

    def ensure(self, *, now, site=None, source: str = "", language: str | None = None) -> Visitor | None:
        """The visitor, created with an anonymous lead if need be; None when nothing may be stored."""
        from . import actions
        from .consent import shown_text

        if not self.may_store:
            return None
        visitor = self._peek()
        if visitor is None:
            visitor_uuid = self._cookie_uuid or uuid.uuid4()
            visitor = actions.create_visitor(
                visitor_uuid=visitor_uuid, now=now, source=source, site=site, text=shown_text(site, language)
            )
            self._keep(visitor)
        return visitor

    def attach(self, lead, level: str) -> Visitor | None:
        """See ``remember``."""
        from . import actions

        visitor = self._peek()
        # A visitor is proof of an earlier human view; only creating one needs the verdict on this request.
        if self.is_editor or (visitor is None and not self.may_store):
            return None
        now = clock.now()
        if visitor is None:
            visitor_uuid = self._cookie_uuid if self._cookie_uuid and self._found is None else uuid.uuid4()
            visitor = actions.create_visitor(
                visitor_uuid=visitor_uuid, now=now, lead=lead, level=Level.ANONYMOUS
            )
        visitor = actions.attach(visitor=visitor, lead=lead, level=level, now=now)
        self._keep(visitor)
        return visitor

    def _keep(self, visitor: Visitor) -> None:
        self.__dict__["_found"] = visitor
        if visitor.uuid != self._cookie_uuid:
            self._pending_uuid = visitor.uuid
            self.__dict__["_cookie_uuid"] = visitor.uuid

    def choose(self, choice: str) -> None:
        """Note the person's choice; the middleware sets or removes the cookies.

        Granting hands out the visitor cookie at once, so that two pages opened together are one browser; its
        row is made by the first page view.
        """
        self._pending_choice = choice
        self.__dict__.pop("_found", None)
        if choice == DENIED:
            self._forget = True
            self._pending_uuid = None
        elif self._cookie_uuid is None and self.may_store:
            self._pending_uuid = uuid.uuid4()
            self.__dict__["_cookie_uuid"] = self._pending_uuid

    def apply(self, response) -> None:
        """Write the cookies and caching headers that this request made necessary, nothing otherwise."""
        if self.was_read:
            patch_vary_headers(response, ["Cookie"])
            patch_cache_control(response, private=True)
        if self._pending_choice is None and self._pending_uuid is None:
            return
        options = {"samesite": "Lax", "secure": self._request.is_secure(), "path": "/"}
        age = conf.get("VISITOR_MAX_AGE")
        if self._pending_choice is not None:
            # The page's script reads the choice, so that pages can be cached for everybody.
            response.set_cookie(conf.get("CONSENT_COOKIE"), self._pending_choice, max_age=age, **options)
        if self._forget:
            response.delete_cookie(conf.get("COOKIE_NAME"), path="/", samesite="Lax")
        elif self._pending_uuid is not None:
            value = signing.Signer(salt=_COOKIE_SALT).sign(self._pending_uuid.hex)
            response.set_cookie(conf.get("COOKIE_NAME"), value, max_age=age, httponly=True, **options)
        patch_cache_control(response, private=True, no_store=True)
