"""Records of the native half become records of ``logging``. Imported once the program has imported ``logging`` itself."""

from __future__ import annotations

import logging

# In the order that the native half knows them by.
_LOGGERS = tuple(
    logging.getLogger(name) for name in ("bird_connectors", "bird_connectors.transport", "bird_connectors.wait")
)
_OFF = 255

# A program that has set up no logging gets no lines on stderr.
_LOGGERS[0].addHandler(logging.NullHandler())


def thresholds() -> tuple[int, ...]:
    """From which level on each logger wants records."""
    disabled = logging.root.manager.disable
    return tuple(
        _OFF if logger.disabled else min(max(logger.getEffectiveLevel(), disabled + 1, 0), _OFF) for logger in _LOGGERS
    )


def emit(logger: int, level: int, message: str, created: float, fields: dict[str, object]) -> None:
    """Log one record, with the time at which it was made, and its fields as attributes."""
    target = _LOGGERS[logger]
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


def tell_dropped(count: int) -> None:
    """Say that records were lost."""
    _LOGGERS[0].warning("%d log records were dropped: they came faster than they were handled", count)
