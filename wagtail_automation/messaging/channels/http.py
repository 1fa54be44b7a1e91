"""One bounded HTTP call to a gateway, and what its answer means for a message."""

import http.client
import json
import socket
import ssl
from dataclasses import dataclass
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from wagtail_automation import conf
from wagtail_automation.messaging.rendering import one_line
from wagtail_automation.messaging.transport import Outcome, Verdict

MAX_ANSWER = 65_536
LOCAL = ("localhost", "127.0.0.1", "::1")


class _NoRedirect(HTTPRedirectHandler):
    """A key must not follow to another server."""

    def redirect_request(self, *args, **kwargs):
        return None


_opener = build_opener(_NoRedirect)


@dataclass(frozen=True)
class Answer:
    """``status`` 0: there was no answer; ``sent`` then tells whether the other side may have read it."""

    status: int
    body: bytes = b""
    sent: bool = True
    error: str = ""

    def json(self):
        """The body as data; None if it is none."""
        try:
            return json.loads(self.body.decode("utf-8"))
        except (UnicodeDecodeError, ValueError, RecursionError):
            return None

    @property
    def detail(self) -> str:
        said = one_line(self.body[:500].decode("utf-8", "replace"))
        return f"{self.status} {said}".strip()[:255] if self.status else self.error[:255]


def is_safe(url: str) -> bool:
    """Whether keys may be sent there: HTTPS, or this machine."""
    parts = urlsplit(url)
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOCAL)


def post(url: str, body: bytes, headers: dict[str, str]) -> Answer:
    """POST without following redirects, within a third of a lease. Raises nothing of the network."""
    if not is_safe(url):
        return Answer(0, sent=False, error="only https addresses are called")
    request = Request(url, data=body, headers=headers, method="POST")  # noqa: S310  is_safe looked
    try:
        with _opener.open(request, timeout=conf.get("LEASE_SECONDS") / 3) as answer:
            return Answer(answer.status, answer.read(MAX_ANSWER))
    except HTTPError as error:
        with error:
            return Answer(error.code, error.read(MAX_ANSWER))
    except URLError as error:
        never = isinstance(error.reason, ConnectionRefusedError | socket.gaierror | ssl.SSLError)
        return Answer(0, sent=not never, error=one_line(str(error.reason)))
    except (OSError, http.client.HTTPException, ValueError) as error:
        return Answer(0, sent=True, error=one_line(f"{type(error).__name__}: {error}"))


def judge(answer: Answer, provider_id: str = "") -> Outcome:
    """What an answer means: 2xx accepted; 429 and 503 later; other 4xx never; anything else nobody knows."""
    if not answer.status:
        if answer.sent:
            return Outcome(Verdict.UNKNOWN, "no_answer", answer.detail, down=True)
        return Outcome(Verdict.RETRY, "gateway_unreachable", answer.detail, down=True)
    if 200 <= answer.status < 300:
        return Outcome(Verdict.SENT, provider_id=provider_id[:120])
    if answer.status in (429, 503):
        return Outcome(Verdict.RETRY, "gateway_busy", answer.detail, down=True)
    if answer.status in (401, 403):  # the key is wrong: no fault of this message
        return Outcome(Verdict.RETRY, "gateway_refused", answer.detail, down=True)
    if 300 <= answer.status < 500:
        return Outcome(Verdict.FAILED, "gateway_refused", answer.detail)
    return Outcome(Verdict.UNKNOWN, "no_answer", answer.detail)
