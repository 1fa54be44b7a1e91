"""Content in the Wagtail admin: forms, their answers, and what keeps answers from being lost."""

from django.contrib import messages
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils.translation import gettext, gettext_lazy, ngettext
from wagtail import hooks
from wagtail.admin.menu import MenuItem
from wagtail.admin.userbar import BaseItem
from wagtail.admin.widgets.button import Button
from wagtail.snippets.models import register_snippet

from wagtail_automation.admin import menu
from wagtail_automation.audiences.dynamic import viewsets as dynamic
from wagtail_automation.content import personal
from wagtail_automation.content.landing import hooks as _landing  # noqa: F401  registers itself
from wagtail_automation.content.models import Form, FormSubmission
from wagtail_automation.content.views import answer, places, snippet
from wagtail_automation.content.views.answers import AnswersView, FormAnswersView
from wagtail_automation.content.viewsets import FormViewSet

forms = FormViewSet()
register_snippet(lambda: forms)
menu.register_viewset_in_menu("content", forms, 300)


class AnswersMenuItem(MenuItem):
    """For those who may see answers."""

    def is_shown(self, request):
        return request.user.has_perm("wagtail_automation_content.view_formsubmission")


menu.register(
    "content",
    lambda: AnswersMenuItem(
        gettext_lazy("Answers"),
        reverse("wagtail_automation_answers"),
        name="automation-answers",
        icon_name="list-ul",
    ),
    310,
)


@hooks.register("register_log_actions")
def log_actions(actions):
    actions.register_action(
        "wagtail_automation.answer_delete", gettext_lazy("Delete an answer"), gettext_lazy("Answer deleted")
    )


@hooks.register("register_admin_urls")
def urls():
    return [
        path("automation/answers/", AnswersView.as_view(), name="wagtail_automation_answers"),
        path(
            "automation/answers/results/",
            AnswersView.as_view(results_only=True),
            name="wagtail_automation_answers_results",
        ),
        path(
            "automation/forms/<int:pk>/answers/",
            FormAnswersView.as_view(),
            name="wagtail_automation_answers_of",
        ),
        path(
            "automation/forms/<int:pk>/answers/results/",
            FormAnswersView.as_view(results_only=True),
            name="wagtail_automation_answers_of_results",
        ),
        path("automation/forms/<int:pk>/embed/", snippet.snippet, name="wagtail_automation_form_embed"),
        path("automation/answers/<int:pk>/", answer.show, name="wagtail_automation_answer"),
        path("automation/answers/<int:pk>/delete/", answer.delete, name="wagtail_automation_answer_delete"),
        path(
            "automation/answers/<int:pk>/files/<int:file_pk>/",
            answer.download,
            name="wagtail_automation_answer_file",
        ),
    ]


class PlacesMenuItem(MenuItem):
    """For those who may see dynamic content."""

    def is_shown(self, request):
        return request.user.has_perm(places.MAY)


menu.register(
    "content",
    lambda: PlacesMenuItem(
        gettext_lazy("Personalised places"),
        reverse("wagtail_automation_places"),
        name="automation-places",
        icon_name="group",
    ),
    335,
)


def results_button(content) -> Button:
    """From a shared content to what it did."""
    url = reverse("wagtail_automation_shared_results", args=[content.pk])
    return Button(gettext("Results"), url=url, icon_name="history", priority=5)


dynamic.header_buttons.append(results_button)


class WhyItem(BaseItem):
    """In the userbar of pages with personal parts."""

    template_name = "wagtail_automation/content/admin/userbar_item.html"

    def __init__(self, page):
        self.page = page


@hooks.register("construct_wagtail_userbar")
def why_in_userbar(request, items, page):
    """Only on pages that have something personal; costs nothing for visitors, who have no userbar."""
    if page is None or not page.pk or not request.user.has_perm(places.MAY):
        return
    if personal.parts(page.specific):
        items.append(WhyItem(page))


@hooks.register("register_admin_urls")
def place_urls():
    base = "automation/personalised/"
    return [
        path(base, places.PlacesView.as_view(), name="wagtail_automation_places"),
        path(f"{base}why/<int:page_id>/", places.WhyView.as_view(), name="wagtail_automation_why_page"),
        path(
            f"{base}page/<int:page_id>/<str:key>/",
            places.ResultsView.as_view(),
            name="wagtail_automation_place_results",
        ),
        path(
            f"{base}shared/<int:pk>/",
            places.SharedResultsView.as_view(),
            name="wagtail_automation_shared_results",
        ),
        path("automation/leads/<int:lead_pk>/look-as/", places.look_as, name="wagtail_automation_look_as"),
        path(f"{base}as-nobody/", places.look_as, name="wagtail_automation_look_as_nobody"),
    ]


@hooks.register("before_delete_snippet")
def keep_answers(request, instances):
    """A form with answers is not deleted: nobody loses what visitors wrote by deleting a form."""
    forms_to_delete = [instance for instance in instances if isinstance(instance, Form)]
    answered = FormSubmission.objects.filter(form__in=forms_to_delete).count() if forms_to_delete else 0
    if not answered:
        return None
    messages.error(
        request,
        ngettext(
            "This form has %(count)d answer. Take it off its pages instead of deleting it.",
            "There are %(count)d answers. Take the form off its pages instead of deleting it.",
            answered,
        )
        % {"count": answered},
    )
    return redirect(forms.get_url_name("list"))


@hooks.register("register_permissions")
def permissions():
    """Who may see answers is decided with the other permissions of a group."""
    from django.contrib.auth.models import Permission

    return Permission.objects.filter(
        content_type__app_label="wagtail_automation_content",
        codename__in=["view_formsubmission", "delete_formsubmission"],
    )


from . import more_hooks  # noqa: E402, F401  (promos, surveys and assets register theirs)
