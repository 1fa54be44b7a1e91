"""HTTP edge of the lead page: one field in place, notes, files, the photo, and who a visitor is."""

from django import forms
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET
from wagtail.admin import messages

from wagtail_automation import clock
from wagtail_automation.private import download_of

from . import actions, item_actions, page
from .access import lead_or_404, may
from .forms import SOURCE, LeadForm
from .models import LeadFile, LeadNote, LeadPhoto

NOTES, FILES, PROFILE = "notes", "files", "profile"


def _posted(request):
    """What was sent, be it nothing; None when nothing was to be sent."""
    return request.POST if request.method == "POST" else None


@require_GET
def panel(request, pk, key):
    """One panel of the lead page."""
    return page.panel_view(request, lead_or_404(request.user, pk), key)


# -- one field ---------------------------------------------------------------------------------------------


class FieldForm(forms.Form):
    """One field of the profile form, with that form's own widget, choices and value."""

    def __init__(self, *args, lead, key, user, **kwargs):
        super().__init__(*args, **kwargs)
        whole = LeadForm(instance=lead, for_user=user)
        if key not in whole.fields:
            raise Http404
        self.key, self.lead = key, lead
        self.described = whole.lead_fields.get(key)
        self.fields[key] = whole.fields[key]
        label = self.described.label if self.described is not None else whole.fields[key].label
        self.fields[key].label = label
        self.initial[key] = whole.get_initial_for_field(whole.fields[key], key)

    def clean(self):
        cleaned = super().clean()
        if self.described is not None and self.key not in self.errors:
            try:
                cleaned[self.key] = self.described.clean(cleaned.get(self.key))
            except ValidationError as error:
                self.add_error(self.key, error)
        return cleaned

    def save(self, user) -> None:
        """Write the value. Raises ValidationError."""
        value, now = self.cleaned_data[self.key], clock.now()
        if self.described is None:
            actions.set_owner(lead=self.lead, owner=value, now=now, user=user)
        elif self.key == "email":
            if value and value != self.lead.email:
                actions.change_address(
                    lead=self.lead, kind="email", value=value, source=SOURCE, now=now, user=user
                )
        else:
            actions.set_fields(lead=self.lead, fields={self.key: value}, source=SOURCE, now=now, user=user)


def edit_field(request, pk, key):
    """One value in place."""
    lead = lead_or_404(request.user, pk, ("change", "lead"))
    form = FieldForm(_posted(request), lead=lead, key=key, user=request.user)
    label = str(form.fields[key].label)
    return page.form_view(
        request,
        lead,
        form,
        lambda form: form.save(request.user),
        panel=PROFILE,
        heading=_("Edit: %(field)s") % {"field": label},
        submit=_("Save"),
        focus=f"edit-{key}",
    )


# -- notes -------------------------------------------------------------------------------------------------


class NoteForm(forms.ModelForm):
    """Plain text; addresses of pages become links."""

    class Meta:
        model = LeadNote
        fields = ("text",)
        widgets = {"text": forms.Textarea(attrs={"rows": 3})}
        labels = {"text": gettext_lazy("Note")}


class ConfirmForm(forms.Form):
    """Nothing to fill in: the button is the answer."""


def add_note(request, pk):
    lead = lead_or_404(request.user, pk, ("add", "leadnote"))

    def save(form):
        item_actions.add_note(lead=lead, text=form.cleaned_data["text"], now=clock.now(), user=request.user)

    form = NoteForm(_posted(request))
    return page.form_view(
        request, lead, form, save, panel=NOTES, heading=_("Add a note"), submit=_("Add"), focus="note-add"
    )


def may_change(user, item, action: str) -> bool:
    """The author, and whoever holds the permission for notes or files of others."""
    model = item._meta.model_name
    return (item.author_id == user.pk and may(user, "add", model)) or may(user, action, model)


def _own(request, pk, model, item_pk, action):
    lead = lead_or_404(request.user, pk)
    item = get_object_or_404(model, pk=item_pk, lead=lead)
    if not may_change(request.user, item, action):
        raise PermissionDenied
    item.lead = lead
    return lead, item


