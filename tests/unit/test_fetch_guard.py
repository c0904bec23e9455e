"""The address guard: whatever the name says, only a public address is dialled, and the one that was checked."""

import asyncio
import socket
import threading
from ipaddress import ip_address
from typing import cast

import httpcore
import httpx
import pytest

from reporter.sources import make_source
from reporter.sources.base import Fetcher, PublicTransport, shared_ssl_context
from reporter.sources.guard import Address, AddressRefused, GuardedBackend, is_public, system_resolver

pytestmark = pytest.mark.unit

LOOPBACK_SPELLINGS = [
    "127.0.0.1",
    "127.1",
    "127.0.1",
    "127.255.255.254",
    "0x7f.0.0.1",
    "0x7f000001",
    "2130706433",
    "0.0.0.0",
    "0",
    "localhost",
    "[::1]",
    "[::]",
    "[::ffff:7f00:1]",
    "[::ffff:127.0.0.1]",
    "[0:0:0:0:0:0:0:1]",
    "[64:ff9b::7f00:1]",
    "[2002:7f00:1::]",
    "127。0。0。1",
    "127.0.0.1.",
    "user@127.0.0.1",
]
NOT_PUBLIC = [
    "10.0.0.1",
    "100.64.0.1",
    "169.254.169.254",
    "172.16.0.1",
    "192.0.2.1",
    "192.168.1.1",
    "198.18.0.1",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "fe80::1",
    "fc00::1",
    "fd12:3456::1",
    "fec0::1",
    "ff02::1",
    "2001:db8::1",
    "::ffff:10.0.0.1",
    "::ffff:169.254.169.254",
    "64:ff9b::a00:1",
    "2002:a00:1::",
    "2001:0:a00:1::f5ff:fffe",
    "::127.0.0.1",
]
PUBLIC = ["1.1.1.1", "104.16.0.1", "2606:4700::1111", "::ffff:1.1.1.1", "64:ff9b::101:101"]


class Network:
    """Remembers what was dialled; refuses what ``dead`` holds."""

    def __init__(self, *dead: str) -> None:
        self.dead = dead
        self.dialled: list[tuple[str, int]] = []

    async def connect(self, address: Address, port: int) -> socket.socket:
        self.dialled.append((str(address), port))
        if str(address) in self.dead:
            raise ConnectionRefusedError(111, "refused")
        return cast("socket.socket", object())


def resolver(*addresses: str):  # type: ignore[no-untyped-def]
    async def resolve(host: str, port: int) -> list[str]:
        return list(addresses)

    return resolve


async def classic(host: str, port: int) -> list[str]:
    """What getaddrinfo makes of a host without asking anybody: inet_aton's shorthands, and localhost."""
    return ["::1", "127.0.0.1"] if host == "localhost" else [socket.inet_ntoa(socket.inet_aton(host))]


@pytest.mark.parametrize("address", [*NOT_PUBLIC, "127.0.0.1", "::1", "::", "0.0.0.0"])
def test_is_public__special_address__no(address: str) -> None:
    assert not is_public(ip_address(address))


@pytest.mark.parametrize("address", PUBLIC)
def test_is_public__public_address__yes(address: str) -> None:
    assert is_public(ip_address(address))


@pytest.mark.parametrize("spelling", LOOPBACK_SPELLINGS)
async def test_fetch__loopback_however_spelled__never_dialled(spelling: str) -> None:
    network = Network()
    transport = PublicTransport(
        shared_ssl_context(), GuardedBackend(connect=network.connect, resolve=classic)
    )

    async with httpx.AsyncClient(transport=transport, trust_env=False) as client:
        with pytest.raises(httpcore.ConnectError) as refused:
            await client.get(f"https://{spelling}/")

    assert network.dialled == []
    # A trailing dot makes it a name, which has no address; all else is an address and is refused as such.
    assert isinstance(refused.value, AddressRefused) or spelling.endswith(".")


async def test_fetcher__base_url_of_loopback__reason_is_the_address() -> None:
    fetcher = Fetcher(make_source("coinbase", "https://127.0.0.1:9"), now_ms=lambda: 0)

    (error,) = (await fetcher.fetch(["BTC/USD"])).errors

    assert error.reason == "address"
    assert "127.0.0.1" in error.detail


