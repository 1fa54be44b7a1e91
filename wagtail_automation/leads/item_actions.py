"""Every change to what people add to a lead: notes, files, the photo. Each is one transaction."""

import datetime as dt
import hashlib
import io
import uuid
import warnings
from pathlib import PurePath

from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext
from PIL import Image, ImageOps, UnidentifiedImageError
from wagtail.log_actions import log

from wagtail_automation import conf, signals

from . import querysets
from .field_types import clean_text
from .models import Lead, LeadFile, LeadNote, LeadPhoto
from .models.items import NOTE_LENGTH

#: What may be attached. They are only ever sent as downloads, whatever they hold.
FILE_TYPES = {
    "csv", "doc", "docx", "eml", "gif", "heic", "ics", "jpeg", "jpg", "md", "msg", "odp", "ods", "odt",
    "pdf", "png", "ppt", "pptx", "rtf", "txt", "vcf", "webp", "xls", "xlsx", "zip",
}  # fmt: skip
PHOTO_BYTES = 10 * 1024 * 1024
PHOTO_PIXELS = 40_000_000
PHOTO_SIDE = 256
#: what Pillow raises for data that only pretend
NOT_A_PICTURE = (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombWarning)


# -- notes -------------------------------------------------------------------------------------------------


def add_note(*, lead: Lead, text: str, now: dt.datetime, user=None, source: str = "") -> LeadNote:
    """A note about one lead. Raises ValidationError for an empty or too long one."""
    text = clean_note(text)
    with transaction.atomic():
        note = LeadNote.objects.create(lead=lead, text=text, author=user, source=source[:100], created_at=now)
        signals.items_added.send(sender=LeadNote, ids=[note.pk], now=now)
        if user is not None:
            log(lead, "wagtail_automation.note_add", user=user)
    return note


def clean_note(text: str) -> str:
    """The text as it is stored. Raises ValidationError."""
    text = clean_text(text, max_length=NOTE_LENGTH, lines=True)
    if not text:
        raise ValidationError(gettext("Write something first."), code="required")
    return text


def change_note(*, note: LeadNote, text: str, now: dt.datetime, user=None) -> bool:
    """Rewrite a note; returns whether it changed. Raises ValidationError."""
    text = clean_note(text)
    if text == note.text:
        return False
    with transaction.atomic():
        note.text, note.edited_at = text, now
        note.save(update_fields=["text", "edited_at"])
        if user is not None:
            log(note.lead, "wagtail_automation.note_change", user=user)
    return True


def delete_note(*, note: LeadNote, user=None) -> None:
    """Remove a note. The timeline keeps that there was one, not what it said."""
    with transaction.atomic():
        if user is not None:
            log(note.lead, "wagtail_automation.note_delete", user=user)
        note.delete()


def add_notes(*, cohort, text: str | dict[int, str], act: str = "") -> int:
    """A note about each lead of a cohort, the same or (by lead id) another for each; returns how many.

    A constant number of statements. ``act`` tells two notes of one act apart; a repeat with the same
    cohort keys adds nothing.
    """
    suffix = f":{hashlib.sha1(act.encode(), usedforsecurity=False).hexdigest()[:12]}" if act else ""
    rows = [
        {
            "uuid": uuid.uuid4().hex,
            "lead": lead,
            "key": f"{key}{suffix}"[:200],
            "text": text if isinstance(text, str) else text[lead],
        }
        for lead, key in cohort.rows().values_list("cohort_lead", "cohort_key")
        if isinstance(text, str) or lead in text
    ]
    with transaction.atomic():
        ids = querysets.insert_notes(LeadNote, rows, source=cohort.origin[:100], now=cohort.now)
        if ids:
            signals.items_added.send(sender=LeadNote, ids=ids, now=cohort.now)
    return len(ids)


# -- files -------------------------------------------------------------------------------------------------


def add_file(*, lead: Lead, upload: UploadedFile, now: dt.datetime, user=None) -> LeadFile:
    """Keep a file with the lead. Raises ValidationError for one too large, empty or of a type not allowed."""
    name = clean_file(upload)
    with transaction.atomic():
        item = LeadFile(lead=lead, name=name, size=upload.size, author=user, created_at=now)
        item.file.save(name, upload, save=False)
        try:
            item.save()
            signals.items_added.send(sender=LeadFile, ids=[item.pk], now=now)
            if user is not None:
                log(lead, "wagtail_automation.file_add", user=user, data={"name": name})
        except BaseException:
            item.file.storage.delete(item.file.name)
            raise
    return item


def clean_file(upload: UploadedFile) -> str:
    """The name under which it is kept. Raises ValidationError."""
    name = clean_text(PurePath(str(upload.name).replace("\\", "/")).name, max_length=200)
    suffix = name.rpartition(".")[2].lower() if "." in name.strip(".") else ""
    if suffix not in FILE_TYPES:
        raise ValidationError(
            gettext("Files of this type cannot be attached. Allowed are: %(types)s.")
            % {"types": ", ".join(sorted(FILE_TYPES))},
            code="type",
        )
    limit = conf.get("FILE_MAX_BYTES")
    if upload.size > limit:
        raise ValidationError(
            gettext("The file is larger than %(limit)s.") % {"limit": filesizeformat(limit)}, code="size"
        )
    if not upload.size:
        raise ValidationError(gettext("The file is empty."), code="empty")
    return name


def delete_file(*, item: LeadFile, user=None) -> None:
    """Remove a file, from the disk too."""
    with transaction.atomic():
        if user is not None:
            log(item.lead, "wagtail_automation.file_delete", user=user, data={"name": item.name})
        item.delete()


# -- photo -------------------------------------------------------------------------------------------------


def set_photo(*, lead: Lead, upload: UploadedFile, now: dt.datetime, user=None) -> LeadPhoto:
    """Draw the portrait anew, small and square, without what the camera wrote into it. Raises
    ValidationError for what is no picture."""
    image = _portrait(upload)
    with transaction.atomic():
        photo, _created = LeadPhoto.objects.update_or_create(
            lead=lead,
            defaults={
                "image": image,
                "digest": hashlib.sha256(image).hexdigest()[:16],
                "created_at": now,
            },
        )
        if user is not None:
            log(lead, "wagtail_automation.photo", user=user)
    return photo


def remove_photo(*, lead: Lead, user=None) -> bool:
    """Back to initials; returns whether there was a photo."""
    with transaction.atomic():
        removed = bool(LeadPhoto.objects.filter(lead=lead).delete()[0])
        if removed and user is not None:
            log(lead, "wagtail_automation.photo_remove", user=user)
    return removed


def _portrait(upload: UploadedFile) -> bytes:
    problem = ValidationError(gettext("Choose a picture: JPEG, PNG or WebP, at most 10 MB."), code="photo")
    if not upload.size or upload.size > PHOTO_BYTES:
        raise problem
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            picture = Image.open(io.BytesIO(upload.read()), formats=["JPEG", "PNG", "WEBP"])
            if picture.width * picture.height > PHOTO_PIXELS:
                raise problem
            picture = ImageOps.exif_transpose(picture).convert("RGBA")
    except (
        UnidentifiedImageError,
        OSError,
        ValueError,
        SyntaxError,
        Image.DecompressionBombWarning,
    ) as error:
        raise problem from error
    picture = ImageOps.fit(picture, (PHOTO_SIDE, PHOTO_SIDE))
    ground = Image.new("RGB", picture.size, "white")
    ground.paste(picture, mask=picture.getchannel("A"))
    out = io.BytesIO()
    ground.save(out, "JPEG", quality=85)
    return out.getvalue()
