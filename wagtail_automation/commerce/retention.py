"""How long carts are kept; orders are kept as long as their lead, or for ever without one."""

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from wagtail_automation import pruning

from .models import Cart

BATCH = 2000


def prune_carts(before):
    """Carts that nobody has touched since."""
    while True:
        pks = list(Cart.objects.filter(touched_at__lt=before).values_list("pk", flat=True)[:BATCH])
        if not pks:
            return
        with transaction.atomic():
            Cart.objects.filter(pk__anyof=pks).delete()
        yield len(pks)


pruning.register_kind(pruning.Kind("carts", _("Carts"), 365, prune_carts, _("after their last change")))
pruning.register_kind(pruning.Kind("orders", _("Orders"), None, None, _("kept as long as the lead")))
