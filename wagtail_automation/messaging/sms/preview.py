"""A text message as its reader sees it, with what it costs."""

from django.core.exceptions import ValidationError
from django.shortcuts import render

from wagtail_automation import clock, liquid
from wagtail_automation.messaging import preview
from wagtail_automation.messaging.actions import default_site
from wagtail_automation.messaging.channels import compiling
from wagtail_automation.messaging.channels import rendering as own_rendering
from wagtail_automation.messaging.channels.models import Channel

from . import parts


class _Draft:
    """A version that is not stored."""

    def __init__(self, message):
        self.content, links = compiling.compile_texts(message.content())
        self.links = links
        self.language = message.locale.language_code


def content_for(message, lead) -> dict[str, str]:
    """The texts for this person, with links as long as they will be. Raises TemplateError."""
    data = liquid.contexts([lead])[lead.pk]
    site = message.site or default_site()
    found = own_rendering.render(_Draft(message), data=data, message_pk=10**7, site=site, now=clock.now())
    channel = getattr(message, "channel", None) or Channel.objects.for_medium(message.medium)
    return channel.handler.finish(found) if channel and channel.handler else found


def respond(request, message, mode: str):
    """What Wagtail's preview panel shows; an error is told in words."""
    lead = preview.person(mode, message.previewed_by or request.user)
    try:
        text = content_for(message, lead)["text"]
    except (ValidationError, liquid.TemplateError) as error:
        words = error.messages if isinstance(error, ValidationError) else [str(error)]
        return render(request, "wagtail_automation/messaging/preview_error.html", {"messages": words})
    return render(
        request,
        "wagtail_automation/messaging/sms_preview.html",
        {
            "text": text,
            "parts": parts.count(text),
        },
    )
