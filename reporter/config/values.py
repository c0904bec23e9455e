"""The kinds of values that a configuration holds. An error never repeats a value that may hold a secret."""

import re
from functools import partial
from typing import Annotated
from urllib.parse import urlsplit

from eth_utils.address import is_checksum_address
from pydantic import AfterValidator, ConfigDict

from reporter.models import feed_id


def _address(value: str) -> str:
    if not is_checksum_address(value):
        raise ValueError(f"{value!r} is not a checksummed address")
    return value


def _url(value: str, scheme: str) -> str:
    parts = urlsplit(value)
    _ = parts.port  # ValueError over 65535
    if parts.scheme not in (scheme, f"{scheme}s") or not parts.hostname or "@" in parts.netloc:
        # The value may hold a secret, so it is not repeated.
        raise ValueError(f"it must be an {scheme}(s) URL without user information")
    return value.rstrip("/")


def _nats_url(value: str) -> str:
    parts = urlsplit(value)
    _ = parts.port
    if parts.scheme not in ("nats", "tls") or not parts.hostname or "@" in parts.netloc:
        raise ValueError("it must be a nats:// or tls:// URL without user information")  # as above
    return value


def _market(value: str) -> str:
    if not re.fullmatch(r"[a-z0-9]+:[A-Z0-9]+/[A-Z0-9]+(-PERP)?", value):
        raise ValueError(f"{value!r} is not venue:BASE/QUOTE")
    return value


def _feed(value: str) -> str:
    feed_id(value)
    return value


def _host_port(value: str) -> str:
    host, _, port = value.rpartition(":")
    if not host or not (port.isascii() and port.isdigit()) or len(port) > 5 or not 0 < int(port) < 65536:
        raise ValueError(f"{value!r} is not host:port")
    return value


def _loopback_port(value: str) -> str:
    if _host_port(value).rpartition(":")[0] not in ("127.0.0.1", "localhost"):
        raise ValueError(f"{value!r} is not on 127.0.0.1: the web API has no password; put a proxy before it")
    return value


Address = Annotated[str, AfterValidator(_address)]
Url = Annotated[str, AfterValidator(partial(_url, scheme="http"))]
WsUrl = Annotated[str, AfterValidator(partial(_url, scheme="ws"))]
Market = Annotated[str, AfterValidator(_market)]
FeedName = Annotated[str, AfterValidator(_feed)]
HostPort = Annotated[str, AfterValidator(_host_port)]
LoopbackPort = Annotated[str, AfterValidator(_loopback_port)]
NatsUrl = Annotated[str, AfterValidator(_nats_url)]
STRICT = ConfigDict(extra="forbid", frozen=True, strict=True)
"""Of every section: an unknown key or a value of another type is refused."""
