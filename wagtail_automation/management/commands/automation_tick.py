"""``automation_tick``: one beat – everything that is due – in this process; for cron, without a cluster."""

from django.core.management.base import BaseCommand, CommandError

from wagtail_automation import jobs


class Command(BaseCommand):
    help = "Do everything that is due now: once a minute from cron replaces the worker on a small site."

    def handle(self, **options):
        results = jobs.tick()
        failed = {path: said for path, said in results.items() if said.startswith("failed")}
        if options["verbosity"] > 1:
            for path, said in results.items():
                self.stdout.write(f"{path}: {said}")
        if failed:
            raise CommandError("; ".join(f"{path}: {said}" for path, said in failed.items()))
