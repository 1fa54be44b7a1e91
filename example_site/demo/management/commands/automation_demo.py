"""`manage.py automation_demo`: the example data. Idempotent: what is there already stays as it is."""

import datetime as dt
import random

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import transaction
from wagtail.models import Site

from example_site.demo import channels
from example_site.demo.build_automation import AutomationBuilder
from example_site.demo.build_pages import Builder
from example_site.demo.deliveries import deliver
from example_site.demo.growth import grow
from example_site.demo.history import DAYS, History
from example_site.demo.newsletters import newsletters
from example_site.demo.purchases import buy, products
from example_site.demo.shop import shop
from wagtail_automation import clock
from wagtail_automation.leads.models import Lead
from wagtail_automation.testing import clock as set_clock


class Command(BaseCommand):
    """Pages, then audiences, emails and campaigns, then the people and what they did."""

    help = "Fill the example site with pages, people and campaigns."

    def add_arguments(self, parser):
        parser.add_argument("--leads", type=int, default=300, help="how many people, about (0: none)")
        parser.add_argument("--seed", type=int, default=2026, help="other people, other clicks")

    def handle(self, *args, leads, seed, verbosity=1, **options):
        with transaction.atomic():
            moved = self._address_changed()
            builder = Builder()
            pages = builder.build()
            # what is published must be older than the letters sent with it
            with set_clock.freeze(clock.now() - dt.timedelta(days=DAYS + 1)):
                built = AutomationBuilder(pages, builder.images).build()
            if moved:
                built.recompile()
            products(pages, builder.images)
            if leads and not Lead.objects.exists():
                History(built, count=leads, seed=seed).live(self.stderr)
                buy(days=DAYS, seed=seed)
                grow()
                deliver(random.Random(seed))
            newsletters(pages)
            shop(built)
        if leads:
            channels.live()
        if verbosity:
            self.stdout.write(f"{len(pages)} pages in two languages, {Lead.objects.count()} people.")

    def _address_changed(self) -> bool:
        """Whether the site is there and answers at another port than last time."""
        site = Site.objects.filter(is_default_site=True, site_name=settings.WAGTAIL_SITE_NAME).first()
        return site is not None and site.port != settings.PORT
