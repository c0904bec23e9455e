"""Why a stream ended, as one type of error with a reason."""

import ssl

import httpcore
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus, WebSocketException
from websockets.frames import CloseCode

from reporter.errors import SourceError
from reporter.sources.guard import AddressRefused
from reporter.sources.retry import StatusError, retry_after_s
from reporter.sources.strict import shown

# What we close with says what the venue did.
_OUR_CODES = {
    CloseCode.MESSAGE_TOO_BIG: "too_large",
    CloseCode.INVALID_DATA: "encoding",
    CloseCode.PROTOCOL_ERROR: "protocol",
    CloseCode.INTERNAL_ERROR: "silent",
}

# The first that fits names the reason.
_REASONS: tuple[tuple[tuple[type[BaseException], ...], str], ...] = (
    ((AddressRefused,), "address"),
    ((TimeoutError,), "deadline"),
    ((httpcore.TimeoutException,), "timeout"),
    ((httpcore.ConnectError, ssl.SSLError), "connect"),
    ((InvalidHandshake, WebSocketException), "protocol"),
    ((OSError, EOFError), "network"),
    ((RecursionError,), "depth"),
    ((MemoryError,), "memory"),
)


def why(venue: str, error: Exception) -> SourceError:
    """Translate what ended a connection; what no venue can cause is raised again."""
    if isinstance(error, SourceError):
        return error
    if isinstance(error, InvalidStatus):
        headers = error.response.headers
        return StatusError(
            venue, error.response.status_code, retry_after_s(_one(headers.get_all("Retry-After")))
        )
    if isinstance(error, ConnectionClosed):
        return _closed(venue, error)
    reason = next((reason for kinds, reason in _REASONS if isinstance(error, kinds)), None)
    if reason is None:
        raise error
    return SourceError(venue, reason, shown(str(error)))


def asked_s(error: SourceError) -> int:
    """How long the venue asked us to stay away, in seconds."""
    return error.retry_after_s if isinstance(error, StatusError) else 0


def _closed(venue: str, error: ConnectionClosed) -> SourceError:
    ours = error.sent if error.sent and not error.rcvd_then_sent else None
    if ours and ours.code in _OUR_CODES:
        return SourceError(venue, _OUR_CODES[CloseCode(ours.code)], shown(ours.reason))
    return SourceError(venue, "closed", shown(str(error)))


def _one(values: list[str]) -> str:
    return values[0] if len(values) == 1 else ""
