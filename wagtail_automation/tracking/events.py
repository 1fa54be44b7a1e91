"""The published vocabulary: every name an event may have, with one sentence that says what happened.

Names are past facts and never change their meaning, since they are stored. An app publishes its own with
``register``; what stands here is recorded by the package or reserved for the app named beside it.
"""

from dataclasses import dataclass

from django.core.exceptions import ImproperlyConfigured
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

#: Groups of the timeline's filter, in the order in which it offers them.
GROUPS = {
    "web": _("Web site"),
    "form": _("Forms"),
    "email": _("Emails"),
    "message": _("Text and push messages"),
    "list": _("Lists and segments"),
    "campaign": _("Campaigns"),
    "lead": _("Lead and consent"),
    "profile": _("Changes"),
    "note": _("Notes and files"),
    "other": _("Other"),
}


@dataclass(frozen=True)
class EventName:
    """One name of the vocabulary: what people call it, what it states, how the timeline draws it."""

    name: str
    label: str | Promise
    sentence: str | Promise
    group: str = "other"
    icon: str = "check"


_names: dict[str, EventName] = {}


def register(
    name: str, label: str | Promise, sentence: str | Promise, *, group: str = "other", icon: str = "check"
) -> str:
    """Publish an event name and return it, so that a module may write ``OPENED = register("opened", …)``.

    Registering the same again changes nothing; another meaning for a known name, a name longer than the
    column or an unknown group raises ImproperlyConfigured.
    """
    if not name.isidentifier() or name != name.lower() or len(name) > 40:
        raise ImproperlyConfigured(f"{name!r} is no event name: lower case, underscores, at most 40 letters.")
    if group not in GROUPS:
        raise ImproperlyConfigured(f"{group!r} of event {name!r} is no group of tracking.events.GROUPS.")
    known = _names.get(name)
    if known is not None and str(known.sentence) != str(sentence):
        raise ImproperlyConfigured(f"The event {name!r} already means: {known.sentence}")
    if known is None:
        _names[name] = EventName(name, label, sentence, group, icon)
    return name


def get(name: str) -> EventName:
    """The entry of a name; a name whose app is gone is described by itself."""
    return _names.get(name) or EventName(name, name, name)


def is_registered(name: str) -> bool:
    return name in _names


def all_names() -> list[EventName]:
    """Every published name, in the order of publication."""
    return list(_names.values())


# Web site (tracking)
PAGE_VIEWED = register(
    "page_viewed",
    _("Page viewed"),
    _("The visitor viewed a page of the site."),
    group="web",
    icon="doc-empty",
)
LINK_CLICKED = register(
    "link_clicked", _("Link clicked"), _("The person followed a tracked link."), group="web", icon="link"
)
SITE_EVENT = register(
    "site_event",
    _("Event of the site"),
    _("The site's own script reported an event with a name of its own."),
    group="web",
    icon="pick",
)
SITE_SEARCHED = register(
    "site_searched",
    _("Searched the site"),
    _("The visitor searched the site; the event holds what for."),
    group="web",
    icon="search",
)
CHAT_STARTED = register(
    "chat_started",
    _("Chat started"),
    _("The visitor began a conversation in the site's chat."),
    group="web",
    icon="comment",
)
CHAT_MESSAGE = register(
    "chat_message",
    _("Chat message"),
    _("The visitor left a message in the site's chat."),
    group="web",
    icon="comment",
)
#: Names of the vocabulary that ``wa.track`` of a page may record.
FROM_SCRIPTS = frozenset({CHAT_STARTED, CHAT_MESSAGE})
LEAD_SOURCE_CHANGED = register(
    "lead_source_changed",
    _("Source changed"),
    _("The person came back from another source or campaign than the last time."),
    group="web",
    icon="redirect",
)
LEAD_RECOGNISED = register(
    "lead_recognised",
    _("Visitor recognised"),
    _("The visitor came by a signed link sent to this person."),
    group="lead",
    icon="view",
)

