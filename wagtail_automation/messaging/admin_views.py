"""What people do to emails and messages in the admin, beside editing: a test, sending one again."""

import datetime as dt

from django.contrib import messages
from django.contrib.humanize.templatetags.humanize import intcomma
from django.core.exceptions import PermissionDenied, ValidationError
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods
from wagtail.admin.auth import require_admin_access

from wagtail_automation import clock, liquid
from wagtail_automation.leads.permissions import about_visible
from wagtail_automation.outbox import State

from . import actions, resending
from .channels.names import CHANNEL_MESSAGES_URL
from .models import AlertPost, ChannelMessage, DirectMessage, Email, Message
from .names import ALERT_POSTS_URL, DIRECT_URL, MESSAGES_URL, RESEND_ALL_URL, RESEND_URL, TEST_URL
from .reasons import explain
from .writing.forms import GivenUpForm, TestForm
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


def _messages(request, kind: str):
    """The messages of this kind that this person may send again, and the address of their list. Raises
    PermissionDenied."""
    model, permission, index = KINDS.get(kind, KINDS["email"])
    _may(request.user, permission)
    rows = model.objects.all()
    about_people = model not in (DirectMessage, AlertPost)
    return about_visible(rows, request.user) if about_people else rows, reverse(index)


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
    """Ask, then queue a doubtful message, or one that was given up, again."""
    shown, back = _messages(request, kind)
    message = get_object_or_404(shown, pk=pk)
    if request.method == "POST":
        if resending.resend(message=message, user=request.user):
            messages.success(request, _("The message is queued again."))
        else:
            text = _("The message is neither doubtful nor given up (any more); nothing was changed.")
            messages.error(request, text)
        return redirect(back)
    doubtful = message.state == State.DOUBTFUL
    context = {
        "title": _("Send it again?"),
        "subtitle": str(message),
        "icon": "mail",
        "question": _(
            "The worker stopped while it handed this message over. The mail server may already have it: "
            "look for its Message-ID there. If you send it again, the person may get it twice."
        )
        if doubtful
        else explain(message.reason),
        "detail": doubtful and (getattr(message, "message_id", "") or message.uuid),
        "button": _("Send it again"),
        "back": back,
        "may": resending.may_go_again(message),
    }
    return TemplateResponse(request, "wagtail_automation/messaging/confirm.html", context)


@require_admin_access
@require_http_methods(["GET", "POST"])
def resend_all(request, kind):
    """Ask of which age, then queue the messages again that were given up."""
    shown, back = _messages(request, kind)
    now = clock.now()
    form = GivenUpForm(request.POST or None, counts=resending.given_up_counts(shown, GivenUpForm.AGES, now))
    context = {"title": _("Send again what was given up?"), "icon": "mail", "back": back}
    if not form.fields["days"].choices:
        context |= {"question": _("In the last 30 days nothing was given up."), "may": False}
        return TemplateResponse(request, "wagtail_automation/messaging/confirm.html", context)
    if request.method == "POST" and form.is_valid():
        since = now - dt.timedelta(days=form.cleaned_data["days"])
        count = resending.resend_all(rows=resending.given_up(shown, since), user=request.user)
        text = ngettext("%(count)s message is queued again.", "%(count)s messages are queued again.", count)
        messages.success(request, text % {"count": intcomma(count)})
        return redirect(back)
    context |= {
        "form": form,
        "button": _("Send them again"),
        "text": _(
            "These messages never left: after many tries nobody had taken them. See to the cause first – "
            "the reason stands beside each – and mind that old ones may be out of date."
        ),
    }
    return TemplateResponse(request, "wagtail_automation/messaging/writing/form.html", context)


urlpatterns = [
    path("automation/emails/<int:pk>/test/", send_test, name=TEST_URL),
    path("automation/outbox/<slug:kind>/<int:pk>/resend/", resend, name=RESEND_URL),
    path("automation/outbox/<slug:kind>/resend/", resend_all, name=RESEND_ALL_URL),
]
