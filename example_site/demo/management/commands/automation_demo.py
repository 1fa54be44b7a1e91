"""`manage.py automation_demo`: the example data. Idempotent: what is there already stays as it is."""

from django.core.management.base import BaseCommand
from django.db import transaction

from example_site.demo.build_pages import Builder


class Command(BaseCommand):
    """Pages, then audiences, emails and campaigns, then the people and what they did."""

    help = "Fill the example site with pages, people and campaigns."

    def handle(self, *args, verbosity=1, **options):
        with transaction.atomic():
            pages = Builder().build()
        if verbosity:
            self.stdout.write(f"{len(pages)} pages in two languages.")
