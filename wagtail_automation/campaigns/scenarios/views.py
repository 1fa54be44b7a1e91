"""The gallery of scenarios, and the click that installs one."""

from dataclasses import dataclass

from django.core.exceptions import PermissionDenied, ValidationError
from django.forms import Media
from django.http import Http404
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST
from django.views.generic import TemplateView
from wagtail.admin import messages
from wagtail.admin.admin_url_finder import AdminURLFinder
from wagtail.admin.auth import require_admin_access
from wagtail.admin.staticfiles import versioned_static
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin

from wagtail_automation.campaigns.models import Campaign

from . import actions
from .base import Scenario, scenarios
from .kit import Drawn

GALLERY_URL, INSTALL_URL = "wagtail_automation_campaigns_scenarios", "wagtail_automation_campaigns_scenario"


def may_add(user) -> bool:
    """Whether this person may make campaigns."""
    return Campaign.snippet_viewset.permission_policy.user_has_permission(user, "add")


@dataclass(frozen=True)
class Card:
    """A scenario in the gallery; ``missing``: why it cannot be installed here."""

    scenario: Scenario
    steps: list[Drawn]
    missing: list[str]


class GalleryView(WagtailAdminTemplateMixin, TemplateView):
    """All scenarios: what each does, what it needs, its steps in outline."""

    page_title = gettext_lazy("New from a scenario")
    header_icon = "wa-campaign"
    template_name = "wagtail_automation/campaigns/scenarios.html"

    def dispatch(self, request, *args, **kwargs):
        if not may_add(request.user):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    def get_breadcrumbs_items(self):
        viewset = Campaign.snippet_viewset
        return [
            *self.breadcrumbs_items,
            {"url": reverse(viewset.get_url_name("list")), "label": viewset.menu_label},
            {"url": "", "label": self.get_page_title()},
        ]

    def get_context_data(self, **kwargs):
        cards = []
        for cls in sorted(scenarios, key=lambda cls: cls.order):
            kit = actions.outline(cls())
            cards.append(Card(cls(), kit.drawn, kit.missing(self.request.user)))
        media = Media(css={"all": [versioned_static("wagtail_automation/campaigns/monitoring.css")]})
        return super().get_context_data(**kwargs, cards=cards, media=media)


@require_admin_access
@require_POST
def install(request, key):
    """Install, then open the campaign in the editor; what is to be done stands in its description too."""
    if not may_add(request.user):
        raise PermissionDenied
    if key not in scenarios:
        raise Http404
    try:
        done = actions.install(scenario=scenarios[key](), user=request.user)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect(GALLERY_URL)
    finder = AdminURLFinder(request.user)
    open_ = [*done.emails, *done.unpublished]
    said = _("“%(campaign)s” is there as a draft: adjust it as you like.") % {"campaign": done.campaign}
    if open_:
        said = " ".join((said, _("Publish these before it:")))
    buttons = [messages.button(finder.get_edit_url(one) or "#", str(one)) for one in open_]
    messages.success(request, said, buttons=buttons)
    viewset = Campaign.snippet_viewset
    name = "edit" if viewset.permission_policy.user_has_permission(request.user, "change") else "list"
    return redirect(viewset.get_url_name(name), *([done.campaign.pk] if name == "edit" else []))


urlpatterns = [
    path("automation/scenarios/", GalleryView.as_view(), name=GALLERY_URL),
    path("automation/scenarios/<slug:key>/install/", install, name=INSTALL_URL),
]
