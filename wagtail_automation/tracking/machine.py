"""Human or machine: the verdict on one request, and the evidence that lets it be given again later."""

import re
from dataclasses import dataclass

from .models import Device

#: Programs that say what they are. HeadlessChrome is not among them: it is what monitoring and tests use,
#: and scanners that use it betray themselves by their speed, which messaging looks at.
_BOTS = re.compile(
    r"(?<!cu)bot\b|(?<!cu)bot[/_;-]|"
    r"crawl|spider|slurp|archiver|facebookexternalhit|facebookcatalog|embedly|quora link|"
    r"whatsapp/|telegrambot|skypeuripreview|slack-imgproxy|pingdom|uptime|statuscake|site24x7|lighthouse|"
    r"pagespeed|gtmetrix|python-|aiohttp|httpx/|curl/|wget/|libwww|okhttp|go-http-client|java/|apache-httpclient|"
    r"axios/|node-fetch|undici|scrapy|phantomjs|mediapartners|feedfetcher|googleimageproxy|yahoomailproxy|"
    r"barracuda|proofpoint|mimecast|safelinks|trendmicro|fireeye|validator|monitor|preview|scanner|checker",
    re.IGNORECASE,
)
_TABLET = re.compile(r"ipad|tablet|kindle|silk/|playbook|android(?!.*mobile)", re.IGNORECASE)
_MOBILE = re.compile(r"mobi|iphone|ipod|android|windows phone|opera mini", re.IGNORECASE)
_DESKTOP = re.compile(r"windows nt|macintosh|x11|linux|cros", re.IGNORECASE)
_PURPOSE_HEADERS = ("Sec-Purpose", "Purpose", "X-Purpose", "X-Moz")

USER_AGENT_LENGTH = 400


@dataclass(frozen=True)
class Evidence:
    """What of a request the verdict rests on. `as_data` is what an event keeps of it."""

    user_agent: str
    method: str = "GET"
    purpose: str = ""

    def as_data(self) -> dict:
        data = {"ua": self.user_agent}
        if self.method != "GET":
            data["method"] = self.method
        if self.purpose:
            data["purpose"] = self.purpose
        return data

    @classmethod
    def from_data(cls, data) -> "Evidence | None":
        """From an event's ``data["agent"]``; None when there is none."""
        if not isinstance(data, dict) or "ua" not in data:
            return None
        return cls(str(data["ua"]), str(data.get("method", "GET")), str(data.get("purpose", "")))


@dataclass(frozen=True)
class Verdict:
    """`reason` is one of: "", "no_agent", "bot", "prefetch", "head"."""

    human: bool
    reason: str = ""


def evidence(request) -> Evidence:
    """The evidence in a request's headers; reads no body and no cookie."""
    headers = request.headers
    purpose = " ".join(filter(None, (headers.get(name, "") for name in _PURPOSE_HEADERS)))
    agent = "".join(c for c in headers.get("User-Agent", "") if c.isprintable())
    return Evidence(agent[:USER_AGENT_LENGTH], (request.method or "GET")[:10], purpose[:40])


def judge(found: Evidence) -> Verdict:
    """The verdict by today's knowledge; a pure function, so that stored evidence can be judged again."""
    if found.method == "HEAD":
        return Verdict(False, "head")
    if re.search(r"prefetch|prerender|preview|instant", found.purpose, re.IGNORECASE):
        return Verdict(False, "prefetch")
    if not found.user_agent:
        return Verdict(False, "no_agent")
    if _BOTS.search(found.user_agent):
        return Verdict(False, "bot")
    return Verdict(True)


def judge_request(request) -> Verdict:
    return judge(evidence(request))


def device(user_agent: str) -> str:
    """The kind of device, one of `models.Device`."""
    if _TABLET.search(user_agent):
        return Device.TABLET
    if _MOBILE.search(user_agent):
        return Device.MOBILE
    if _DESKTOP.search(user_agent):
        return Device.DESKTOP
    return Device.OTHER


#: The first token found decides: most browsers also name those they descend from.
_BROWSERS = (
    ("Edg", "Edge"), ("OPR/", "Opera"), ("Opera", "Opera"), ("SamsungBrowser", "Samsung Internet"),
    ("Vivaldi", "Vivaldi"), ("YaBrowser", "Yandex"), ("DuckDuckGo/", "DuckDuckGo"), ("FxiOS", "Firefox"),
    ("Firefox", "Firefox"), ("CriOS", "Chrome"), ("Chrome", "Chrome"), ("Chromium", "Chrome"),
    ("Trident", "Internet Explorer"), ("MSIE", "Internet Explorer"), ("Safari", "Safari"),
)  # fmt: skip
_SYSTEMS = (
    ("Windows Phone", "Windows Phone"), ("iPhone", "iOS"), ("iPad", "iOS"), ("iPod", "iOS"),
    ("Android", "Android"), ("CrOS", "ChromeOS"), ("Windows", "Windows"), ("Macintosh", "macOS"),
    ("Mac OS X", "macOS"), ("Linux", "Linux"), ("X11", "Linux"),
)  # fmt: skip
BROWSERS = tuple(dict.fromkeys(name for _token, name in _BROWSERS))
SYSTEMS = tuple(dict.fromkeys(name for _token, name in _SYSTEMS))


def browser(user_agent: str) -> str:
    """The family of the browser, one of BROWSERS; empty for what nobody knows."""
    return next((name for token, name in _BROWSERS if token in user_agent), "")


def system(user_agent: str) -> str:
    """The operating system, one of SYSTEMS; empty for what nobody knows. An iPad that asks for desktop pages
    says that it is a Mac."""
    return next((name for token, name in _SYSTEMS if token in user_agent), "")
