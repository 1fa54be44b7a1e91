"""The words of the consent notice, and what the ledger keeps of them."""

from dataclasses import dataclass

from django.utils import translation
from django.utils.translation import gettext

from .models import ConsentNoticeSettings


@dataclass(frozen=True)
class Notice:
    """The notice of one site in one language, ready to show."""

    enabled: bool
    heading: str
    text: str
    accept_label: str
    refuse_label: str
    policy_url: str = ""

    @property
    def shown(self) -> str:
        """What the ledger keeps: every word on which the person decided."""
        return "\n".join((self.heading, self.text, f"[{self.accept_label}] [{self.refuse_label}]"))


def notice_for(site, language: str | None = None, request=None) -> Notice:
    """The site's own words in ``language`` (default: the active one), ours where it has none. Two queries."""
    language = language or translation.get_language() or "en"
    with translation.override(language):
        heading = gettext("Your privacy")
        text = gettext(
            "May we remember which pages you view, to show you what suits you? The data stays on this site, "
            "and you can change your mind at any time."
        )
        accept, refuse = gettext("Accept"), gettext("Refuse")
    own = ConsentNoticeSettings.objects.filter(site=site).first() if site is not None else None
    if own is None:
        return Notice(True, heading, text, accept, refuse)
    texts = own.texts.select_related("locale", "policy_page")
    by_code = {entry.locale.language_code: entry for entry in texts}
    words = by_code.get(language) or by_code.get(language.split("-")[0])
    if words is None:
        return Notice(own.enabled, heading, text, accept, refuse)
    page = words.policy_page
    return Notice(
        own.enabled,
        words.heading or heading,
        words.text or text,
        words.accept_label or accept,
        words.refuse_label or refuse,
        (page.get_url(request) or "") if page is not None and page.live else "",
    )


def shown_text(site, language: str | None = None) -> str:
    """The text that goes into the ledger."""
    return notice_for(site, language).shown