def edit_note(request, pk, note_pk):
    lead, note = _own(request, pk, LeadNote, note_pk, "change")

    def save(form):
        item_actions.change_note(
            note=LeadNote.objects.select_related("lead").get(pk=note.pk),
            text=form.cleaned_data["text"],
            now=clock.now(),
            user=request.user,
        )

    return page.form_view(
        request,
        lead,
        NoteForm(_posted(request), instance=note),
        save,
        panel=NOTES,
        heading=_("Edit the note"),
        submit=_("Save"),
        focus=f"note-{note.pk}",
    )


def delete_note(request, pk, note_pk):
    lead, note = _own(request, pk, LeadNote, note_pk, "delete")
    return page.form_view(
        request,
        lead,
        ConfirmForm(_posted(request)),
        lambda form: item_actions.delete_note(note=note, user=request.user),
        panel=NOTES,
        heading=_("Delete this note?"),
        text=str(note),
        submit=_("Delete"),
        is_danger=True,
        focus="note-add",
    )


# -- files -------------------------------------------------------------------------------------------------


class FileForm(forms.Form):
    file = forms.FileField(label=gettext_lazy("File"), max_length=200, allow_empty_file=True)


def add_file(request, pk):
    lead = lead_or_404(request.user, pk, ("add", "leadfile"))

    def save(form):
        item_actions.add_file(lead=lead, upload=form.cleaned_data["file"], now=clock.now(), user=request.user)

    form = FileForm(request.POST, request.FILES) if request.method == "POST" else FileForm()
    return page.form_view(
        request,
        lead,
        form,
        save,
        panel=FILES,
        heading=_("Attach a file"),
        submit=_("Attach"),
        focus="file-add",
    )


def delete_file(request, pk, file_pk):
    lead, item = _own(request, pk, LeadFile, file_pk, "delete")
    return page.form_view(
        request,
        lead,
        ConfirmForm(_posted(request)),
        lambda form: item_actions.delete_file(item=item, user=request.user),
        panel=FILES,
        heading=_("Delete this file?"),
        text=item.name,
        submit=_("Delete"),
        is_danger=True,
        focus="file-add",
    )


@require_GET
def download(request, pk, file_pk):
    lead = lead_or_404(request.user, pk, ("view", "leadfile"))
    item = get_object_or_404(LeadFile, pk=file_pk, lead=lead)
    return download_of(item.file, item.name)


# -- photo -------------------------------------------------------------------------------------------------


class PhotoForm(forms.Form):
    photo = forms.FileField(
        label=gettext_lazy("Photo"),
        required=False,
        allow_empty_file=True,
        help_text=gettext_lazy("JPEG, PNG or WebP, at most 10 MB. It is cut to a square."),
        widget=forms.FileInput(attrs={"accept": "image/jpeg,image/png,image/webp"}),
    )
    remove = forms.BooleanField(label=gettext_lazy("Remove the photo and show initials"), required=False)


def edit_photo(request, pk):
    lead = lead_or_404(request.user, pk, ("change", "lead"))

    def save(form):
        if form.cleaned_data["photo"]:
            item_actions.set_photo(
                lead=lead, upload=form.cleaned_data["photo"], now=clock.now(), user=request.user
            )
        elif form.cleaned_data.get("remove"):
            item_actions.remove_photo(lead=lead, user=request.user)

    form = PhotoForm(request.POST, request.FILES) if request.method == "POST" else PhotoForm()
    if not LeadPhoto.objects.filter(lead=lead).exists():
        del form.fields["remove"]
    return page.form_view(
        request, lead, form, save, panel=PROFILE, heading=_("Photo of %(lead)s") % {"lead": lead},
        submit=_("Save"),
    )  # fmt: skip


@require_GET
def photo(request, pk, digest):
    """The photo, for those who may see the lead."""
    lead = lead_or_404(request.user, pk)
    found = get_object_or_404(LeadPhoto, lead=lead, digest=digest)
    response = HttpResponse(bytes(found.image), content_type="image/jpeg")
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "private, max-age=3600"
    return response


# -- who a visitor is --------------------------------------------------------------------------------------


