"""The page of the documentation site that lists the classes of the package."""

import re
from pathlib import Path

import bird_connectors
from bird_connectors import testing, webhooks

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "python.md"


def test_reference_lists_every_public_name() -> None:
    listed = set(re.findall(r"^::: bird_connectors\.(\S+)$", PAGE.read_text(encoding="utf-8"), re.MULTILINE))
    public = {name for name in bird_connectors.__all__ if name.isidentifier() and not name.startswith(("__", "Async"))}
    public |= {f"testing.{name}" for name in testing.__all__}
    # Errors and events are listed once: in the package, or in its module `webhooks`.
    for name in webhooks.__all__:
        if name.startswith("Async") or name.isupper() or name in public:
            continue
        public.add(f"webhooks.{name}")
    missing = sorted(public - listed)
    assert missing == [], f"add to docs/reference/python.md: {missing}"
