"""Logs: readable on a terminal, JSON lines otherwise; never a key, and no RPC path or query that may hold one."""

import re
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any

import structlog

from reporter.logsink import Sink

_SECRET = re.compile(r"(?<![0-9a-fA-F])(?:0x)?[0-9a-fA-F]{64,}(?![0-9a-fA-F])")
_URL = re.compile(r"((?:https?|wss?)://)([^\s'\"<>;]+)", re.IGNORECASE)
_PUBLIC = ("tx", "tx_hash", "digest")


def redact(text: str) -> str:
    """The text with 64-hex-digit strings and all of a URL but its scheme and host taken out."""
    return _URL.sub(lambda found: found[1] + _host(found[2]), _SECRET.sub("<redacted>", text))


def _host(rest: str) -> str:
    """The host and port of what follows a scheme; a password may hold a slash, so the last @ counts."""
    return re.split(r"[/?#]", rest.rpartition("@")[2], maxsplit=1)[0]


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


def configure_logs() -> None:
    """Send every log event to stderr, console form on a terminal and JSON otherwise."""
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
