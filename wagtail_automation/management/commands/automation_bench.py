"""``automation_bench``: run a benchmark on the current database; figures as text or JSON."""

import json
import platform

import django
from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from wagtail_automation import __version__
from wagtail_automation.bench import SUITES


class Command(BaseCommand):
    help = "Measure a suite. It fills the database with made-up rows: use a database of its own."

    def add_arguments(self, parser):
        parser.add_argument("suite", nargs="?", help="Name of the suite; none lists them.")
        parser.add_argument("--scale", type=int, help="Number of rows; each suite has its default.")
        parser.add_argument("--json", action="store_true", help="Only the figures, as JSON.")

    def handle(self, **options):
        name = options["suite"]
        if not name:
            self.stdout.write("Suites: " + ", ".join(sorted(SUITES)))
            return
        if name not in SUITES:
            raise CommandError(f"There is no suite {name!r}. Suites: {', '.join(sorted(SUITES))}.")
        if options["scale"] is not None and options["scale"] < 1:
            raise CommandError("--scale must be at least 1.")
        say = (lambda text: None) if options["json"] else self.stdout.write
        figures = SUITES[name](options["scale"], say)
        figures |= {
            "suite": name,
            "database": connection.vendor,
            "version": __version__,
            "django": django.get_version(),
            "python": platform.python_version(),
        }
        self.stdout.write(json.dumps(figures, indent=1, default=str))
