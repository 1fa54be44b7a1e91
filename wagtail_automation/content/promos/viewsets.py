"""Web promos in the admin: a snippet, with its results one click away."""

from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, FieldRowPanel, MultiFieldPanel, ObjectList, TabbedInterface
from wagtail.admin.ui.tables import Column, LiveStatusTagColumn, LocaleColumn, NumberColumn
from wagtail.admin.widgets.button import Button
from wagtail.snippets.views import snippets

from wagtail_automation.admin.choosers import SnippetChooserViewSet
from wagtail_automation.audiences.guards import DraftUsage, GuardedDelete
from wagtail_automation.content.showing.querysets import people_by_key
from wagtail_automation.content.views.places import ResultsView

from .deciding import SHOWN
from .models import WebPromo

MAY = "wagtail_automation_content.view_webpromo"


class PromoIndexView(snippets.IndexView):
    def get_context_data(self, *args, **kwargs):
        context = super().get_context_data(*args, **kwargs)
        rows = context["object_list"]
        figures = people_by_key(str(row.translation_key) for row in rows)
        for row in rows:
            row.people, row.clickers = figures.get(str(row.translation_key), (0, 0))
        return context


class PromoEditView(snippets.EditView):
    @cached_property
    def header_more_buttons(self):
        url = reverse("wagtail_automation_promo_results", args=[self.object.pk])
        return [
            *super().header_more_buttons,
            Button(gettext("Results"), url=url, icon_name="history", priority=5),
        ]


class PromoDeleteView(GuardedDelete, snippets.DeleteView):
    pass


class PromoUsageView(DraftUsage, snippets.UsageView):
    pass


class PromoChooserViewSet(SnippetChooserViewSet):
    page_title = _("Choose a web promo")
    choose_another_text = _("Choose another web promo")
    edit_item_text = _("Edit this web promo")


class WebPromoViewSet(snippets.SnippetViewSet):
    model = WebPromo
    icon = "pick"
    menu_label = _("Web promos")
    menu_name = "automation-promos"
    add_to_admin_menu = False
    inspect_view_enabled = False
    copy_view_enabled = True
    list_per_page = 50
    index_view_class = PromoIndexView
    edit_view_class = PromoEditView
    delete_view_class = PromoDeleteView
    usage_view_class = PromoUsageView
    chooser_viewset_class = PromoChooserViewSet
    search_fields = ["name"]
    search_backend_name = None
    list_filter = ["kind", "live"]
    list_display = [
        "name",
        Column("kind", label=_("How it stands"), accessor="get_kind_display"),
        LocaleColumn(),
        NumberColumn("priority", label=_("Priority"), sort_key="priority"),
        NumberColumn("people", label=_("People who saw it"), accessor=lambda row: getattr(row, "people", 0)),
        NumberColumn(
            "clickers", label=_("of them clicked"), accessor=lambda row: getattr(row, "clickers", 0)
        ),
        LiveStatusTagColumn(label=_("Status")),
    ]
    edit_handler = TabbedInterface(
        [
            ObjectList(
                [
                    FieldPanel("name"),
                    FieldPanel("kind"),
                    FieldPanel("content"),
                    FieldPanel("form"),
                ],
                heading=_("Content"),
            ),
            ObjectList(
                [
                    FieldPanel("rule", heading=_("Shown to")),
                    FieldRowPanel([FieldPanel("site"), FieldPanel("device")]),
                    FieldPanel("paths"),
                ],
                heading=_("Who and where"),
            ),
            ObjectList(
                [
                    FieldRowPanel([FieldPanel("moment"), FieldPanel("moment_value")]),
                    FieldRowPanel([FieldPanel("starts_at"), FieldPanel("ends_at")]),
                    MultiFieldPanel(
                        [
                            FieldPanel("priority"),
                            FieldRowPanel([FieldPanel("most_times"), FieldPanel("rest_days")]),
                            FieldPanel("closed_days"),
                        ],
                        heading=_("How often"),
                    ),
                ],
                heading=_("When"),
            ),
            ObjectList([FieldPanel("holdout"), FieldPanel("goal")], heading=_("Measuring")),
        ]
    )


class PromoResultsView(ResultsView):
    """Seen, clicked, closed and goals of one promo, against those held back."""

    needed = MAY
    header_icon = "pick"
    has_fallback = False
    counts_closing = True

    def read(self, pk):
        promo = get_object_or_404(WebPromo, pk=pk)
        self.title, self.key = str(promo), str(promo.translation_key)
        self.alternatives = [(SHOWN, str(promo))]
        self.holdout, self.goal = promo.holdout, promo.goal

    def get_breadcrumbs_items(self):
        whole = {
            "url": reverse("wagtailsnippets_wagtail_automation_content_webpromo:list"),
            "label": gettext("Web promos"),
        }
        return [*self.breadcrumbs_items, whole, {"url": "", "label": self.get_page_title()}]


promo_viewset = WebPromoViewSet()
