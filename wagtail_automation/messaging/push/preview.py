"""A push message as a browser shows it."""

from django.core.exceptions import ValidationError
from django.shortcuts import render

from wagtail_automation import liquid
from wagtail_automation.messaging import preview
from wagtail_automation.messaging.sms.preview import content_for


def respond(request, message, mode: str):
    """What Wagtail's preview panel shows; an error is told in words."""
    lead = preview.person(mode, message.previewed_by or request.user)
    try:
        content = content_for(message, lead)
    except (ValidationError, liquid.TemplateError) as error:
        words = error.messages if isinstance(error, ValidationError) else [str(error)]
        return render(request, "wagtail_automation/messaging/preview_error.html", {"messages": words})
    return render(request, "wagtail_automation/messaging/push_preview.html", {"content": content})
