"""Imported by the package once Django is ready: benchmarks that need a whole site, and a channel."""

from . import benches, channels, endpoint_bench, list_bench, tree_bench  # noqa: F401  (register their suites)
