"""Unit tests open no socket: time, transports and accounts are arguments."""

from collections.abc import Iterator

import pytest
import structlog
from pytest_socket import disable_socket


@pytest.fixture(autouse=True)
def _no_sockets() -> None:
    disable_socket(allow_unix_socket=True)  # asyncio's own wake-up pair


@pytest.fixture(autouse=True)
def _logs_as_they_were() -> Iterator[None]:
    yield
    structlog.reset_defaults()  # else the next test logs to this one's closed stream
