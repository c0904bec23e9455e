"""The address guard: a venue's name is resolved, the addresses are checked, and a checked one is dialled.

It works at connect time, below TLS and HTTP, so that no spelling of a loopback address and no DNS answer gets
around it (RFC 6890; 13 of 18 spellings of loopback reached it through httpx 0.28 as it comes).
"""

import asyncio
import socket
import threading
from collections.abc import Awaitable, Callable
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import TypeAlias

import httpcore

Address: TypeAlias = IPv4Address | IPv6Address
Resolver: TypeAlias = Callable[[str, int], Awaitable[list[str]]]
Connect: TypeAlias = Callable[[Address, int], Awaitable[socket.socket]]

_NAT64 = IPv6Network("64:ff9b::/96")


class AddressRefused(httpcore.ConnectError):
    """A name that leads to an address which is not public."""


def is_public(address: Address) -> bool:
    """Whether an address belongs to the public internet, also the IPv4 one inside an IPv6 one."""
    inner = _embedded(address)
    if inner is not None:
        return is_public(inner)
    special = address.is_multicast or address.is_reserved or address.is_unspecified
    site_local = isinstance(address, IPv6Address) and address.is_site_local
    return address.is_global and not (special or site_local)


async def system_resolver(host: str, port: int) -> list[str]:
    """Addresses of ``host`` from the operating system, on a daemon thread.

    The default executor's threads are joined at exit: a dead resolver held ``asyncio.run`` for 10 s.

    Raises:
        OSError: The name has no address.
    """
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[list[str]] = loop.create_future()

    def settle(addresses: list[str], error: Exception | None) -> None:
        if answer.done():
            return
        if error is None:
            answer.set_result(addresses)
        else:
            answer.set_exception(error)

    def look_up() -> None:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            outcome: tuple[list[str], Exception | None] = ([str(entry[4][0]) for entry in found], None)
        except Exception as error:  # noqa: BLE001 - whatever it is, it belongs to the one who waits
            outcome = ([], error)
        if not loop.is_closed():
            loop.call_soon_threadsafe(settle, *outcome)

    threading.Thread(target=look_up, name=f"resolve {host}", daemon=True).start()
    return await answer


class GuardedBackend:
    """What dials a venue: our resolver, the guard unless ``insecure``, and then the checked address.

    Args:
        insecure: Dial any address; for the market server on this machine (``insecure_sources``).
        resolve: Name and port to addresses.
        connect: Address and port to a connected socket; the operating system's by default.
    """

    def __init__(
        self,
        *,
        insecure: bool = False,
        resolve: Resolver = system_resolver,
        connect: Connect | None = None,
    ) -> None:
        self._insecure = insecure
        self._resolve = resolve
        self._connect = connect or _connected

    async def dial(self, host: str, port: int, limit_s: float) -> socket.socket:
        """A connected TCP socket to the first address of ``host`` that answers within ``limit_s``.

        Raises:
            AddressRefused: One of them is not public. A mixed answer is an attack, so one condemns the name.
            httpcore.ConnectError, httpcore.ConnectTimeout: No address answered.
        """
        failure: Exception = httpcore.ConnectError(f"{host} has no address")
        for address in await self.addresses(host, port, limit_s):
            try:
                async with asyncio.timeout(limit_s):
                    return await self._connect(address, port)
            except TimeoutError:
                failure = httpcore.ConnectTimeout(f"{host} did not answer")
            except OSError as error:
                failure = httpcore.ConnectError(f"{host}: {error.strerror or error}")
        raise failure

    async def addresses(self, host: str, port: int, limit_s: float | None) -> list[Address]:
        """Where ``host`` leads; raises ``AddressRefused`` where one of them may not be dialled."""
        addresses = _literal(host) or await self._resolved(host, port, limit_s)
        refused = [] if self._insecure else [address for address in addresses if not is_public(address)]
        if refused:
            raise AddressRefused(f"{host} leads to {refused[0]}, which is not a public address")
        return addresses

    async def _resolved(self, host: str, port: int, limit_s: float | None) -> list[Address]:
        try:
            async with asyncio.timeout(limit_s):
                return [ip_address(text) for text in await self._resolve(host, port)]
        except TimeoutError:
            raise httpcore.ConnectTimeout(f"the resolver did not answer for {host}") from None
        except (OSError, ValueError) as error:
            raise httpcore.ConnectError(f"{host} does not resolve: {error}") from None


async def _connected(address: Address, port: int) -> socket.socket:
    sock = socket.socket(socket.AF_INET6 if address.version == 6 else socket.AF_INET, socket.SOCK_STREAM)
    sock.setblocking(False)
    try:
        await asyncio.get_running_loop().sock_connect(sock, (str(address), port))
    except BaseException:
        sock.close()
        raise
    return sock


def _literal(host: str) -> list[Address]:
    """The address that ``host`` already is, as the only member; empty for a name."""
    try:
        return [ip_address(host)]
    except ValueError:
        return []


def _embedded(address: Address) -> IPv4Address | None:
    """The IPv4 address that a mapped, 6to4, Teredo or NAT64 address stands for."""
    if isinstance(address, IPv4Address):
        return None
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    teredo = address.teredo
    return address.ipv4_mapped or address.sixtofour or (teredo[1] if teredo else None)
