"""TLS on loopback: a certificate that is self-signed, expired or another host's is refused, by requests and streams."""

import asyncio
import contextlib
import ssl
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from reporter.market.factory import open_market
from reporter.market.server import HOST, MarketServer
from reporter.sources import Source, make_source
from reporter.sources.base import Fetcher, shared_ssl_context
from reporter.sources.stream import Streamer
from reporter.wiring import wall_ms
from tests.system.markets import running, until

pytestmark = pytest.mark.system

LATER, LONG_AGO = "490101000000Z", "200102000000Z"
CERTIFICATES = {
    "self-signed": ("localhost", LATER),
    "of another host": ("example.org", LATER),
    "expired": ("localhost", LONG_AGO),
}
CA = """
[ca]
default_ca = ours
[ours]
database = index.txt
serial = serial
new_certs_dir = .
default_md = sha256
policy = any
x509_extensions = named
[any]
commonName = supplied
[named]
subjectAltName = DNS:{host}
[req]
distinguished_name = name
[name]
"""


def certificate(folder: Path, name: str) -> tuple[Path, Path]:
    """A certificate file and its key."""
    host, until_text = CERTIFICATES[name]
    (folder / "ca.cnf").write_text(CA.format(host=host))
    (folder / "index.txt").touch()
    (folder / "serial").write_text("01\n")
    asks = "req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -config ca.cnf -out csr.pem -keyout key.pem"
    openssl(folder, *asks.split(), "-subj", f"/CN={host}")
    signs = "ca -batch -selfsign -notext -config ca.cnf -keyfile key.pem -in csr.pem -out crt.pem"
    openssl(folder, *signs.split(), "-startdate", "200101000000Z", "-enddate", until_text)
    return folder / "crt.pem", folder / "key.pem"


def openssl(folder: Path, *command: str) -> None:
    """Run openssl there; what it says is shown where it fails."""
    made = subprocess.run(["openssl", *command], cwd=folder, capture_output=True, check=False, text=True)
    assert made.returncode == 0, made.stderr


@contextlib.asynccontextmanager
async def serving(folder: Path, name: str) -> AsyncIterator[tuple[Source, ssl.SSLContext]]:
    """A venue behind TLS, and the context of a client that trusts its certificate."""
    crt, key = certificate(folder, name)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(crt, key)
    server = MarketServer(open_market(epoch_ms=wall_ms() // 1000 * 1000, seed=7), wall_ms)
    listening = await asyncio.start_server(server.connection, HOST, 0, ssl=context)
    base = f"localhost:{listening.sockets[0].getsockname()[1]}/kraken"
    try:
        source = make_source("kraken", f"https://{base}", f"wss://{base}/ws")
        yield source, ssl.create_default_context(cafile=str(crt))
    finally:
        listening.close()


def trust(monkeypatch: pytest.MonkeyPatch, context: ssl.SSLContext) -> None:
    """Make both layers use this context, or a certificate would be refused for its signature already."""
    monkeypatch.setattr("reporter.sources.base.shared_ssl_context", lambda: context)
    monkeypatch.setattr("reporter.sources.stream.shared_ssl_context", lambda: context)


async def said_by_tls(source: Source, context: ssl.SSLContext) -> str:
    host, _, port = source.base_url.removeprefix("https://").partition("/")[0].partition(":")
    with pytest.raises(ssl.SSLError) as refused:
        await asyncio.open_connection(host, int(port), ssl=context)
    return str(refused.value)


@pytest.mark.parametrize(
    ("name", "trusted", "says"),
    [
        ("self-signed", False, "self"),
        ("of another host", True, "Hostname mismatch"),
        ("expired", True, "certificate has expired"),
    ],
)
async def test_tls__bad_certificate__refused_by_both(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, trusted: bool, says: str
) -> None:
    async with serving(tmp_path, name) as (source, context):
        if trusted:
            trust(monkeypatch, context)
        fetcher = Fetcher(source, now_ms=wall_ms, insecure=True, deadline_s=2.0)
        (error,) = (await fetcher.fetch(["BTC/USD"])).errors
        await fetcher.close()
        async with running(Streamer(source, ("BTC/USD",), print, now_ms=wall_ms, insecure=True)) as stream:
            assert await until(lambda: stream.health.last_error != "")
        reason = await said_by_tls(source, context if trusted else shared_ssl_context())

    assert says in reason
    assert error.reason == "connect"
    assert stream.health.last_error.startswith("kraken: connect")


async def test_tls__trusted_certificate__quotes_by_both(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with serving(tmp_path, "self-signed") as (source, context):
        trust(monkeypatch, context)
        fetcher = Fetcher(source, now_ms=wall_ms, insecure=True)
        fetched = await fetcher.fetch(["BTC/USD"])
        await fetcher.close()
        async with running(
            Streamer(source, ("BTC/USD",), lambda _: None, now_ms=wall_ms, insecure=True)
        ) as stream:
            assert await until(lambda: stream.health.state == "live"), stream.health

    assert len(fetched.quotes) == 1
