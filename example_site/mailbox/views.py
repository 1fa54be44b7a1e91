"""The mailbox page: every message the site sent, for anybody who looks at the demonstration."""

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_POST, require_safe

from .models import ReceivedMail

# The HTML of a message is shown as a mail program shows it: no script, no form, pictures of this site.
POLICY = (
    "default-src 'none'; img-src 'self' data: http: https:; style-src 'unsafe-inline'; "
    "sandbox allow-popups allow-popups-to-escape-sandbox"
)


@require_safe
def messages(request):
    """Newest first; ``?to=`` narrows to one recipient."""
    recipient = request.GET.get("to", "").strip()[:320]
    found = ReceivedMail.objects.defer("raw")
    if recipient:
        found = found.filter(recipient__icontains=recipient)
    page = Paginator(found, 30).get_page(request.GET.get("p"))
    return render(request, "mailbox/list.html", {"mails": page, "recipient": recipient})


@require_safe
def message(request, pk):
    """One message: as it looks, as text, its headers."""
    mail = get_object_or_404(ReceivedMail, pk=pk)
    return render(request, "mailbox/message.html", {"mail": mail})


@require_safe
@xframe_options_sameorigin
def html_part(request, pk):
    """The HTML part alone, for the sandboxed frame. Links open in a new tab."""
    mail = get_object_or_404(ReceivedMail, pk=pk)
    html = mail.html.replace("<head>", '<head><base target="_blank">', 1)
    return HttpResponse(html, headers={"Content-Security-Policy": POLICY})


@require_safe
def raw(request, pk):
    """The message as it came over the wire."""
    mail = get_object_or_404(ReceivedMail, pk=pk)
    return HttpResponse(bytes(mail.raw), content_type="text/plain; charset=utf-8")


@require_POST
def empty(request):
    """Throw everything away."""
    ReceivedMail.objects.all().delete()
    return redirect("mailbox:list")
