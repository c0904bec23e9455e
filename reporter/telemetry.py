"""Logs: readable on a terminal, JSON lines otherwise; never a key, and no RPC path or query that may hold one."""

import sys
from collections.abc import Mapping, MutableMapping
from typing import Any

import structlog

from reporter.logsink import Sink
from reporter.redact import LibraryHandler, guard_output, redact

_PUBLIC = ("tx", "tx_hash", "digest")


def _clean(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, Mapping):
        return {str(key): _clean(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_clean(inner) for inner in value]
    return redact(str(value))


def _redact_event(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    return {key: value if key in _PUBLIC else _clean(value) for key, value in event.items()}


class _AsEvent(LibraryHandler):
    def say(self, name: str, text: str) -> None:
        log().warning("library", library=name, reason=text)


def configure_logs() -> None:
    """Send every log event to stderr, console form on a terminal and JSON otherwise; libraries' as well."""
    guard_output(_AsEvent())
    terminal = sys.stderr.isatty()
    renderer = structlog.dev.ConsoleRenderer() if terminal else structlog.processors.JSONRenderer()
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _redact_event,
            renderer,
        ],
        logger_factory=structlog.WriteLoggerFactory(_stderr()),
    )


def _stderr() -> Any:
    """stderr through a thread; as it is, where it has no descriptor."""
    try:
        return Sink(sys.stderr.fileno())
    except (AttributeError, OSError):
        return sys.stderr


def log() -> Any:
    """The logger; events are short names, values are fields."""
    return structlog.get_logger()
