"""The pytest plugin of `bird_connectors`.

It is loaded whenever pytest starts, so it stands outside of that package, and imports nothing of it before a test asks
for its fixture.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bird_connectors.testing import Sandbox


@pytest.fixture
def bird_sandbox() -> Iterator[Sandbox]:
    """A sandbox of the Bird API, fresh for this test; installs in it succeed at once."""
    from bird_connectors.testing import Sandbox, Script

    with Sandbox(Script.instant()) as sandbox:
        yield sandbox
