"""The form field for a file: a bounded one, whose content is what its name says."""

import hashlib
import io
import warnings
import zipfile
from pathlib import PurePath

from django import forms
from django.core.exceptions import ValidationError
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from PIL import Image, UnidentifiedImageError
from wagtail import blocks

from wagtail_automation import conf
from wagtail_automation.leads.field_types import clean_text

from .form_fields import FormFieldBlock, layout, register

MEGABYTE = 1024 * 1024
MAX_PIXELS = 60_000_000
MAX_MEMBERS = 5000
PICTURES = {"jpg": "JPEG", "jpeg": "JPEG", "png": "PNG", "webp": "WEBP", "gif": "GIF"}
#: suffix -> a member that only such an archive has, and what its ``mimetype`` must be where it has one
OFFICE = {
    "docx": ("word/document.xml", None),
    "xlsx": ("xl/workbook.xml", None),
    "pptx": ("ppt/presentation.xml", None),
    "odt": ("content.xml", b"application/vnd.oasis.opendocument.text"),
    "ods": ("content.xml", b"application/vnd.oasis.opendocument.spreadsheet"),
    "odp": ("content.xml", b"application/vnd.oasis.opendocument.presentation"),
}
KINDS = {
    "picture": tuple(PICTURES),
    "pdf": ("pdf",),
    "office": tuple(OFFICE),
    "text": ("txt", "csv"),
}


def suffix_of(name: str) -> str:
    return name.rpartition(".")[2].lower() if "." in name.strip(".") else ""


def is_what_it_says(upload, suffix: str) -> bool:
    """Whether the content is of the type of the suffix; the name and the browser's word prove nothing."""
    upload.seek(0)
    try:
        if suffix in PICTURES:
            return _is_picture(upload, PICTURES[suffix])
        if suffix == "pdf":
            return upload.read(5) == b"%PDF-"
        if suffix in OFFICE:
            return _is_office(upload, *OFFICE[suffix])
        return _is_text(upload)
    finally:
        upload.seek(0)


def _is_picture(upload, kind) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(upload.read()), formats=[kind]) as picture:
                size = picture.width * picture.height
                picture.verify()
        return size <= MAX_PIXELS
    except (
        UnidentifiedImageError,
        OSError,
        ValueError,
        SyntaxError,
        Image.DecompressionBombWarning,
        Image.DecompressionBombError,
    ):
        return False


def _is_office(upload, member, mimetype) -> bool:
    try:
        with zipfile.ZipFile(upload) as archive:
            names = archive.namelist()
            if len(names) > MAX_MEMBERS or member not in names:
                return False
            if mimetype is None:
                return "[Content_Types].xml" in names
            if archive.getinfo("mimetype").file_size > 200:
                return False
            return archive.read("mimetype").strip() == mimetype
    except (zipfile.BadZipFile, KeyError, OSError, ValueError, NotImplementedError, RuntimeError):
        return False


def _is_text(upload) -> bool:
    content = upload.read()
    if b"\x00" in content or content[:5] == b"%PDF-":
        return False
    try:
        beginning = content.decode("utf-8-sig")[:1000].lstrip().lower()
    except UnicodeDecodeError:
        beginning = content.decode("latin-1")[:1000].lstrip().lower()
    return not beginning.startswith(("<!doctype", "<html", "<?xml", "<svg", "<script", "#!"))


def digest(upload) -> str:
    """SHA-256 of the content, so that the same form with another file is another submission."""
    found = hashlib.sha256()
    for chunk in upload.chunks():
        found.update(chunk)
    upload.seek(0)
    return found.hexdigest()


class UploadField(forms.FileField):
    """One file of the suffixes allowed, at most ``limit`` bytes."""

    def __init__(self, *, suffixes, limit, **kwargs):
        self.suffixes, self.limit = suffixes, limit
        accept = ",".join(f".{suffix}" for suffix in suffixes)
        super().__init__(widget=forms.FileInput(attrs={"accept": accept}), **kwargs)

    def clean(self, data, initial=None):
        upload = super().clean(data, initial)
        if not upload:
            return None
        name = clean_text(PurePath(str(upload.name).replace("\\", "/")).name, max_length=200)
        if upload.size > self.limit:
            raise ValidationError(
                gettext("The file is larger than %(limit)s.") % {"limit": filesizeformat(self.limit)},
                code="size",
            )
        suffix = suffix_of(name)
        if suffix not in self.suffixes:
            raise ValidationError(
                gettext("Files of this type cannot be sent. Allowed are: %(types)s.")
                % {"types": ", ".join(self.suffixes)},
                code="type",
            )
        if not is_what_it_says(upload, suffix):
            raise ValidationError(gettext("The content of this file is not what its name says."), code="lie")
        upload.name = name
        return upload


@register
class FileUploadField(FormFieldBlock):
    """A file, kept where no web server looks."""

    key = "file"
    is_file = True

    kinds = blocks.MultipleChoiceBlock(
        label=_("Allowed files"),
        choices=[
            ("picture", _("Pictures (JPEG, PNG, WebP, GIF)")),
            ("pdf", _("PDF")),
            ("office", _("Office documents (Word, Excel, PowerPoint, OpenDocument)")),
            ("text", _("Plain text and CSV")),
        ],
        default=["picture", "pdf"],
    )
    megabytes = blocks.IntegerBlock(
        label=_("Largest size in megabytes"), default=5, min_value=1, max_value=100
    )

    class Meta:
        label = _("File")
        icon = "upload"
        form_layout = layout("label", "kinds", "help_text", "required", settings=["megabytes"])

    def limit(self, value) -> int:
        """Bytes."""
        return min((value.get("megabytes") or 5) * MEGABYTE, conf.get("FILE_MAX_BYTES"))

    def form_field(self, value):
        suffixes = [suffix for kind in value.get("kinds") or () for suffix in KINDS.get(kind, ())]
        common = self.common(value)
        common["help_text"] = common["help_text"] or gettext("%(types)s – at most %(limit)s") % {
            "types": ", ".join(suffix for suffix in suffixes if suffix != "jpeg"),
            "limit": filesizeformat(self.limit(value)),
        }
        return UploadField(suffixes=suffixes, limit=self.limit(value), **common)

    def to_json(self, cleaned):
        return cleaned.name if cleaned else None
