"""``automation_prune``: delete now what is older than its retention (a beat does it once a day)."""

from django.core.management.base import BaseCommand

from wagtail_automation import pruning


class Command(BaseCommand):
    help = "Delete anonymous people and records that are older than their retention."

    def handle(self, **options):
        counts = pruning.prune()
        for name, count in sorted(counts.items()):
            self.stdout.write(f"{name}: {count}")