async def test_fetcher__name_leads_to_a_private_address__not_tried_again() -> None:
    asked: list[str] = []

    async def resolve(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["10.0.0.1"]

    fetcher = Fetcher(make_source("coinbase"), now_ms=lambda: 0, resolve=resolve)

    (error,) = (await fetcher.fetch(["BTC/USD"])).errors

    assert error.reason == "address"
    assert asked == ["api.exchange.coinbase.com"]


@pytest.mark.parametrize("address", NOT_PUBLIC)
async def test_connect__name_leads_to_a_special_address__refused(address: str) -> None:
    network = Network()

    with pytest.raises(AddressRefused, match=r"api\.kraken\.com leads to"):
        await GuardedBackend(connect=network.connect, resolve=resolver(address)).dial(
            "api.kraken.com", 443, 1
        )

    assert network.dialled == []


async def test_connect__one_private_among_public__whole_name_refused() -> None:
    backend = GuardedBackend(connect=Network().connect, resolve=resolver("1.1.1.1", "10.0.0.1"))

    with pytest.raises(AddressRefused):
        await backend.dial("api.kraken.com", 443, 1)


async def test_connect__public_name__the_checked_address_is_dialled_not_the_name() -> None:
    network = Network()

    await GuardedBackend(connect=network.connect, resolve=resolver("1.1.1.1")).dial("api.kraken.com", 443, 1)

    assert network.dialled == [("1.1.1.1", 443)]


async def test_connect__first_address_dead__the_next_is_tried() -> None:
    network = Network("1.1.1.1")

    backend = GuardedBackend(connect=network.connect, resolve=resolver("1.1.1.1", "2606:4700::1111"))
    await backend.dial("api.kraken.com", 443, 1)

    assert [host for host, _ in network.dialled] == ["1.1.1.1", "2606:4700::1111"]


async def test_connect__every_address_dead__the_last_error() -> None:
    with pytest.raises(httpcore.ConnectError, match="refused"):
        await GuardedBackend(connect=Network("1.1.1.1").connect, resolve=resolver("1.1.1.1")).dial(
            "x", 443, 1
        )


async def test_connect__insecure__loopback_dialled() -> None:
    network = Network()

    await GuardedBackend(connect=network.connect, insecure=True).dial("127.0.0.1", 8545, 5)

    assert network.dialled[0] == ("127.0.0.1", 8545)


async def test_connect__no_address__connect_error() -> None:
    with pytest.raises(httpcore.ConnectError, match="x has no address"):
        await GuardedBackend(connect=Network().connect, resolve=resolver()).dial("x", 443, 1)


@pytest.mark.parametrize("failure", [socket.gaierror(-2, "NXDOMAIN"), UnicodeError("label too long")])
async def test_connect__name_does_not_resolve__connect_error(failure: Exception) -> None:
    async def resolve(host: str, port: int) -> list[str]:
        raise failure

    with pytest.raises(httpcore.ConnectError, match="does not resolve"):
        await GuardedBackend(connect=Network().connect, resolve=resolve).dial("nowhere.invalid", 443, 1)


async def test_connect__resolver_answers_nonsense__connect_error() -> None:
    with pytest.raises(httpcore.ConnectError, match="does not resolve"):
        await GuardedBackend(connect=Network().connect, resolve=resolver("not an address")).dial("x", 443, 1)


async def test_connect__resolver_never_answers__connect_timeout() -> None:
    async def resolve(host: str, port: int) -> list[str]:
        await asyncio.Event().wait()
        raise AssertionError

    with pytest.raises(httpcore.ConnectTimeout):
        await GuardedBackend(connect=Network().connect, resolve=resolve).dial("x", 443, 0.01)


@pytest.mark.parametrize(
    "failure", [socket.gaierror(-2, "NXDOMAIN"), UnicodeError("too long"), KeyError("a bug")]
)
async def test_system_resolver__lookup_fails__its_error_comes_back(
    monkeypatch: pytest.MonkeyPatch, failure: Exception
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise failure

    monkeypatch.setattr(socket, "getaddrinfo", fail)

    with pytest.raises(type(failure)):
        await system_resolver("nowhere.invalid", 443)


async def test_system_resolver__name_with_addresses__all_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [(socket.AF_INET, 0, 0, "", (address, 443)) for address in ("1.1.1.1", "8.8.8.8")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)

    assert await system_resolver("dns.example", 443) == ["1.1.1.1", "8.8.8.8"]


def test_system_resolver__never_answers__does_not_hold_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    released = threading.Event()
    waiting: list[threading.Thread] = []

    def stuck(*_: object, **__: object) -> list[object]:
        waiting.append(threading.current_thread())
        released.wait(30)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", stuck)

    async def ask() -> None:
        async with asyncio.timeout(0.05):
            await system_resolver("api.kraken.com", 443)

    with pytest.raises(TimeoutError):
        asyncio.run(ask())

    assert [(thread.daemon, thread.is_alive()) for thread in waiting] == [(True, True)]
    released.set()
