"""Push messages as editors write them, and the browsers that asked for them."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from wagtail_automation.leads.models import Lead
from wagtail_automation.messaging.channels.models import ChannelContent

from .forms import PushMessageForm


class PushMessage(ChannelContent):
    """A short notice that a browser shows, also when the site is not open."""

    medium = "push"

    title = models.CharField(_("title"), max_length=100, blank=True)
    body = models.CharField(_("text"), max_length=300, blank=True)
    url = models.URLField(
        _("leads to"), max_length=1000, blank=True, help_text=_("Empty: the site's home page.")
    )

    base_form_class = PushMessageForm

    class Meta(ChannelContent.Meta):
        verbose_name = _("push message")
        verbose_name_plural = _("push messages")
        ordering = ["name"]

    def content(self):
        from wagtail_automation.messaging.actions import default_site
        from wagtail_automation.messaging.compiler import base_url

        url = self.url
        if not url and self.title.strip():  # written out, so that a click there counts as well
            url = f"{base_url(self.site or default_site())}/"
        return {"title": self.title, "body": self.body, "url": url}

    def serve_preview(self, request, mode_name):
        from . import preview

        return preview.respond(request, self, mode_name)


class PushSubscription(models.Model):
    """One browser of a lead that takes push messages. The endpoint is an address of the browser's maker."""

    lead = models.ForeignKey(
        Lead, verbose_name=_("lead"), on_delete=models.CASCADE, related_name="push_subscriptions"
    )
    endpoint = models.CharField(_("address"), max_length=1000)
    #: SHA-256 of the endpoint, hexadecimal
    digest = models.CharField(max_length=64, unique=True)
    p256dh = models.CharField(max_length=100)
    auth = models.CharField(max_length=40)
    created_at = models.DateTimeField(_("since"))

    class Meta:
        verbose_name = _("push subscription")
        verbose_name_plural = _("push subscriptions")

    def __str__(self):
        return self.digest[:12]
