"""What people did on the site, as conditions."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from wagtail.blocks import CharBlock, IntegerBlock, PageChooserBlock

from wagtail_automation.rules import Condition, Events, conditions

from . import addresses, events, querysets


@conditions.register
class PageVisited(Condition):
    """A page (in any of its languages) or addresses of a pattern, at least so many times."""

    key = "page_visited"
    keywords = (_("visit"), _("view"), _("URL"))
    waitable = True
    counted_from = "entry"
    depends_on = Events(events.PAGE_VIEWED)

    page = PageChooserBlock(label=_("Page"), required=False, help_text=_("Its translations count too."))
    url = CharBlock(
        label=_("Or an address"),
        required=False,
        max_length=500,
        help_text=_("The path after the host name; a star stands for anything, as in /shop/*"),
    )
    times = IntegerBlock(label=_("At least so many times"), default=1, min_value=1, max_value=10_000)

    class Meta:
        label = _("Visited page")
        icon = "doc-empty"
        group = _("Web site")
        tone = "teal"
        description = _("The person viewed this page, or a page at an address like this one.")

    def clean(self, value):
        result = super().clean(value)
        if not result.get("page") and not (result.get("url") or "").strip():
            raise ValidationError(_("Choose a page or write an address."))
        return result

    def q(self, value, scope):
        times = value["times"] or 1
        if value["page"] is not None:
            return scope.happened(events.PAGE_VIEWED, about=value["page"], times=times)
        pattern = pattern_of(value["url"])
        if not pattern:
            return scope.nobody()
        return scope.happened(events.PAGE_VIEWED, matching=querysets.url_matches(pattern), times=times)

    def sentence(self, value):
        times = value["times"] or 1
        what = value["page"] or value["url"] or "?"
        return ngettext("Visited “%(page)s”", "Visited “%(page)s” at least %(count)s times", times) % {
            "page": what,
            "count": times,
        }


def pattern_of(text: str | None) -> str:
    """The pattern as events are stored: a path in ASCII, whatever the author pasted."""
    text = addresses.clean_text(text or "", 500)
    if "://" in text:
        text = "/" + text.split("://", 1)[1].partition("/")[2]
    if not text:
        return ""
    path, mark, query = text.partition("?")
    return addresses.encoded(path if path.startswith(("/", "*")) else f"/{path}") + mark + query


# they register themselves
from . import site_conditions, visit_conditions, visit_origin_conditions  # noqa: E402, F401
