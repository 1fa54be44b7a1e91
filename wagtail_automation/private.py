"""Files that are nobody's but the site's: kept where no web server looks, sent by views that ask who asks."""

import os
from pathlib import Path

from django.conf import settings
from django.core.checks import Warning as CheckWarning
from django.core.checks import register
from django.core.files.storage import FileSystemStorage, Storage, storages
from django.db.models.fields.files import FieldFile
from django.http import FileResponse, Http404
from django.utils.translation import gettext as _

from . import conf

#: An entry of this name in STORAGES is used instead of the folder.
ALIAS = "wagtail_automation_private"


def root() -> Path:
    """The folder: the setting ``PRIVATE_ROOT``, else ``private`` beside MEDIA_ROOT."""
    chosen = conf.get("PRIVATE_ROOT")
    return Path(chosen) if chosen else Path(settings.MEDIA_ROOT or ".").resolve().parent / "private"


class PrivateStorage(FileSystemStorage):
    """Files readable by the site's own user alone, without any address. The folder is read when used."""

    def __init__(self):
        super().__init__(file_permissions_mode=0o600, directory_permissions_mode=0o700)

    @property
    def base_location(self):
        return root()

    @property
    def location(self):
        return os.path.abspath(root())

    def url(self, name):
        raise ValueError("A private file has no address; a view sends it.")


def private_storage() -> Storage:
    """For ``FileField(storage=private_storage)``."""
    return storages[ALIAS] if ALIAS in settings.STORAGES else PrivateStorage()


def download_of(file: FieldFile, name: str) -> FileResponse:
    """The file, always as a download and never as a page: what it holds runs nowhere near the admin.

    Raises Http404 where the file is gone.
    """
    try:
        content = file.open("rb")
    except FileNotFoundError as error:
        raise Http404(_("The file is missing.")) from error
    response = FileResponse(
        content, as_attachment=True, filename=name, content_type="application/octet-stream"
    )
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "private, no-store"
    return response


@register("wagtail_automation")
def check_private_root(app_configs=None, **kwargs):
    """Private files below MEDIA_ROOT would be public on most sites."""
    media = settings.MEDIA_ROOT
    if ALIAS in settings.STORAGES or not media:
        return []
    if not isinstance(getattr(settings, "WAGTAIL_AUTOMATION", {}), dict):
        return []  # E001 says so
    if not isinstance(conf.get("PRIVATE_ROOT"), str | os.PathLike | None):
        return []  # E008 says so
    if root().resolve().is_relative_to(Path(media).resolve()):
        return [
            CheckWarning(
                "Private files are kept below MEDIA_ROOT, which web servers publish.",
                hint="Set WAGTAIL_AUTOMATION['PRIVATE_ROOT'] to a folder that no web server reads.",
                id="wagtail_automation.W010",
            )
        ]
    return []
