"""``automation_campaign_export``: a campaign as a file for another site."""

from django.core.management.base import BaseCommand, CommandError

from wagtail_automation.campaigns.transfer.exporting import dump, export_campaign
from wagtail_automation.campaigns.transfer.lookup import find_campaign


class Command(BaseCommand):
    help = "Write a campaign to a JSON file that automation_campaign_import reads on another site."

    def add_arguments(self, parser):
        parser.add_argument("campaign", help="Its number, its UUID or its name.")
        parser.add_argument("file", help="Path of the file to write; - writes to the standard output.")
        parser.add_argument("--live", action="store_true", help="As it is published, not the latest draft.")

    def handle(self, **options):
        campaign = find_campaign(options["campaign"])
        if not options["live"]:
            campaign = campaign.get_latest_revision_as_object()
        text = dump(export_campaign(campaign))
        if options["file"] == "-":
            self.stdout.write(text)
            return
        try:
            with open(options["file"], "w", encoding="utf-8") as stream:
                stream.write(text)
        except OSError as error:
            raise CommandError(f"{options['file']} cannot be written: {error.strerror}.") from error
