"""``automation_catalogue``: every trigger, condition, activity and flow step that is installed."""

import json

from django.core.management.base import BaseCommand

from wagtail_automation import catalogue


class Command(BaseCommand):
    help = "List what is registered, by this package and by any installed app."

    def add_arguments(self, parser):
        parser.add_argument("--format", choices=("json", "md"), default="md")

    def handle(self, **options):
        if options["format"] == "json":
            self.stdout.write(json.dumps(list(catalogue.rows()), ensure_ascii=False, indent=1))
        else:
            self.stdout.write(catalogue.markdown())