# Lead and consent (leads)
LEAD_IDENTIFIED = register(
    "lead_identified",
    _("Lead identified"),
    _("The person became known by an address or another identifier."),
    group="lead",
    icon="user",
)
LEAD_MERGED = register(
    "lead_merged",
    _("Leads merged"),
    _("Another lead turned out to be the same person and was merged into this one."),
    group="lead",
    icon="group",
)
LEAD_UPDATED = register(
    "lead_updated",
    _("Profile changed"),
    _("Values of the lead's fields were changed; the event holds what they were and what they became."),
    group="profile",
    icon="edit",
)
NOTE_ADDED = register(
    "note_added", _("Note"), _("A note was written about the lead."), group="note", icon="comment"
)
FILE_ADDED = register(
    "file_added", _("File attached"), _("A file was attached to the lead."), group="note", icon="doc-full"
)
CONSENT_GRANTED = register(
    "consent_granted", _("Consent granted"), _("The person gave consent."), group="lead", icon="check"
)
CONSENT_WITHDRAWN = register(
    "consent_withdrawn",
    _("Consent withdrawn"),
    _("The person refused or withdrew consent."),
    group="lead",
    icon="cross",
)

# Forms and content (content)
FORM_SUBMITTED = register(
    "form_submitted", _("Form submitted"), _("The person submitted a form."), group="form", icon="form"
)
CONTENT_SEEN = register(
    "content_seen",
    _("Dynamic content seen"),
    _("An alternative of a dynamic content block was shown to the person."),
    group="web",
    icon="view",
)
CONTENT_CLICKED = register(
    "content_clicked",
    _("Dynamic content clicked"),
    _("The person clicked in an alternative of a dynamic content block."),
    group="web",
    icon="link",
)

# Emails (messaging)
EMAIL_SENT = register(
    "email_sent",
    _("Email sent"),
    _("An email was handed over to the mail server."),
    group="email",
    icon="mail",
)
EMAIL_DELIVERED = register(
    "email_delivered",
    _("Email delivered"),
    _("The receiving mail server accepted an email."),
    group="email",
    icon="mail",
)
EMAIL_OPENED = register(
    "email_opened",
    _("Email opened"),
    _("The person opened an email, as far as its image tells."),
    group="email",
    icon="mail",
)
EMAIL_CLICKED = register(
    "email_clicked",
    _("Email clicked"),
    _("The person followed a link of an email."),
    group="email",
    icon="link",
)
EMAIL_BOUNCED = register(
    "email_bounced",
    _("Email bounced"),
    _("An email came back as undeliverable."),
    group="email",
    icon="warning",
)
EMAIL_COMPLAINED = register(
    "email_complained",
    _("Email reported as spam"),
    _("The person reported an email as unwanted."),
    group="email",
    icon="warning",
)
EMAIL_UNSUBSCRIBED = register(
    "email_unsubscribed",
    _("Unsubscribed"),
    _("The person unsubscribed by an email's link or header."),
    group="email",
    icon="cross",
)
EMAIL_REPLIED = register(
    "email_replied",
    _("Email answered"),
    _("The person answered an email."),
    group="email",
    icon="mail",
)
EMAIL_PASSED_ON = register(
    "email_passed_on",
    _("Answer passed on"),
    _("An answer of the person was passed on to the colleague who looks after them."),
    group="email",
    icon="redirect",
)

# Audiences
LIST_JOINED = register(
    "list_joined", _("Added to a list"), _("The lead was added to a list."), group="list", icon="list-ul"
)
LIST_LEFT = register(
    "list_left",
    _("Removed from a list"),
    _("The lead was removed from a list."),
    group="list",
    icon="list-ul",
)
SEGMENT_ENTERED = register(
    "segment_entered",
    _("Entered a segment"),
    _("The lead began to match the rule of a segment."),
    group="list",
    icon="group",
)
SEGMENT_LEFT = register(
    "segment_left",
    _("Left a segment"),
    _("The lead no longer matches the rule of a segment."),
    group="list",
    icon="group",
)
SCORE_CHANGED = register(
    "score_changed",
    _("Score crossed a threshold"),
    _("The lead's score rose to a threshold or fell below it."),
    group="lead",
    icon="order",
)
GOAL_REACHED = register("goal_reached", _("Goal reached"), _("The lead reached a goal."), icon="success")

# Campaigns
CAMPAIGN_ENTERED = register(
    "campaign_entered",
    _("Entered a campaign"),
    _("The lead was enrolled in a campaign."),
    group="campaign",
    icon="arrow-right",
)
CAMPAIGN_LEFT = register(
    "campaign_left",
    _("Left a campaign"),
    _("The lead came to the end of a campaign or was taken out of it."),
    group="campaign",
    icon="arrow-right-full",
)
