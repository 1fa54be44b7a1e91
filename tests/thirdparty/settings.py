"""The test project with the example apps of the documentation installed."""

from tests.settings import *  # noqa: F403
from tests.settings import INSTALLED_APPS as _APPS

INSTALLED_APPS = ["acme_birthdays", "acme_club", "acme_letters", *_APPS]
