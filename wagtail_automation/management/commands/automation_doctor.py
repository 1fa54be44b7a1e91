"""``automation_doctor``: does the automation make progress, and if not, what to do."""

import json

from django.core.management.base import BaseCommand

from wagtail_automation import doctor


class Command(BaseCommand):
    help = "Look at heartbeats, lag, the database and broken rules. Exit status 1 if anything is an error."

    def add_arguments(self, parser):
        parser.add_argument("--json", action="store_true", help="Findings as JSON.")

    def handle(self, **options):
        findings = doctor.examine()
        if options["json"]:
            self.stdout.write(
                json.dumps([vars(finding) for finding in findings], ensure_ascii=False, indent=1)
            )
        else:
            style = {"ok": self.style.SUCCESS, "warning": self.style.WARNING, "error": self.style.ERROR}
            for finding in findings:
                self.stdout.write(
                    f"{style[finding.level](finding.level.upper()):8} {finding.subject}: {finding.message}"
                )
                if finding.advice:
                    self.stdout.write(f"         → {finding.advice}")
        if any(finding.level == "error" for finding in findings):
            raise SystemExit(1)
