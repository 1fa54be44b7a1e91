"""What the tests of the sources share."""

import pytest

from tests.architecture import layers


@pytest.fixture(scope="module", autouse=True)
def _forget_the_sources():
    """The trees of all files are large: gone when a module is through."""
    yield
    layers.tree.cache_clear()
