"""The door for mail that any app must send. Messaging takes it over; alone, it is plain Django mail."""

from collections.abc import Callable

from django.core.mail import EmailMultiAlternatives

_door: list[Callable] = []


def register(function: Callable) -> Callable:
    """Let ``function(*, to, subject, text, html, key)`` send from now on (the last one wins)."""
    _door.append(function)
    return function


def send(*, to: str, subject: str, text: str, html: str = "", key: str) -> None:
    """Send one message. ``key`` names it: a repeat with the same key is sent once when messaging is
    installed, and again when it is not. Raises BadHeaderError for line breaks in a header."""
    if _door:
        _door[-1](to=to, subject=subject, text=text, html=html, key=key)
        return
    message = EmailMultiAlternatives(subject=subject, body=text, to=[to])
    if html:
        message.attach_alternative(html, "text/html")
    message.send()