class IdentifyForm(forms.Form):
    """What somebody said of a person who only visited so far."""

    email = forms.CharField(
        label=gettext_lazy("Email address"), required=False, max_length=254, widget=forms.EmailInput
    )
    phone = forms.CharField(
        label=gettext_lazy("Phone"),
        required=False,
        max_length=60,
        help_text=gettext_lazy("With its country code, such as +33 1 23 45 67 89."),
    )
    first_name = forms.CharField(label=gettext_lazy("First name"), required=False, max_length=100)
    last_name = forms.CharField(label=gettext_lazy("Last name"), required=False, max_length=100)
    company = forms.CharField(label=gettext_lazy("Company"), required=False, max_length=200)
    merge = forms.BooleanField(required=False, widget=forms.HiddenInput)

    IDENTIFIERS = ("email", "phone")

    def clean(self):
        cleaned = super().clean()
        if not any(cleaned.get(name) for name in self.IDENTIFIERS) and not self.errors:
            self.add_error("email", _("Give an email address or a phone number."))
        return cleaned

    def given(self) -> tuple[dict, dict]:
        """``(identifiers, fields)`` of what was filled in."""
        filled = {name: value for name, value in self.cleaned_data.items() if value and name != "merge"}
        identifiers = {name: filled.pop(name) for name in self.IDENTIFIERS if name in filled}
        return identifiers, filled


def identify(request, pk):
    """An anonymous visitor becomes a lead; or part of one that is there, after a question."""
    lead = lead_or_404(request.user, pk, ("change", "lead"))
    if lead.is_known:
        messages.info(request, _("It is known already who this is."))
        return redirect(page.lead_url(lead))
    form = IdentifyForm(_posted(request))
    text = _("What this browser did so far stays with the person. Its visitor is shown nothing personal: "
             "only they themselves can say who they are.")  # fmt: skip
    survivor = lead

    def save(form):
        nonlocal survivor
        identifiers, fields = form.given()
        other = actions.known_by(identifiers)
        if other is not None and not form.cleaned_data["merge"]:
            form.data = form.data.copy()
            form.data["merge"] = "on"
            raise ValidationError(
                _("This address belongs to %(lead)s. Save again to add this visitor's history to that lead.")
                % {"lead": other},
                code="merge",
            )
        survivor = actions.identify_by_hand(
            lead=lead, identifiers=identifiers, fields=fields, now=clock.now(), user=request.user
        )

    response = page.form_view(
        request,
        lead,
        form,
        save,
        panel=PROFILE,
        heading=_("Who is this visitor?"),
        text=text,
        submit=_("Save"),
    )
    if response.status_code == 302:
        messages.success(request, _("The visitor is %(lead)s.") % {"lead": survivor})
        return redirect(page.lead_url(survivor))
    return response


PREFIX = "automation/leads/<int:pk>"
urlpatterns = [
    path(f"{PREFIX}/panel/<str:key>/", panel, name="wagtail_automation_lead_panel"),
    path(f"{PREFIX}/field/<str:key>/", edit_field, name="wagtail_automation_lead_field"),
    path(f"{PREFIX}/identify/", identify, name="wagtail_automation_lead_identify"),
    path(f"{PREFIX}/notes/add/", add_note, name="wagtail_automation_note_add"),
    path(f"{PREFIX}/notes/<int:note_pk>/", edit_note, name="wagtail_automation_note_edit"),
    path(f"{PREFIX}/notes/<int:note_pk>/delete/", delete_note, name="wagtail_automation_note_delete"),
    path(f"{PREFIX}/files/add/", add_file, name="wagtail_automation_file_add"),
    path(f"{PREFIX}/files/<int:file_pk>/", download, name="wagtail_automation_file"),
    path(f"{PREFIX}/files/<int:file_pk>/delete/", delete_file, name="wagtail_automation_file_delete"),
    path(f"{PREFIX}/photo/", edit_photo, name="wagtail_automation_lead_photo_edit"),
    path(f"{PREFIX}/photo/<str:digest>/", photo, name="wagtail_automation_lead_photo"),
]
