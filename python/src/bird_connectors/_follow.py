"""The installs that a bulk wait of either client accepts."""

from __future__ import annotations

from . import _native
from . import _typing as t
from ._async.install import AsyncInstall
from ._sync.install import Install


def native_installs(installs: t.Iterable[t.Id | t.AnyInstall]) -> list[t.Id | _native.Install]:
    """Replace each install by its native half. Ids and wait tokens stay as they are."""
    if isinstance(installs, str):
        raise TypeError("installs must be a list of ids, wait tokens or installs, even if there is only one")
    return [install._native if isinstance(install, Install | AsyncInstall) else install for install in installs]
