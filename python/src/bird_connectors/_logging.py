"""Records of the native half become records of ``logging``, once the program has imported ``logging`` itself.

This is imported with the package, and imports nothing later: a process that forks while one of its threads imports has
a child that can never import the same.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False  # `typing` is slow to import
if TYPE_CHECKING:
    from logging import Logger

# In the order that the native half knows them by.
_NAMES = ("bird_connectors", "bird_connectors.transport", "bird_connectors.wait")
_OFF = 255

_loggers: tuple[Logger, ...] = ()


def thresholds() -> tuple[int, ...]:
    """From which level on each logger wants records."""
    logging = sys.modules.get("logging")
    # The last that it defines: another thread may be importing it just now.
    if not hasattr(logging, "captureWarnings") or logging is None:
        return (_OFF,) * len(_NAMES)
    global _loggers
    if not _loggers:
        _loggers = tuple(logging.getLogger(name) for name in _NAMES)
        # A program that has set up no logging gets no lines on stderr.
        _loggers[0].addHandler(logging.NullHandler())
    disabled: int = logging.root.manager.disable
    return tuple(
        _OFF if logger.disabled else min(max(logger.getEffectiveLevel(), disabled + 1, 0), _OFF) for logger in _loggers
    )


def emit(logger: int, level: int, message: str, created: float, fields: dict[str, object]) -> None:
    """Log one record, with the time at which it was made, and its fields as attributes."""
    target = _loggers[logger]
    # The level may have changed since.
    if not target.isEnabledFor(level):
        return
    extra = {name.replace(".", "_"): value for name, value in fields.items()}
    text = " ".join((message, *(f"{name}={_shown(value)}" for name, value in extra.items())))
    record = target.makeRecord(target.name, level, "(bird_connectors)", 0, text, (), None, extra=extra)
    record.relativeCreated += (created - record.created) * 1000
    record.created = created
    record.msecs = created % 1 * 1000
    target.handle(record)


def _shown(value: object) -> object:
    return f"{value:.3f}" if isinstance(value, float) else value


def warn_dropped(count: int) -> None:
    """Say that records were lost."""
    _loggers[0].warning("%d log records were dropped: they came faster than they were handled", count)
