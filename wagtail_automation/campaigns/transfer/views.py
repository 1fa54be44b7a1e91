"""Pages: a campaign as a file, a draft from a file, and what the draft refers to that is not here."""

from django import forms
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.generic import FormView, View
from wagtail.admin import messages
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin

from wagtail_automation.campaigns.admin_views import CampaignPageMixin
from wagtail_automation.campaigns.models import Campaign
from wagtail_automation.campaigns.tree.panels import is_locked_for

from .exporting import dump, export_campaign
from .importing import import_campaign
from .missing import find_missing, settle
from .names import MISSING_URL
from .reading import MAX_BYTES, read, too_long


class ExportView(CampaignPageMixin, View):
    """The latest draft as a file."""

    @cached_property
    def campaign(self):
        return super().campaign.get_latest_revision_as_object()

    def get(self, request, *args, **kwargs):
        text = dump(export_campaign(self.campaign))
        name = slugify(self.campaign.name) or "campaign"
        return HttpResponse(
            text,
            content_type="application/json",
            headers={"Content-Disposition": f'attachment; filename="{name}.json"'},
        )


class ImportForm(forms.Form):
    """A file, and what to call its campaign."""

    file = forms.FileField(
        label=gettext_lazy("File"),
        help_text=gettext_lazy("A JSON file that “Export as a file” gave on this or another site."),
    )
    name = forms.CharField(
        label=gettext_lazy("Name"),
        required=False,
        max_length=160,
        help_text=gettext_lazy("Leave it empty for the name in the file."),
    )

    def clean_file(self):
        upload = self.cleaned_data["file"]
        if upload.size > MAX_BYTES:
            raise too_long()
        return read(upload.read())


class ImportView(WagtailAdminTemplateMixin, FormView):
    """Makes a draft from a file."""

    form_class = ImportForm
    page_title = gettext_lazy("Import a campaign")
    header_icon = "wa-campaign"
    template_name = "wagtail_automation/campaigns/import.html"

    def dispatch(self, request, *args, **kwargs):
        if not Campaign.snippet_viewset.permission_policy.user_has_permission(request.user, "add"):
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
        back = reverse(Campaign.snippet_viewset.get_url_name("list"))
        return super().get_context_data(**kwargs, back=back)

    def form_valid(self, form):
        try:
            imported = import_campaign(
                form.cleaned_data["file"], name=form.cleaned_data["name"], user=self.request.user
            )
        except ValidationError as error:
            form.add_error("file", error)
            return self.form_invalid(form)
        said = _("The draft “%(campaign)s” was made.") % {"campaign": imported.campaign}
        messages.success(self.request, said)
        if imported.missing:
            return redirect(MISSING_URL, imported.campaign.pk)
        return redirect(Campaign.snippet_viewset.get_url_name("edit"), imported.campaign.pk)


class MissingForm(forms.Form):
    """A chooser for each thing that is missing, and whether its places stay empty."""

    def __init__(self, *args, missing, **kwargs):
        super().__init__(*args, **kwargs)
        self.missing = [(number, one) for number, one in enumerate(missing) if one.block is not None]
        for number, one in self.missing:
            self.fields[f"chosen{number}"] = forms.ModelChoiceField(
                queryset=one.block.model_class._default_manager.all(),
                widget=one.block.widget,
                required=False,
                label=str(one),
                help_text=_("Chosen in: %(steps)s") % {"steps": ", ".join(one.steps)},
            )
            self.fields[f"empty{number}"] = forms.BooleanField(
                required=False, label=_("It stays empty: %(object)s") % {"object": one}
            )

    def answers(self) -> list:
        """``(missing, primary key or None)`` of those that were answered."""
        found = []
        for number, one in self.missing:
            chosen = self.cleaned_data.get(f"chosen{number}")
            if chosen is not None or self.cleaned_data.get(f"empty{number}"):
                found.append((one, chosen and chosen.pk))
        return found


class MissingView(CampaignPageMixin, FormView):
    """Asks what takes the place of what was not found; as often as one likes."""

    permissions = ("change",)
    form_class = MissingForm
    page_title = gettext_lazy("What was not found on this site")
    template_name = "wagtail_automation/campaigns/missing.html"

    @cached_property
    def draft(self):
        return self.campaign.get_latest_revision_as_object()

    @cached_property
    def missing(self):
        return find_missing(self.draft)

    def get_form_kwargs(self):
        return super().get_form_kwargs() | {"missing": self.missing}

    def get_context_data(self, **kwargs):
        return super().get_context_data(
            **kwargs,
            back=self.campaign_url(),
            others=[one for one in self.missing if one.block is None],
            media=kwargs["form"].media if "form" in kwargs else self.get_form().media,
        )

    def form_valid(self, form):
        if is_locked_for(self.campaign, self.request.user):
            raise PermissionDenied
        answers = form.answers()
        with transaction.atomic():
            settle(self.draft, answers)
            revision = self.draft.save_revision(user=self.request.user, clean=False, log_action=True)
            if not self.campaign.live:  # as Wagtail: the row of a draft follows its latest revision
                revision.as_object().save()
        said = ngettext("%(count)d answer was saved.", "%(count)d answers were saved.", len(answers))
        messages.success(self.request, said % {"count": len(answers)})
        for name in ("campaign", "draft", "missing"):  # read again what was saved
            self.__dict__.pop(name, None)
        return redirect(MISSING_URL, self.campaign.pk) if self.missing else redirect(self.campaign_url())
