"""The one setting, ``WAGTAIL_AUTOMATION``: a dictionary, read when used, never at import."""

from functools import lru_cache

from django.conf import settings
from django.core.signals import setting_changed
from django.dispatch import receiver

#: name -> default. What each means stands behind it; ``checks`` refuses unknown names.
DEFAULTS = {
    "PAGE_VIEWS": "script",  # "script" (right behind a CDN) or "server" (no JavaScript needed)
    "PERSONALISE": "fragment",  # "fragment": one request per page fetches personal parts; "server"
    "JOBS": "queue",  # "queue": django-q2; "inline": right after the commit, in the same process
    "ENGINE_CHUNK": None,  # enrollments per transaction; None: 5000 on PostgreSQL, 1500 on SQLite
    "SEND_BATCH": 20,  # messages in hand per worker; twice as many may be doubtful after a crash
    "TESTS_PER_HOUR": 30,  # test emails of one person of the team; 0: any number
    "SEND_PER_MINUTE": 0,  # messages a minute through the site's own mailer; 0: as fast as it goes
    "STOP_RATES": (
        50,
        0.1,
        0.003,
    ),  # so many a day; shares of bounces and complaints that stop
    "SCAN_SECONDS": 10,  # clicks so soon after the hand-over wait until it is clear that a person made them
    "SOFT_BOUNCES": (5, 30),  # as many in a row within so many days suppress an address; (0, 0): never
    "SECRETS": {},  # name -> password or key (or a function) of mailboxes and mail servers kept in the admin
    "LEASE_SECONDS": 60,  # how long a worker may hold messages before they are doubtful
    "COOKIE_NAME": "wa_visitor",  # signed, HttpOnly; only after consent
    "CONSENT_COOKIE": "wa_consent",  # the visitor's own choice: "granted" or "denied"
    "VISITOR_MAX_AGE": 60 * 60 * 24 * 390,  # seconds; CNIL advises at most 13 months
    "ANONYMOUS_RETENTION_DAYS": 180,  # people never identified are pruned after this
    "COLLECT_MAX_BYTES": 65536,  # sendBeacon's own limit
    "COLLECT_MAX_EVENTS": 50,  # events in one collect request
    "FORM_MIN_SECONDS": 2,  # a form sent sooner than this was not filled in by a person
    "FORM_MAX_AGE": 60 * 60 * 24 * 30,  # seconds; the longest a page with a form may sit in a cache
    "FORM_RATE": (30, 600),  # at most 30 submissions of a form in 600 seconds per address or visitor
    "PAGE_TYPES": True,  # offer the package's own page types (form page, landing page) to editors
    "EMBED_ORIGINS": (),  # web sites that may show any of the forms, such as "https://www.example.org"
    "SEARCH_PARAMETERS": ("query", "q", "search"),  # of an address of the site: what somebody searched for
    "SEGMENT_MINUTES": 5,  # how often segments that change by the passing of time are evaluated
    "IMPORT_MAX_BYTES": 100_000_000,  # the largest file that may be imported
    "IMPORT_RETENTION_DAYS": 30,  # how long imported files and their refused rows are kept
    "EXPORT_RETENTION_DAYS": 7,  # how long an exported file can be fetched
    "PRIVATE_ROOT": None,  # folder of private files; None: "private" beside MEDIA_ROOT
    "FILE_MAX_BYTES": 10 * 1024 * 1024,  # the largest file that may be attached to a lead
    "SUPPRESSION_KEYS": (),  # secrets of the HMACs of erased addresses, newest first; (): from SECRET_KEY
    "PRIVACY_SIGNALS": ("gpc", "dnt"),  # what a browser may say instead of the visitor; counts as a refusal
    "CONFIRMATION_RATE": (3, 60 * 60 * 24),  # confirmation emails per person and subject in so many seconds
    "RETENTION_DAYS": {},  # kind -> days, or None for ever; pruning.kinds() has the defaults
    "IDENTIFY_LOGIN": "account",  # "account", "email" (the site verifies addresses) or "off"
    "IDENTIFY_KEYS": {},  # name -> secret of servers that may say who somebody is
    "IDENTIFY_SECONDS": 300,  # how long a signed identity is good
    "PUSH_SERVICES": (),  # hosts of push services beside those of the known browsers
    "CART_HOURS": (1, 4, 24, 72),  # after how many hours without a touch a cart is told abandoned
    "TOUCH_DAYS": 90,  # how long before an order a visit or email counts as a touch
    "COMMERCE_KEYS": {},  # name -> secret of shops and tills that may report orders and carts
    "CURRENCY": "EUR",  # what forms about money begin with
    "CLOCK_FILE": None,  # tests: a file with seconds to add to the clock
    "GEO_DATABASE": None,  # path of a GeoLite2 City database (extra "geo"): where visitors are, roughly
    "BASE_URL": None,  # scheme and host of links in emails when a Site cannot tell
}


def get(name: str):
    """The value of one name. Raises KeyError for a name that does not exist."""
    default = DEFAULTS[name]
    return _own().get(name, default)


@lru_cache(maxsize=1)
def _own() -> dict:
    """What the site says: asked some hundred thousand times an hour, and Django's settings are slow."""
    return getattr(settings, "WAGTAIL_AUTOMATION", {})


@receiver(setting_changed)
def _read_again(*, setting, **kwargs):
    """In tests."""
    if setting == "WAGTAIL_AUTOMATION":
        _own.cache_clear()
