"""Imported by the package once Django is ready: the benchmarks that need a whole site."""

from . import benches, endpoint_bench, list_bench, tree_bench  # noqa: F401  (register their suites)
