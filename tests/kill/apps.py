"""Brings a mutant into every process of the cluster, if one was asked for."""

import os

from django.apps import AppConfig


class KillConfig(AppConfig):
    name = "tests.kill"
    label = "tests_kill"

    def ready(self):
        if name := os.environ.get("KILL_MUTANT"):
            from . import mutants

            getattr(mutants, name)()
