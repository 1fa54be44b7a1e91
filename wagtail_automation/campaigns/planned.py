"""Campaigns in the calendar of what is planned: when they begin, end and are published."""

from django.contrib.contenttypes.models import ContentType
from django.urls import reverse
from django.utils.translation import gettext as _
from wagtail.models import Revision

from wagtail_automation import planned

from .models import Campaign


@planned.register
def campaigns(start, end, user):
    """Three queries, and none for those who may not see campaigns."""
    if not user.has_perm("wagtail_automation_campaigns.view_campaign"):
        return
    name = Campaign.snippet_viewset.get_url_name("edit")
    for word, field in ((_("Campaign begins"), "starts_at"), (_("Campaign ends"), "ends_at")):
        rows = Campaign.objects.filter(**{f"{field}__gte": start, f"{field}__lt": end}, live=True)
        for pk, title, at in rows.values_list("pk", "name", field):
            yield planned.Entry(at, title, word, reverse(name, args=[pk]), "resubmit")
    kind = ContentType.objects.get_for_model(Campaign)
    waiting = Revision.objects.filter(
        content_type=kind, approved_go_live_at__gte=start, approved_go_live_at__lt=end
    )
    for pk, title, at in waiting.values_list("object_id", "object_str", "approved_go_live_at"):
        yield planned.Entry(at, title, _("Campaign is published"), reverse(name, args=[pk]), "resubmit")
