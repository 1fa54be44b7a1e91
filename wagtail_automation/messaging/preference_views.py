"""The preference centre: what a person sees behind “Your choices” of an email. A GET changes nothing."""

from django import forms
from django.core.exceptions import ValidationError
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from wagtail_automation import clock

from . import preferences, tokens
from .views import TEMPLATES, gone, message_of, private

WEEKS = (2, 4, 8, 26)


class AddressForm(forms.Form):
    address = forms.EmailField(
        label=_("New email address"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )


def _weeks(value: str | None) -> int | None:
    """The chosen pause: None leaves things as they are. Raises ValueError for anything else."""
    if not value or value == "keep":
        return None
    weeks = int(value)
    if weeks not in (0, *WEEKS):
        raise ValueError(value)
    return weeks


@csrf_exempt  # the token is what authorises; a page from a mail has no session to forge
@private
@require_http_methods(["GET", "HEAD", "POST"])
def centre(request, token: str):
    """GET: what the person gets and why. POST: what they want from now on."""
    message, _number = message_of(tokens.PREFERENCES, token)
    if message is None:
        return gone(request)
    lead, now = message.lead, clock.now()
    with translation.override(message.email_version.language):
        status, saved, wrong = 200, request.GET.get("saved") == "1", False
        if request.method == "POST":
            offered = {row[0] for row in preferences.choices(lead)}
            try:
                preferences.save(
                    lead=lead,
                    granted=offered & set(request.POST.getlist("subject")),
                    weeks=_weeks(request.POST.get("pause")),
                    shown="; ".join(name for _s, name, _t, _g in preferences.choices(lead)),
                    site=message.site,
                    now=now,
                )
            except ValueError:
                status, wrong = 400, True
            else:
                return redirect(f"{request.path}?saved=1")
        context = {
            "choices": preferences.choices(lead),
            "paused_until": preferences.paused_until(lead, now),
            "pauses": [
                (weeks, ngettext("%(count)d week", "%(count)d weeks", weeks) % {"count": weeks})
                for weeks in WEEKS
            ],
            "why": preferences.why(lead),
            "saved": saved,
            "wrong": wrong,
            "address_url": reverse("wagtail_automation_messaging:new_address", args=[token]),
            "unsubscribe_url": reverse(
                "wagtail_automation_messaging:unsubscribe", args=[tokens.make(tokens.UNSUBSCRIBE, message.pk)]
            ),
        }
        return render(request, f"{TEMPLATES}preferences.html", context, status=status)


@csrf_exempt
@private
@require_http_methods(["GET", "HEAD", "POST"])
def new_address(request, token: str):
    """Ask for another address; a link goes there, and only that link changes it."""
    message, _number = message_of(tokens.PREFERENCES, token)
    if message is None:
        return gone(request)
    with translation.override(message.email_version.language):
        form = AddressForm(request.POST or None)
        asked = False
        if request.method == "POST" and form.is_valid():
            try:
                preferences.ask_for_address(
                    message=message, address=form.cleaned_data["address"], now=clock.now()
                )
                asked = True
            except ValidationError as error:
                form.add_error("address", error)
        back = reverse("wagtail_automation_messaging:preferences", args=[token])
        return render(request, f"{TEMPLATES}new_address.html", {"form": form, "asked": asked, "back": back})


@csrf_exempt
@private
@require_http_methods(["GET", "HEAD", "POST"])
def confirm_address(request, token: str):
    """GET: a button. POST: the address is changed."""
    row = preferences.read(token)
    if row is None:
        return gone(request)
    with translation.override(row.language or None):
        state = "done" if row.done_at else "ask"
        if request.method == "POST":
            state = "done" if preferences.confirm_address(row, now=clock.now()) else "taken"
        return render(request, f"{TEMPLATES}confirm_address.html", {"row": row, "state": state})
