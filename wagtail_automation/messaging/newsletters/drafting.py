"""The draft of a newsletter made of pages: what was published since the last issue, or what one looks for."""

import datetime as dt
import uuid

from django import forms
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.functional import cached_property
from django.utils.html import escape
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.generic import FormView
from wagtail.admin import messages
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin
from wagtail.log_actions import log
from wagtail.models import Locale, Page, Site

from wagtail_automation import clock
from wagtail_automation.messaging.models import Email

from .models import Newsletter

APP = "wagtail_automation_messaging"
#: where there was no issue yet
BEFORE = dt.timedelta(days=30)
#: pages that are offered at once, and that one letter takes
OFFERED, MOST = 100, 30


def last_issue(now: dt.datetime) -> dt.datetime:
    """When the last newsletter began to be sent; thirty days ago where there was none."""
    return Newsletter.objects.last_start() or now - BEFORE


def pages_offered(*, locale: Locale, since: dt.date | None = None, words: str = ""):
    """Public pages in this language, newest first: with these words in the title, else published first since
    that day in the zone of the site."""
    pages = Page.objects.live().public().filter(locale=locale, depth__gt=1)
    pages = pages.exclude(pk__in=Site.objects.values("root_page"))
    if words:
        return pages.filter(title__icontains=words).order_by("-first_published_at", "-pk")
    if since is not None:
        begin = timezone.make_aware(dt.datetime.combine(since, dt.time()), timezone.get_default_timezone())
        pages = pages.filter(first_published_at__gte=begin)
    return pages.order_by("-first_published_at", "-pk")


def draft(*, pages, subject: str, text: str, locale: Locale, beside: bool = False, user=None) -> Email:
    """An unpublished email with a heading, words to begin with, one teaser for each page and a footer. A
    repeat makes another one."""
    block = Email._meta.get_field("body").stream_block
    body = [("heading", {"text": subject, "level": "h1"})]
    paragraphs = [part.strip() for part in text.replace("\r", "").split("\n\n") if part.strip()]
    if paragraphs:
        body.append(("rich_text", {"text": "".join(f"<p>{escape(part)}</p>" for part in paragraphs)}))
    for page in pages:
        body.append(("page_teaser", {"page": page.pk, "beside": beside}))
    with translation.override(locale.language_code):
        reason = _("You get this letter because you asked for it.")
    body.append(("footer", {"text": f"<p>{reason}</p>", "social": True}))
    email = Email(name=subject[:160], subject=subject, locale=locale, live=False)
    email.body = block.to_python(
        [{"type": kind, "value": value, "id": str(uuid.uuid4())} for kind, value in body]
    )
    with transaction.atomic():
        email.save()
        log(instance=email, action="wagtail.create", user=user)
        email.save_revision(user=user)
    return email


class SearchForm(forms.Form):
    """What is on offer; anything unreadable is as if it were empty."""

    locale = forms.ModelChoiceField(
        label=gettext_lazy("Language"), queryset=Locale.objects.none(), required=False, empty_label=None
    )
    since = forms.DateField(
        label=gettext_lazy("Published since"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    words = forms.CharField(label=gettext_lazy("Or with words in the title"), required=False, max_length=100)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["locale"].queryset = Locale.objects.order_by("pk")


class PagesField(forms.ModelMultipleChoiceField):
    widget = forms.CheckboxSelectMultiple

    def label_from_instance(self, obj):
        day = obj.first_published_at
        said = date_format(timezone.localtime(day), "SHORT_DATE_FORMAT") if day else "–"
        return f"{obj.title} ({said})"


class DraftForm(forms.Form):
    pages = PagesField(
        label=gettext_lazy("Pages"),
        queryset=Page.objects.none(),
        error_messages={"required": gettext_lazy("Choose at least one page.")},
    )
    subject = forms.CharField(label=gettext_lazy("Subject"), max_length=250)
    text = forms.CharField(
        label=gettext_lazy("Words to begin with"),
        required=False,
        max_length=5000,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    beside = forms.BooleanField(label=gettext_lazy("Images beside the text"), required=False)

    def __init__(self, *args, offered, locale, **kwargs):
        super().__init__(*args, **kwargs)
        # what is ticked counts even when the list on offer has moved on meanwhile
        self.fields["pages"].queryset = pages_offered(locale=locale)
        self.fields["pages"].choices = [
            (page.pk, self.fields["pages"].label_from_instance(page)) for page in offered
        ]

    def clean_subject(self):
        subject = self.cleaned_data["subject"]
        if any(not letter.isprintable() for letter in subject):
            raise forms.ValidationError(_("The subject holds a line break or another invisible sign."))
        return subject

    def clean_pages(self):
        pages = list(self.cleaned_data["pages"])
        if len(pages) > MOST:
            raise forms.ValidationError(
                ngettext(
                    "One letter takes %(count)d page at most.",
                    "One letter takes %(count)d pages at most.",
                    MOST,
                )
                % {"count": MOST}
            )
        return pages


class DraftView(WagtailAdminTemplateMixin, FormView):
    """GET offers pages, POST makes the draft and goes to its form."""

    template_name = "wagtail_automation/messaging/newsletters/draft.html"
    form_class = DraftForm
    header_icon = "doc-full-inverse"
    page_title = gettext_lazy("Newsletter from pages")

    def dispatch(self, request, *args, **kwargs):
        if not (
            request.user.has_perm(f"{APP}.add_email") and request.user.has_perm(f"{APP}.view_newsletter")
        ):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    def get_breadcrumbs_items(self):
        return [
            *self.breadcrumbs_items,
            {"url": reverse("wagtail_automation_newsletter:index"), "label": _("Newsletters")},
            {"url": "", "label": self.get_page_title()},
        ]

    @cached_property
    def search(self) -> dict:
        """What was asked for, with what applies where nothing was."""
        now = clock.now()
        form = SearchForm(self.request.GET)
        asked = form.cleaned_data if form.is_valid() else getattr(form, "cleaned_data", {})
        since = asked.get("since") or timezone.localtime(last_issue(now)).date()
        locale = asked.get("locale") or Locale.get_default()
        return {"locale": locale, "since": since, "words": asked.get("words") or ""}

    @cached_property
    def offered(self) -> list:
        return list(pages_offered(**self.search)[:OFFERED])

    def get_form_kwargs(self):
        return super().get_form_kwargs() | {"offered": self.offered, "locale": self.search["locale"]}

    def get_context_data(self, **kwargs):
        context = super().get_context_data(**kwargs)
        search = SearchForm(initial=self.search)
        return context | {
            "search": search,
            "offered": self.offered,
            "most": OFFERED,
            "media": search.media + context["form"].media,
        }

    def form_valid(self, form):
        cleaned = form.cleaned_data
        email = draft(
            pages=cleaned["pages"],
            subject=cleaned["subject"],
            text=cleaned["text"],
            beside=cleaned["beside"],
            locale=self.search["locale"],
            user=self.request.user,
        )
        messages.success(self.request, _("The draft is made: look it through, publish it, then send it."))
        return redirect(Email.snippet_viewset.get_url_name("edit"), email.pk)
