"""Imported by the package once Django is ready: the benchmarks that need a whole site."""

from . import benches  # noqa: F401  (registers its suites)
