"""Conversions of arguments that both clients accept."""

from __future__ import annotations

from . import _native
from . import _typing as t
from ._records import WaitOptions

# The default of the argument `timeout`. A caller's 300.0 is another object, so the identity shows whether `timeout` was
# passed, and `help()` still shows the value.
DEFAULT_TIMEOUT: float = float("300")


def strings(value: str | t.Sequence[str] | None) -> t.Iterable[str]:
    """Convert an argument that is one string or several. The native module checks its items."""
    if value is None:
        return ()
    return (value,) if isinstance(value, str) else value


def wait_arguments(
    method: str,
    timeout: t.Seconds | None,
    options: object,
    overrides: t.WaitOverrides,
) -> tuple[
    t.Seconds | None,
    str | None,
    tuple[t.Seconds, t.Seconds] | None,
    t.Iterable[str] | None,
    _native.Signals | None,
]:
    """Combine the arguments of a wait into those of its native method. Later ones override earlier ones."""
    if options is None:
        options = WaitOptions()
    elif not isinstance(options, WaitOptions):
        raise TypeError(f"options must be WaitOptions, not {type(options).__name__}")
    values: dict[str, t.Any] = {name: getattr(options, name) for name in WaitOptions.__match_args__}
    for name in overrides:
        if name not in values:
            raise TypeError(f"{method}() got an unexpected keyword argument {name!r}")
    values.update(overrides)
    if timeout is not DEFAULT_TIMEOUT:
        values["timeout"] = timeout
    # The native module refuses any other object.
    signal: t.Any = values["signal"]
    if hasattr(signal, "_check_started"):
        signal._check_started()
    return (
        values["timeout"],
        values["status"],
        values["interval"],
        values["failure_statuses"],
        getattr(signal, "_native", signal),
    )
