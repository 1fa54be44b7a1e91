"""The admin of personal parts: where they are, what they did, why somebody sees what they see."""

from itertools import islice

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from django.views.generic import TemplateView
from wagtail.admin import messages
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin
from wagtail.models import Page

from wagtail_automation import clock
from wagtail_automation.audiences.dynamic import elsewhere
from wagtail_automation.audiences.models import DynamicContent
from wagtail_automation.content import as_lead, places
from wagtail_automation.content.showing.querysets import people_by_key
from wagtail_automation.content.showing.results import results
from wagtail_automation.leads.access import lead_or_404
from wagtail_automation.leads.models import Lead
from wagtail_automation.rules.explaining import explain

MAY = "wagtail_automation_audiences.view_dynamiccontent"
PER_PAGE = 50
#: more than this and the report says that it is cut
MOST = 5000


class PersonalView(WagtailAdminTemplateMixin, TemplateView):
    """For those who may see dynamic content."""

    header_icon = "group"
    needed = MAY

    def dispatch(self, request, *args, **kwargs):
        if not request.user.has_perm(self.needed):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    def get_breadcrumbs_items(self):
        whole = {"url": reverse("wagtail_automation_places"), "label": _("Personalised places")}
        return [*self.breadcrumbs_items, whole, {"url": "", "label": self.get_page_title()}]

    def page_or_404(self, pk) -> Page:
        """A page that is public, or that this user may edit."""
        page = get_object_or_404(Page, pk=pk).specific
        if not page.live and not page.permissions_for_user(self.request.user).can_edit():
            raise Http404
        return page


class PlacesView(PersonalView):
    """Every personal part of every page, and whatever else shows shared contents, such as emails."""

    template_name = "wagtail_automation/content/admin/places.html"

    def get_page_title(self):
        return _("Personalised places")

    def get_breadcrumbs_items(self):
        return [*self.breadcrumbs_items, {"url": "", "label": self.get_page_title()}]

    def get_context_data(self, **kwargs):
        user = self.request.user
        found = [
            place
            for place in islice(places.everywhere(), MOST)
            if place.page.live or place.page.permissions_for_user(user).can_edit()
        ]
        is_cut = len(found) >= MOST
        shown = Paginator([*found, *elsewhere.uses(user)], PER_PAGE).get_page(self.request.GET.get("p"))
        rows = [_row_of_use(one) if isinstance(one, elsewhere.Use) else _row(one) for one in shown]
        people = people_by_key({row["key"] for row in rows})
        for row in rows:
            row["people"], row["clickers"] = people.get(row["key"], (0, 0))
        return super().get_context_data(rows=rows, shown=shown, is_cut=is_cut, **kwargs)


def _row(place: places.Place) -> dict:
    return {
        "key": place.part.key,
        "title": place.page.get_admin_display_title(),
        "why": reverse("wagtail_automation_why_page", args=[place.page.pk]),
        "kind": "",
        "is_live": place.page.live,
        "name": place.name,
        "is_shared": place.is_shared,
        "alternatives": [name for _id, name in place.alternatives],
        "url": results_url(place),
    }


def _row_of_use(use: elsewhere.Use) -> dict:
    return {
        "key": str(use.content.translation_key),
        "title": use.title,
        "why": use.url,
        "kind": use.kind,
        "is_live": use.is_live,
        "name": str(use.content),
        "is_shared": True,
        "alternatives": [child.value["name"] for child in use.content.alternatives],
        "url": reverse("wagtail_automation_shared_results", args=[use.content.pk]),
    }


def results_url(place: places.Place) -> str:
    """The page with the figures of a part; empty where nothing is counted."""
    if place.part.block.for_identified_only:
        return ""
    own = place.part.block.results_url(place.part.value, place.page)
    if own:
        return own
    if place.is_shared:
        return reverse("wagtail_automation_shared_results", args=[place.part.value.pk])
    return reverse("wagtail_automation_place_results", args=[place.page.pk, place.part.key])


