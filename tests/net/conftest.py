"""A PC and an office's server with nothing but a line between them."""

from collections.abc import Iterator

import pytest
from tests.net.line import Line


@pytest.fixture
def line() -> Iterator[Line]:
    """The line, with a namespace at each end."""
    line = Line()
    yield line
    line.cut()
