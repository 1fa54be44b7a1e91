"""Newsletters in the admin: the list with what became of each, the form, the page of one."""

from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, FieldRowPanel, MultiFieldPanel
from wagtail.admin.ui.tables import Column, NumberColumn, StatusTagColumn, TitleColumn
from wagtail.admin.views import generic
from wagtail.admin.viewsets.model import ModelViewSet
from wagtail.admin.widgets.button import Button

from wagtail_automation.admin.tables import MomentColumn
from wagtail_automation.audiences.experiments import viewsets as experiments
from wagtail_automation.leads.field_types import MomentInput

from .calendar import CalendarView
from .drafting import DraftView
from .forms import NewsletterForm
from .models import OPEN, Newsletter, NewsletterState
from .querysets import messages_of
from .views import NAMESPACE, NewsletterView, StatusView, url

experiments.BEGINNINGS.append(_("A newsletter with a second subject to try."))


def sent_count(newsletter) -> int:
    """How many were sent: as noted at its end; counted while it is under way, and where some were in doubt or
    in hand then."""
    noted = newsletter.counts
    if newsletter.started_at is None or (noted and not noted.get("doubtful") and not noted.get("in_hand")):
        return noted.get("sent", 0)
    return messages_of(newsletter).filter(state="sent").count()


class NewsletterIndexView(generic.IndexView):
    def get_base_queryset(self):
        return Newsletter.objects.select_related("email")

    @cached_property
    def header_more_buttons(self):
        planned = Button(
            _("What is planned"), url=reverse(f"{NAMESPACE}:calendar"), icon_name="date", priority=4
        )
        found = [*super().header_more_buttons, planned]
        if self.request.user.has_perm("wagtail_automation_messaging.add_email"):
            address = reverse(f"{NAMESPACE}:draft")
            found.append(Button(_("Newsletter from pages"), url=address, icon_name="doc-full", priority=5))
        return found

    def get_edit_url(self, instance):
        """The page says whether and how it may still be changed."""
        return super().get_edit_url(instance) if instance.state == NewsletterState.DRAFT else None


class GoesToPage:
    """After saving one sees who gets it."""

    def get_success_url(self):
        return url("show", self.object.pk)


class NewsletterCreateView(GoesToPage, generic.CreateView):
    pass


class NewsletterEditView(GoesToPage, generic.EditView):
    """Only what is being prepared is changed; the rest is looked at."""

    def dispatch(self, request, *args, **kwargs):
        if Newsletter.objects.filter(pk=kwargs["pk"]).exclude(state=NewsletterState.DRAFT).exists():
            return redirect(url("show", kwargs["pk"]))
        return super().dispatch(request, *args, **kwargs)


class NewsletterDeleteView(generic.DeleteView):
    """What is planned or under way is cancelled first."""

    def dispatch(self, request, *args, **kwargs):
        if Newsletter.objects.filter(pk=kwargs["pk"], state__in=OPEN).exists():
            return redirect(url("show", kwargs["pk"]))
        return super().dispatch(request, *args, **kwargs)


class NewsletterViewSet(ModelViewSet):
    model = Newsletter
    name = NAMESPACE
    url_prefix = "automation/newsletters"
    icon = "mail"
    menu_label = _("Newsletters")
    menu_name = "automation-newsletters"
    list_per_page = 50
    copy_view_enabled = False
    inspect_view_enabled = False
    index_view_class = NewsletterIndexView
    add_view_class = NewsletterCreateView
    edit_view_class = NewsletterEditView
    delete_view_class = NewsletterDeleteView
    search_fields = ["name"]
    search_backend_name = None
    list_filter = ["state"]
    list_display = [
        TitleColumn("name", label=_("Name"), sort_key="name", get_url=lambda row: url("show", row.pk)),
        Column("email", label=_("Email")),
        StatusTagColumn(
            "state",
            label=_("State"),
            accessor="get_state_display",
            sort_key="state",
            primary=lambda row: row.state in ("sending", "planned"),
        ),
        MomentColumn("begins_at", label=_("Begins"), sort_key="begins_at"),
        NumberColumn("total", label=_("Recipients"), sort_key="total"),
        NumberColumn("sent", label=_("Sent"), accessor=sent_count),
    ]
    panels = [
        FieldPanel("name"),
        FieldPanel("email"),
        MultiFieldPanel(
            [
                FieldPanel("lists", classname="wa-ticks"),
                FieldPanel("segments", classname="wa-ticks"),
                FieldPanel("topic"),
                FieldPanel("with_unasked"),
            ],
            heading=_("Who gets it"),
        ),
        MultiFieldPanel(
            [
                FieldPanel("without_lists", classname="wa-ticks"),
                FieldPanel("without_segments", classname="wa-ticks"),
            ],
            heading=_("Who is left out"),
        ),
        MultiFieldPanel(
            [
                FieldPanel("send_at", widget=MomentInput),
                FieldPanel("in_each_zone"),
                FieldPanel("spread_hours"),
                FieldPanel("is_notice"),
            ],
            heading=_("When"),
        ),
        FieldPanel("in_archive"),
        MultiFieldPanel(
            [
                FieldPanel("email_b"),
                FieldPanel("subject_b"),
                FieldRowPanel([FieldPanel("test_share"), FieldPanel("test_hours")]),
                FieldPanel("goal"),
            ],
            heading=_("Compare two versions"),
            classname="collapsed",
        ),
    ]

    def get_urlpatterns(self):
        return [
            *super().get_urlpatterns(),
            path("calendar/", CalendarView.as_view(), name="calendar"),
            path("from-pages/", DraftView.as_view(), name="draft"),
            path("<int:pk>/", NewsletterView.as_view(), name="show"),
            path("<int:pk>/status/", StatusView.as_view(), name="status"),
        ]


Newsletter.base_form_class = NewsletterForm
newsletters = NewsletterViewSet()
