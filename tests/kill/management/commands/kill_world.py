"""``kill_world people N``; ``kill_world verdict FILE`` with the message ids that were accepted, as JSON."""

import json
from pathlib import Path

from django.core.management.base import BaseCommand

from tests.kill import world


class Command(BaseCommand):
    def add_arguments(self, parser):
        parser.add_argument("command")
        parser.add_argument("argument")

    def handle(self, command, argument, **options):
        if command == "people":
            result = world.people(int(argument))
        else:
            result = world.verdict(json.loads(Path(argument).read_text()))
        self.stdout.write(json.dumps(result))
