"""The headings under which the editor offers blocks."""

from django.utils.translation import gettext_lazy as _

TEXT = _("Text")
LAYOUT = _("Layout")
SITE = _("From your site")
SPECIAL = _("Special")
