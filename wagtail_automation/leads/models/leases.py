"""The table behind ``jobs.lease`` and ``jobs.heartbeat``: the kernel has none of its own."""

from django.utils.translation import gettext_lazy as _

from wagtail_automation.jobs import AbstractLease


class Lease(AbstractLease):
    """A named right to work; see ``jobs.AbstractLease``."""

    class Meta:
        verbose_name = _("lease")
        verbose_name_plural = _("leases")

    def __str__(self):
        return self.name
