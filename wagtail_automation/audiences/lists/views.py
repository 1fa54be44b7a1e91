"""Pages of a list: pasting addresses, merging, filtering to a new list, the archive."""

from django import forms
from django.core.exceptions import PermissionDenied, ValidationError
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.generic import FormView, TemplateView
from wagtail.admin import messages

from wagtail_automation import clock
from wagtail_automation.audiences.models import LeadList
from wagtail_automation.audiences.pages import LISTS, OwnerPage
from wagtail_automation.leads.assigning import assign
from wagtail_automation.leads.models import Lead
from wagtail_automation.leads.people import AssignForm, name_of
from wagtail_automation.rules.forms import RuleFormField

from . import actions, filling

SHOWN = 200


class ListFormView(OwnerPage, FormView):
    """A form about a list. What the action refuses stands at the field named ``at``."""

    kind = LISTS
    action = "change"
    template_name = "wagtail_automation/audiences/list_form.html"
    question = ""
    button = ""
    at: str | None = None

    def dispatch(self, request, *args, **kwargs):
        if self.refuses_computed and self.owner.is_computed:
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    refuses_computed = False

    def get_context_data(self, **kwargs):
        context = super().get_context_data(**kwargs)
        context["media"] = context["form"].media
        return context | {"owner": self.owner, "question": self.question, "button": self.button}

    def form_valid(self, form):
        try:
            return self.act(form, form.cleaned_data)
        except ValidationError as error:
            form.add_error(self.at, error.messages)
            return self.form_invalid(form)

    def act(self, form, cleaned):
        raise NotImplementedError


class PasteForm(forms.Form):
    text = forms.CharField(
        label=gettext_lazy("Email addresses"),
        widget=forms.Textarea(attrs={"rows": 10}),
        help_text=gettext_lazy(
            "One a line, or with commas or semicolons between. Names may stand beside them."
        ),
    )


class PasteView(ListFormView):
    """Nobody is created here: unknown addresses are told."""

    name = "paste"
    page_title = gettext_lazy("Add people")
    form_class = PasteForm
    at = "text"
    refuses_computed = True
    question = gettext_lazy(
        "Adds the leads who have these addresses. Nobody is created: addresses that no lead has are shown."
    )
    button = gettext_lazy("Add")

    def dispatch(self, request, *args, **kwargs):
        if not request.user.has_perm("wagtail_automation_audiences.add_listmembership"):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    def act(self, form, cleaned):
        report = actions.paste(
            lead_list=self.owner,
            text=cleaned["text"],
            now=clock.now(),
            user=self.request.user,
            leads=Lead.objects.visible_to(self.request.user),
        )
        context = self.get_context_data(form=PasteForm(), report=report)
        for name in ("unknown", "invalid"):
            context[name] = "\n".join(getattr(report, name)[:SHOWN])
            context[f"{name}_count"] = len(getattr(report, name))
        return self.render_to_response(context | {"shown": SHOWN})


class MergeForm(forms.Form):
    source = forms.ModelChoiceField(
        label=gettext_lazy("List to merge into it"),
        queryset=LeadList.objects.none(),
        empty_label=gettext_lazy("Choose a list"),
    )

    def __init__(self, *args, target, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["source"].queryset = LeadList.objects.exclude(pk=target.pk)


class MergeView(ListFormView):
    name = "merge"
    page_title = gettext_lazy("Merge a list into it")
    form_class = MergeForm
    at = "source"
    refuses_computed = True
    question = gettext_lazy(
        "Its members are added to this list. The other list is archived: it keeps its members, and whatever "
        "uses it goes on."
    )
    button = gettext_lazy("Merge")

    def get_form_kwargs(self):
        return super().get_form_kwargs() | {"target": self.owner}

    def act(self, form, cleaned):
        actions.merge(source=cleaned["source"], target=self.owner, user=self.request.user)
        words = {"one": cleaned["source"], "two": self.owner}
        messages.success(self.request, _("The members of “%(one)s” are being added to “%(two)s”.") % words)
        return redirect(LISTS.url("members", self.owner.pk))


class FilterForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("Name of the new list"), max_length=120)
    rule = RuleFormField(label=gettext_lazy("Members who match this rule"))


class FilterView(ListFormView):
    name = "filter"
    action = "add"
    page_title = gettext_lazy("Filter to a new list")
    form_class = FilterForm
    at = "rule"
    question = gettext_lazy(
        "Makes a new list of the members who match a rule now. Unlike a segment it does not follow later "
        "changes."
    )
    button = gettext_lazy("Make the list")

    def act(self, form, cleaned):
        made = actions.filter_to_new(
            lead_list=self.owner, rule=cleaned["rule"], name=cleaned["name"], user=self.request.user
        )
        messages.success(self.request, _("The list “%(list)s” is being filled.") % {"list": made})
        return redirect(LISTS.url("members", made.pk))


class AssignView(ListFormView):
    """Give the members that one may see to a person, in a constant number of statements."""

    name = "assign"
    action = "view"
    page_title = gettext_lazy("Assign the members")
    form_class = AssignForm
    at = "owner"
    question = gettext_lazy("Every member that you may see gets this owner, whoever it was before.")
    button = gettext_lazy("Assign")

    def dispatch(self, request, *args, **kwargs):
        if not request.user.has_perm("wagtail_automation_leads.change_lead"):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    def get_form_kwargs(self):
        return super().get_form_kwargs() | {"user": self.request.user}

    def act(self, form, cleaned):
        members = filling.members(self.owner).filter(
            pk__in=Lead.objects.visible_to(self.request.user).order_by().values("pk")
        )
        number = assign(leads=members, owner=cleaned["owner"], now=clock.now(), user=self.request.user)
        owner = name_of(cleaned["owner"]) or _("nobody")
        messages.success(
            self.request,
            ngettext(
                "%(count)d lead was assigned to %(owner)s.",
                "%(count)d leads were assigned to %(owner)s.",
                number,
            )
            % {"count": number, "owner": owner},
        )
        return redirect(LISTS.url("members", self.owner.pk))


class ArchiveView(OwnerPage, TemplateView):
    """Asks, then puts a segment or list into the archive or takes it out, and goes back to the listing."""

    action = "change"
    name = "archive"
    template_name = "wagtail_automation/audiences/archive.html"

    def get_page_title(self):
        return _("Reactivate") if self.owner.archived else _("Archive")

    def get_context_data(self, **kwargs):
        return super().get_context_data(owner=self.owner, back=self.owner_url(), **kwargs)

    def post(self, request, *args, **kwargs):
        target = self.owner
        try:
            actions.set_archived(target=target, archived=not target.archived, user=request.user)
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
        else:
            said = _("“%(name)s” was archived.") if target.archived else _("“%(name)s” is in use again.")
            messages.success(request, said % {"name": target})
        return redirect(self.kind.url(self.kind.index))
