"""Hooks of schemathesis: they filter out requests that do not reach the sandbox."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import schemathesis

# The HTTP library of the sandbox answers 414 without a body to longer URLs, before any code of the sandbox runs.
MAX_QUERY_LENGTH = 60_000


@schemathesis.hook
def filter_query(context: Any, query: Any) -> bool:
    """Return whether a query is short enough."""
    return len(urlencode(query or {}, doseq=True, errors="replace")) <= MAX_QUERY_LENGTH