class ResultsView(PersonalView):
    """Seen, clicked, goals of each alternative, and the comparison with those held back."""

    template_name = "wagtail_automation/content/admin/place_results.html"
    #: whether others see something else there
    has_fallback = True
    counts_closing = False

    def setup(self, request, *args, **kwargs):
        super().setup(request, *args, **kwargs)
        if request.user.has_perm(self.needed):
            self.read(**kwargs)

    def read(self, page_id, key):
        page = self.page_or_404(page_id)
        place = next((one for one in places.of_page(page) if one.part.key == key), None)
        if place is None:
            raise Http404(_("This part is not on the page any more."))
        self.title = f"{page.get_admin_display_title()}: {place.name}"
        self.key, self.alternatives = key, place.alternatives
        self.holdout, self.goal = place.holdout, place.goal

    def get_page_title(self):
        return self.title

    def get_context_data(self, **kwargs):
        rows = results(
            self.key, self.alternatives, goal_id=getattr(self.goal, "pk", None), holdout=self.holdout
        )
        shown = [
            {
                "row": row,
                "click_share": _percent(row.click_share) if row.people else "–",
                "goal_share": _percent(row.goal_share) if row.people and row.has_goal else "–",
                "held_share": _percent(row.held_share) if row.held_people and row.has_goal else "–",
                "width": round(row.click_share * 100, 1),
            }
            for row in rows
            if row.id or self.has_fallback
        ]
        return super().get_context_data(
            rows=shown,
            goal=self.goal,
            holdout=self.holdout,
            has_fallback=self.has_fallback,
            counts_closing=self.counts_closing,
            **kwargs,
        )


class SharedResultsView(ResultsView):
    """The same of a shared dynamic content, wherever it stands."""

    def read(self, pk):
        content = get_object_or_404(DynamicContent, pk=pk)
        self.title, self.key = str(content), str(content.translation_key)
        self.alternatives = [(child.id, child.value["name"]) for child in content.alternatives]
        self.holdout, self.goal = content.holdout, content.goal


def _percent(share: float) -> str:
    return f"{number_format(share * 100, 1)}\u00a0%"


class WhyView(PersonalView):
    """Why does somebody see what they see on a page: ``?lead=`` an address or number, else whom the editor
    chose, else the rules alone."""

    template_name = "wagtail_automation/content/admin/why_page.html"

    def get_page_title(self):
        return _("Who sees what on “%(page)s”?") % {"page": self.page.get_admin_display_title()}

    def get(self, request, *args, **kwargs):
        self.page = self.page_or_404(kwargs["page_id"])
        response = super().get(request, *args, **kwargs)
        response.headers["Cache-Control"] = "private, no-store"
        return response

    def lead(self) -> Lead | None:
        wanted = self.request.GET.get("lead", "").strip()[:254]
        if not self.request.user.has_perm("wagtail_automation_leads.view_lead"):
            return None
        if not wanted:
            return as_lead.chosen(self.request)
        mine = Lead.objects.visible_to(self.request.user)
        if wanted.isdecimal() and len(wanted) < 19:
            return mine.filter(pk=wanted).first()
        return mine.filter(email=wanted.lower()).first()

    def get_context_data(self, **kwargs):
        lead, now = self.lead(), clock.now()
        person = places.personal.Person.of_lead(lead, self.page) if lead is not None else None
        shown = []
        for place in places.of_page(self.page):
            chosen, is_held = place.part.block.choice(person, place.part.value) if person else ("", False)
            shown.append(
                {
                    "place": place,
                    "is_text": place.part.block.for_identified_only,
                    "is_held": is_held,
                    "is_drawn": place.part.block.is_drawn,
                    "chosen": chosen,
                    "url": results_url(place),
                    "alternatives": [
                        {
                            "id": one.id,
                            "name": name,
                            "reason": explain(one.rule, Lead, lead.pk, now) if lead is not None else None,
                            "words": one.rule.sentence(),
                        }
                        for one, (_id, name) in zip(
                            place.part.block.alternatives(place.part.value), place.alternatives, strict=True
                        )
                    ],
                }
            )
        return super().get_context_data(
            page=self.page,
            lead=lead,
            asked=self.request.GET.get("lead", ""),
            places=shown,
            chosen_lead=as_lead.chosen(self.request),
            **kwargs,
        )


@require_POST
def look_as(request, lead_pk=None):
    """From now on see the site as this lead; without one, as nobody. ``next``: where to go on."""
    lead = lead_or_404(request.user, lead_pk) if lead_pk is not None else None
    as_lead.choose(request, lead)
    target = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure()):
        target = reverse("wagtailadmin_home")
    if lead is not None:
        messages.success(
            request, _("You now see the personal parts of the site as %(lead)s does.") % {"lead": lead}
        )
    else:
        messages.success(request, _("You see the site as everybody does again."))
    response = HttpResponseRedirect(target)
    as_lead.apply(request, response, lead)
    return response
