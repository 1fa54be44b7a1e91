"""Notices in the admin, as Wagtail makes them of any snippet."""

from wagtail.snippets.models import register_snippet
from wagtail.snippets.views.snippets import SnippetViewSet

from .models import ShopNotice


class ShopNoticeViewSet(SnippetViewSet):
    """Draft, publish, schedule; the rest is Wagtail's default."""

    model = ShopNotice
    icon = "info-circle"


register_snippet(ShopNoticeViewSet)
