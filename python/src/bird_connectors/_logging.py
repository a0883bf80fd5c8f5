"""Passes log records of the native module to ``logging``, if the program has imported ``logging``.

``recorder`` receives spans while ``bird_connectors.otel`` is switched on.

The package imports this module on import, and the module imports nothing later: if a process forks while one of its
threads is importing a module, the child can never import that module.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False  # `typing` is slow to import
if TYPE_CHECKING:
    from logging import Logger

    from .otel._recorder import Recorder

# The native module refers to the loggers by their index.
_NAMES = ("bird_connectors", "bird_connectors.transport", "bird_connectors.wait")
_OFF = 255

_loggers: tuple[Logger, ...] = ()

recorder: Recorder | None = None
"""What receives spans and log records instead, while ``bird_connectors.otel`` is switched on."""


def thresholds() -> tuple[int, ...]:
    """Return the lowest level that each logger handles."""
    logging = sys.modules.get("logging")
    # The last name that the module defines. Without it, another thread is still importing the module.
    if not hasattr(logging, "captureWarnings") or logging is None:
        return (_OFF,) * len(_NAMES)
    global _loggers
    if not _loggers:
        _loggers = tuple(logging.getLogger(name) for name in _NAMES)
        # Without this handler, `logging` prints warnings on stderr if the program has not configured it.
        _loggers[0].addHandler(logging.NullHandler())
    disabled: int = logging.root.manager.disable
    levels: list[int] = []
    # Each call runs this. Comparisons take half the time of `min` and `max`.
    for logger in _loggers:
        level = _OFF if logger.disabled else logger.getEffectiveLevel()
        if level <= disabled:
            level = disabled + 1
        levels.append(0 if level < 0 else level if level < _OFF else _OFF)
    return tuple(levels)


def emit(logger: int, level: int, message: str, created: float, fields: dict[str, object]) -> None:
    """Log one record, with its original time, and with its fields as attributes."""
    target = _loggers[logger]
    # The level may have changed since the record was created.
    if not target.isEnabledFor(level):
        return
    extra = {name.replace(".", "_"): value for name, value in fields.items()}
    line = " ".join((message, *(f"{name}={_format(value)}" for name, value in extra.items())))
    record = target.makeRecord(target.name, level, "(bird_connectors)", 0, line, (), None, extra=extra)
    record.relativeCreated += (created - record.created) * 1000
    record.created = created
    record.msecs = created % 1 * 1000
    target.handle(record)


def _format(value: object) -> object:
    return f"{value:.3f}" if isinstance(value, float) else value


def warn_dropped(count: int) -> None:
    """Log how many records were dropped."""
    _loggers[0].warning("%d log records were dropped: they were created faster than they could be handled", count)
