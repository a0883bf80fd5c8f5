"""The pytest plugin of `bird_connectors`.

pytest loads it at every start. It is therefore a separate package, and imports `bird_connectors` only when a test uses
the fixture.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bird_connectors.testing import Sandbox


@pytest.fixture
def bird_sandbox() -> Iterator[Sandbox]:
    """A new sandbox of the Bird API for this test. Installs succeed at once."""
    from bird_connectors.testing import Sandbox, Script

    with Sandbox(Script.instant()) as sandbox:
        yield sandbox
