"""Removes known secrets from the messages of other libraries and services. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable

# A shorter secret is removed only where no letter or digit is next to it: without each "a", no message could be read.
_SHORT = 4
_LETTER = r"[^\W_]"


def without_secrets(message: str, secrets: Iterable[str]) -> str:
    """Return a message without these secrets.

    Args:
        message: The message.
        secrets: The secrets. One of fewer than 4 characters is removed only where it stands alone.
    """
    # The longest ones first: one secret may contain another.
    for secret in sorted(filter(None, secrets), key=len, reverse=True):
        if len(secret) >= _SHORT:
            message = message.replace(secret, "…")
        else:
            message = re.sub(f"(?<!{_LETTER}){re.escape(secret)}(?!{_LETTER})", "…", message)
    return message
