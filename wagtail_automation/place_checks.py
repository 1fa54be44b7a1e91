"""System checks of settings that name a file, a folder or an address."""

import os
import re
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import Error, Warning, register

from . import conf, private

PATHS = ("PRIVATE_ROOT", "GEO_DATABASE", "CLOCK_FILE")


def _is_path(value) -> bool:
    return isinstance(value, str | os.PathLike) and bool(str(value).strip())


def _chosen(name: str) -> Path | None:
    """The path of a setting; None if there is none, or none that can be used (told by ``check_paths``)."""
    value = conf.get(name)
    return Path(value) if _is_path(value) else None


@register("wagtail_automation")
def check_paths(app_configs=None, **kwargs):
    """A path of the wrong type, or one that means another place in each process."""
    if not isinstance(getattr(settings, "WAGTAIL_AUTOMATION", {}), dict):
        return []  # E001 says so
    errors = []
    for name in PATHS:
        value = conf.get(name)
        if value is not None and not _is_path(value):
            errors.append(
                Error(
                    f"WAGTAIL_AUTOMATION[{name!r}] cannot be used.",
                    hint="It must be None, a text or a pathlib.Path.",
                    id="wagtail_automation.E008",
                )
            )
        elif value is not None and not Path(value).is_absolute():
            errors.append(
                Error(
                    f"WAGTAIL_AUTOMATION[{name!r}] is {str(value)!r}, which means another place in each "
                    "process: that depends on the folder in which it was started.",
                    hint="Write the whole path, such as BASE_DIR / "
                    + repr(str(value).lstrip("./") or "private")
                    + ".",
                    id="wagtail_automation.E010",
                )
            )
    return errors


@register("wagtail_automation")
def check_base_url(app_configs=None, **kwargs):
    """An address that is none would stand in every email."""
    if not isinstance(getattr(settings, "WAGTAIL_AUTOMATION", {}), dict):
        return []
    value = conf.get("BASE_URL")
    if value is None or value == "" or (isinstance(value, str) and _is_origin(value)):
        return []
    return [
        Error(
            f"WAGTAIL_AUTOMATION['BASE_URL'] is {value!r}.",
            hint='It must be scheme and host, and a port where needed, without a path: "https://www.example.org".',
            id="wagtail_automation.E011",
        )
    ]


def _is_origin(text: str) -> bool:
    try:
        parts = urlsplit(text)
        found = parts.hostname, parts.port  # a port that is no number is a ValueError
    except ValueError:
        return False
    plain = text.removesuffix("/") == f"{parts.scheme}://{parts.netloc}" and "@" not in parts.netloc
    return parts.scheme in ("http", "https") and bool(found[0]) and plain and not re.search(r"\s", text)


@register("wagtail_automation")
def check_private_folder(app_configs=None, **kwargs):
    """Imports, exports and files of people could not be written, or would stand in an unknown place."""
    if not isinstance(getattr(settings, "WAGTAIL_AUTOMATION", {}), dict):
        return []
    value = conf.get("PRIVATE_ROOT")
    if private.ALIAS in settings.STORAGES or (value is not None and not _is_path(value)):
        return []
    if value is None and not settings.MEDIA_ROOT:
        return [
            Warning(
                "Neither MEDIA_ROOT nor WAGTAIL_AUTOMATION['PRIVATE_ROOT'] is set: where private files are "
                "kept depends on the folder in which a process was started.",
                hint="Set WAGTAIL_AUTOMATION['PRIVATE_ROOT'] to a folder that no web server reads.",
                id="wagtail_automation.W013",
            )
        ]
    folder = private.root()
    if folder.exists() and not folder.is_dir():
        return [
            Error(
                f"Private files cannot be kept in {str(folder)!r}: it is not a folder.",
                hint="Set WAGTAIL_AUTOMATION['PRIVATE_ROOT'] to a folder that no web server reads.",
                id="wagtail_automation.E012",
            )
        ]
    nearest = next((one for one in (folder, *folder.absolute().parents) if one.exists()), folder)
    if os.access(nearest, os.W_OK | os.X_OK) and nearest.is_dir():
        return []
    return [
        Warning(
            f"Private files are to be kept in {str(folder)!r}, where this user may not write.",
            hint="Make the folder and give it to the user of the web server and the worker, or set "
            "WAGTAIL_AUTOMATION['PRIVATE_ROOT'].",
            id="wagtail_automation.W014",
        )
    ]


@register("wagtail_automation")
def check_geo_database(app_configs=None, **kwargs):
    """Without its database or its library no visit has a place, which only the log would say."""
    if not isinstance(getattr(settings, "WAGTAIL_AUTOMATION", {}), dict):
        return []
    path = _chosen("GEO_DATABASE")
    if path is None:
        return []
    if not path.is_file() or not os.access(path, os.R_OK):
        return [
            Warning(
                f"WAGTAIL_AUTOMATION['GEO_DATABASE'] names {str(path)!r}, which is no file that can be read: "
                "no visit will have a place.",
                hint="Download the GeoLite2 City database (a file .mmdb) to this path.",
                id="wagtail_automation.W015",
            )
        ]
    if find_spec("geoip2") is None:
        return [
            Warning(
                "WAGTAIL_AUTOMATION['GEO_DATABASE'] is set, but geoip2 is not installed.",
                hint='pip install "wagtail-automation[geo]"',
                id="wagtail_automation.W015",
            )
        ]
    return []


@register("wagtail_automation")
def check_clock_file(app_configs=None, **kwargs):
    """A file that holds no number would fail every request: the time is asked everywhere."""
    if not isinstance(getattr(settings, "WAGTAIL_AUTOMATION", {}), dict):
        return []
    path = _chosen("CLOCK_FILE")
    if path is None or not path.exists():
        return []
    try:
        float(path.read_text() or 0)
    except (OSError, ValueError):
        return [
            Error(
                f"WAGTAIL_AUTOMATION['CLOCK_FILE'] names {str(path)!r}, which holds no number of seconds.",
                hint="It is for tests only: leave it out.",
                id="wagtail_automation.E013",
            )
        ]
    return []


@register("wagtail_automation", deploy=True)
def check_no_clock_file(app_configs=None, **kwargs):
    """On a site that people use nothing may move the clock."""
    value = getattr(settings, "WAGTAIL_AUTOMATION", {})
    if not isinstance(value, dict) or not value.get("CLOCK_FILE"):
        return []
    return [
        Warning(
            "WAGTAIL_AUTOMATION['CLOCK_FILE'] is set: who can write this file moves the clock of the site.",
            hint="It is for tests only: leave it out.",
            id="wagtail_automation.W016",
        )
    ]
