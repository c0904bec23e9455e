"""Nothing printed has a key in it: text is cut, and what Python and libraries print by themselves is sent through that."""

import logging
import re
import sys
import threading
import traceback
from types import TracebackType
from urllib.parse import parse_qsl, unquote, urlsplit

SHORTEST_SECRET = 12
_SECRET = re.compile(r"(?<![0-9a-fA-F])(?:0x)?[0-9a-fA-F]{64,}(?![0-9a-fA-F])")
_URL = re.compile(r"((?:https?|wss?|nats|tls)://)([^\s'\"<>;]+)", re.IGNORECASE)


def redact(text: str) -> str:
    """The text with 64-hex-digit strings and all of a URL but its scheme and host taken out."""
    return _URL.sub(lambda found: found[1] + _host(found[2]), _SECRET.sub("<redacted>", text))


def _host(rest: str) -> str:
    """The host and port of what follows a scheme; a password may hold a slash, so the last @ counts."""
    return re.split(r"[/?#]", rest.rpartition("@")[2], maxsplit=1)[0]


def url_secrets(url: str) -> list[str]:
    """What may be a key in a URL: the long parts of its path and query, as written and decoded; the longest first."""
    parts = urlsplit(url)
    found = {*parts.path.split("/"), parts.query, *(value for _, value in parse_qsl(parts.query))}
    found |= {unquote(part) for part in found}
    return sorted((part for part in found if len(part) >= SHORTEST_SECRET), key=len, reverse=True)


class LibraryHandler(logging.Handler):
    """Prints what libraries log as warnings or worse, with their tracebacks, redacted."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            text = self.format(record)
        except Exception:  # noqa: BLE001 - arguments that do not fit the message: a library's slip must not stop us
            text = "a message that cannot be formatted"
        self.say(record.name, redact(text))

    def say(self, name: str, text: str) -> None:
        """One message on stderr."""
        sys.stderr.write(f"{name}: {text}\n")


def guard_output(handler: logging.Handler | None = None) -> None:
    """Send through ``redact`` what is not ours to print: libraries' logs, warnings, and what ends threads or is ignored."""
    logging.basicConfig(level=logging.WARNING, handlers=[handler or LibraryHandler()], force=True)
    logging.captureWarnings(capture=True)
    threading.excepthook = lambda hook: _print(hook.exc_type, hook.exc_value, hook.exc_traceback)
    sys.unraisablehook = lambda hook: _print(hook.exc_type, hook.exc_value, hook.exc_traceback)


def print_traceback(error: BaseException) -> None:
    """A bug's traceback on stderr, redacted; it has no values of variables."""
    _print(type(error), error, error.__traceback__)


def _print(kind: type[BaseException], error: BaseException | None, where: TracebackType | None) -> None:
    sys.stderr.write(redact("".join(traceback.format_exception(kind, error, where))))
