"""The pytest plugin. It is loaded with pytest itself, so it imports nothing before it is used."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .testing import Sandbox


@pytest.fixture
def bird_sandbox() -> Iterator[Sandbox]:
    """A sandbox of the Bird API, fresh for this test; installs in it succeed at once."""
    from .testing import Sandbox, Script

    with Sandbox(Script.instant()) as sandbox:
        yield sandbox
