"""``automation_campaign_import``: a new draft from a file of another site."""

import os

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from wagtail_automation.campaigns.transfer.importing import import_campaign
from wagtail_automation.campaigns.transfer.reading import MAX_BYTES, read, too_long


class Command(BaseCommand):
    help = "Make a draft of a campaign from a JSON file that automation_campaign_export wrote."

    def add_arguments(self, parser):
        parser.add_argument("file", help="Path of the file.")
        parser.add_argument("--name", default="", help="What to call it, instead of its own name.")

    def handle(self, **options):
        try:
            if os.path.getsize(options["file"]) > MAX_BYTES:
                raise too_long()
            with open(options["file"], "rb") as stream:
                imported = import_campaign(read(stream.read()), name=options["name"])
        except OSError as error:
            raise CommandError(f"{options['file']} cannot be read: {error.strerror}.") from error
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        self.stdout.write(f"Draft no. {imported.campaign.pk}: {imported.campaign}")
        for said, obj in imported.found:
            self.stdout.write(f"  {said.get('model')} {said.get('name')!r} -> {obj} (no. {obj.pk})")
        for missing in imported.missing:
            self.stdout.write(f"  not found: {missing} in {', '.join(missing.steps)}")
