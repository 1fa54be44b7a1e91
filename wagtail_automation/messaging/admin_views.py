"""What people do to emails and messages in the admin, beside editing: a test, a doubtful one again."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods
from wagtail.admin.auth import require_admin_access

from wagtail_automation import liquid
from wagtail_automation.leads.permissions import about_visible
from wagtail_automation.outbox import State

from . import actions
from .channels.names import CHANNEL_MESSAGES_URL
from .models import AlertPost, ChannelMessage, DirectMessage, Email, Message
from .names import ALERT_POSTS_URL, DIRECT_URL, MESSAGES_URL, RESEND_URL, TEST_URL
from .writing.forms import TestForm
from .writing.views import asked_for

#: model, permission to resend, and list by the kind in the address
KINDS = {
    "email": (Message, "change_message", MESSAGES_URL),
    "channel": (ChannelMessage, "change_channelmessage", CHANNEL_MESSAGES_URL),
    "room": (AlertPost, "change_alertpost", ALERT_POSTS_URL),
    "direct": (DirectMessage, "change_directmessage", DIRECT_URL),
}


def _may(user, *names: str) -> None:
    if not any(user.has_perm(f"wagtail_automation_messaging.{name}") for name in names):
        raise PermissionDenied


@require_admin_access
@require_http_methods(["GET", "POST"])
def send_test(request, pk):
    """Ask to whom, then send the email as last saved there."""
    email = get_object_or_404(Email, pk=pk)
    _may(request.user, "add_email", "change_email", "publish_email")
    back = reverse(Email.snippet_viewset.get_url_name("edit"), args=[email.pk])
    draft = email.get_latest_revision_as_object()
    draft.previewed_by, draft.previewed_as = request.user, asked_for(request)
    form = TestForm(request.POST or None, email=draft, initial={"address": request.user.email})
    if request.method == "POST" and form.is_valid():
        try:
            actions.send_test(email=email, user=request.user, **form.cleaned_data)
        except (ValidationError, liquid.TemplateError) as error:
            text = " ".join(error.messages) if isinstance(error, ValidationError) else str(error)
            messages.error(request, text)
        else:
            words = {"address": form.cleaned_data["address"]}
            messages.success(request, _("A test is on its way to %(address)s.") % words)
        return redirect(back)
    context = {
        "title": _("Send a test"),
        "subtitle": str(email),
        "icon": "mail",
        "form": form,
        "button": _("Send"),
        "back": back,
    }
    return TemplateResponse(request, "wagtail_automation/messaging/writing/form.html", context)


@require_admin_access
@require_http_methods(["GET", "POST"])
def resend(request, kind, pk):
    """Ask, then queue a doubtful message again."""
    model, permission, index = KINDS.get(kind, KINDS["email"])
    _may(request.user, permission)
    messages_shown = model.objects.all()
    if model not in (DirectMessage, AlertPost):
        messages_shown = about_visible(messages_shown, request.user)
    message = get_object_or_404(messages_shown, pk=pk)
    back = reverse(index)
    if request.method == "POST":
        if actions.resend_doubtful(message=message, user=request.user):
            messages.success(request, _("The message is queued again."))
        else:
            messages.error(request, _("The message is not doubtful (any more); nothing was changed."))
        return redirect(back)
    context = {
        "title": _("Send it again?"),
        "subtitle": str(message),
        "icon": "mail",
        "question": _(
            "The worker stopped while it handed this message over. The mail server may already have it: "
            "look for its Message-ID there. If you send it again, the person may get it twice."
        ),
        "detail": getattr(message, "message_id", "") or message.uuid,
        "button": _("Send it again"),
        "back": back,
        "may": message.state == State.DOUBTFUL,
    }
    return TemplateResponse(request, "wagtail_automation/messaging/confirm.html", context)


urlpatterns = [
    path("automation/emails/<int:pk>/test/", send_test, name=TEST_URL),
    path("automation/outbox/<slug:kind>/<int:pk>/resend/", resend, name=RESEND_URL),
]
