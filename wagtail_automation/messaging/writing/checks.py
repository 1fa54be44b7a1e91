"""What is wrong with an email before it is published: errors must be mended, warnings may stay."""

import re
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from wagtail.images import get_image_model

from wagtail_automation.messaging import actions, personal, theme
from wagtail_automation.messaging.compiler import compile_email
from wagtail_automation.messaging.hyperlinks import LIQUID
from wagtail_automation.messaging.models import Email
from wagtail_automation.messaging.withheld import every_block

from . import html, spam

ERROR, WARNING = "error", "warning"
#: Gmail hides what is beyond
MAX_BYTES = 102_400
MAX_PICTURE = 1024 * 1024
MAX_SUBJECT = 60
NAME = "Camille"
#: WCAG 2.2, 1.4.3
CONTRAST = 4.5
IMG = re.compile(r"<img\b[^>]*>", re.IGNORECASE)


@dataclass(frozen=True)
class Finding:
    """``block``: the id of the block it is about; ``field``: or the field of the form."""

    level: str
    text: str
    block: str = ""
    field: str = ""


def check_email(email: Email) -> list[Finding]:
    """Everything found, errors first. Reads what the email holds now, saved or not; changes nothing."""
    settings = actions.settings_of(actions.site_of(email))
    found = [*_head(email), *_blocks(email), *_brand(settings)]
    found += _compiled(email, settings, already=any(one.level == ERROR for one in found))
    found += _pictures(email)
    return sorted(found, key=lambda one: one.level != ERROR)


def _head(email: Email):
    # a value counts as a first name, a tag as nothing
    subject = " ".join(LIQUID.sub(lambda tag: NAME if tag[0].startswith("{{") else "", email.subject).split())
    if not subject:
        yield Finding(ERROR, _("An email needs a subject."), field="subject")
    elif len(subject) > MAX_SUBJECT:
        words = {"count": len(subject), "most": MAX_SUBJECT}
        yield Finding(
            WARNING,
            _("The subject has %(count)d characters; phones show about %(most)d.") % words,
            field="subject",
        )
    if not email.preheader.strip():
        yield Finding(
            WARNING, _("Without a preview text, mail programs show the first words."), field="preheader"
        )
    for name in ("subject", "preheader", "html", "text_part"):
        try:
            personal.check(getattr(email, name), any_name=email.is_transactional)
        except ValidationError as error:
            yield Finding(ERROR, " ".join(error.messages), field=name)
    for name in ("subject", "preheader", "html", "text_part"):
        if foreign := html.foreign_values(getattr(email, name)):
            words = {"values": ", ".join(foreign[:5])}
            text = _("Values as another tool writes them are sent as they stand: %(values)s") % words
            yield Finding(WARNING, text, field=name)
    if not email.body and not email.html.strip():
        yield Finding(ERROR, _("The email is empty."), field="body")


def _blocks(email: Email):
    """What each block says of itself."""
    for child in email.body:
        with personal.names_of_callers(email.is_transactional):
            try:
                child.block.clean(child.value)
            except ValidationError as error:
                for text in dict.fromkeys(_messages(error)):
                    yield Finding(ERROR, text, block=child.id or "")
    for child in every_block(email.body):
        if child.block_type == "_unknown":
            yield Finding(WARNING, str(child.block.field.help_text), block=child.id or "")


def _pictures(email: Email):
    """Pictures that are heavy as they are sent: known once the email was compiled."""
    for child in every_block(email.body):
        image = child.value.get("image") if hasattr(child.value, "get") else None
        if isinstance(image, get_image_model()):
            weight = max([r.file.size for r in _sent_renditions(image)], default=0)
            if weight > MAX_PICTURE:
                words = {"name": image.title, "size": f"{weight / MAX_PICTURE:.1f}"}
                text = _("The image “%(name)s” weighs %(size)s MB as it is sent.") % words
                yield Finding(WARNING, text, block=child.id or "")


def _sent_renditions(image):
    for rendition in image.renditions.filter(filter_spec__startswith="max-"):
        try:
            rendition.file.size  # noqa: B018  asks the storage
        except OSError:
            continue
        yield rendition


def _messages(error: ValidationError) -> list[str]:
    """Every sentence in an error of a block, however deep, in order."""
    texts = []
    if hasattr(error, "block_errors"):
        inner = error.block_errors
        inner = inner.values() if isinstance(inner, dict) else (inner or ())
        for one in [*inner, *getattr(error, "non_block_errors", ())]:
            texts += _messages(one) if isinstance(one, ValidationError) else [str(one)]
        return texts
    return [str(text) for text in error.messages]


def _brand(settings):
    if not settings.postal_address.strip():
        yield Finding(WARNING, _("The email settings hold no postal address, which the law asks for."))
    pairs = (
        (_("text"), settings.text_colour, theme.CARD),
        (_("links"), settings.accent_colour, theme.CARD),
        (_("footer"), theme.MUTED, settings.background_colour),
    )
    for what, front, back in pairs:
        ratio = contrast(front, back)
        if ratio < CONTRAST:
            words = {"what": what, "ratio": f"{ratio:.1f}", "least": CONTRAST}
            text = _("Contrast of the %(what)s: %(ratio)s to 1, at least %(least)s is readable.") % words
            yield Finding(WARNING, text)


def _like_spam(email: Email, made):
    """Phrases that filters weigh, in the language of the email: hints."""
    text = LIQUID.sub(" ", f"{email.subject}\n{email.preheader}\n{made.text}")
    found = spam.phrases_in(text, email.locale.language_code)
    if found:
        words = {"phrases": ", ".join(f"“{phrase}”" for phrase in found[: spam.NAMED])}
        yield Finding(WARNING, _("Filters may take this for spam: %(phrases)s") % words)
    if spam.shouts(LIQUID.sub("", email.subject)):
        text = _("Capitals and several exclamation marks in the subject look like spam.")
        yield Finding(WARNING, text, field="subject")


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours ``#rrggbb`` (WCAG 2.2)."""
    light, dark = sorted((theme.luminance(one), theme.luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _compiled(email: Email, settings, *, already: bool):
    """What shows only in the finished email."""
    try:
        made = compile_email(
            email, site=actions.site_of(email), settings=settings, transactional=email.is_transactional
        )
    except ValidationError as error:
        if not already:
            yield Finding(ERROR, " ".join(error.messages))
        return
    yield from _like_spam(email, made)
    weight = len(made.html.encode())
    if weight > MAX_BYTES:
        words = {"size": weight // 1024, "most": MAX_BYTES // 1024}
        yield Finding(WARNING, _("%(size)d KB of HTML: Gmail hides what is beyond %(most)d KB.") % words)
    if not email.is_transactional and "unsubscribe_url" not in made.html:
        yield Finding(ERROR, _("There is no link to unsubscribe."))
    pictures = [tag for tag in IMG.findall(made.html) if "open_url" not in tag]
    if missing := sum(not re.search(r"\bwidth\s*[=:]", tag) for tag in pictures):
        yield Finding(WARNING, _("Images without a width: %(count)d") % {"count": missing}, field="html")
    if email.html.strip():
        if missing := sum(not re.search(r"\balt\s*=", tag) for tag in pictures):
            yield Finding(
                WARNING, _("Images without a description: %(count)d") % {"count": missing}, field="html"
            )
        address = settings.postal_address.strip().splitlines()
        if address and address[0].strip() not in made.html:
            yield Finding(WARNING, _("Your postal address does not stand in the HTML."), field="html")
