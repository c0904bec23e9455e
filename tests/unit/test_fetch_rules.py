"""The rules a Fetcher applies to an answer, one by one, on a transport inside the process."""

import asyncio
from pathlib import Path

import httpcore
import httpx
import pytest

from reporter.errors import ConfigError
from reporter.sources import make_source
from reporter.sources.base import Fetcher, StatusError, shared_ssl_context
from reporter.sources.retry import retry_after_s
from tests.unit.wires import BODY, JSON, NOW_MS, Answer, Wire, answer, fetch, no_wait, reason

pytestmark = pytest.mark.unit


async def test_fetch__good_answer__stamped_with_receive_time_venue_and_label() -> None:
    fetched = await fetch(answer(), venue="coinbase-eu", label="SIMULATED")

    (quote,) = fetched.quotes
    assert (quote.venue, quote.label, quote.received_at_ms) == ("coinbase-eu", "SIMULATED", NOW_MS)
    assert quote.last == 65017_565 * 10**15


async def test_fetch__request__identity_encoding_json_and_no_cookie() -> None:
    wire = Wire(lambda _: answer(set_cookie="track=1; Path=/; Domain=coinbase.com"))
    fetcher = Fetcher(make_source("coinbase"), now_ms=lambda: NOW_MS, transport=wire)

    for _ in range(3):
        assert (await fetcher.fetch(["BTC/USD"])).quotes

    assert [request.headers.get("cookie") for request in wire.sent] == [None] * 3
    assert {request.headers["accept-encoding"] for request in wire.sent} == {"identity"}
    assert {request.headers["accept"] for request in wire.sent} == {"application/json"}
    assert str(wire.sent[0].url) == "https://api.exchange.coinbase.com/products/BTC-USD/ticker"


async def test_fetch__query_with_brackets__reaches_the_wire_escaped_once() -> None:
    wire = Wire(answer(body=b"[]"))
    fetcher = Fetcher(make_source("binance"), now_ms=lambda: NOW_MS, transport=wire)

    await fetcher.fetch(["BTC/USDT", "BTC/USDC"])

    assert wire.sent[0].url.query == b"symbols=%5B%22BTCUSDT%22%2C%22BTCUSDC%22%5D"


async def test_fetch__one_request_fails__the_others_quotes_are_kept() -> None:
    def by_market(request: httpx.Request) -> httpx.Response:
        return answer(404) if "ETH-USD" in request.url.path else answer()

    fetched = await fetch(by_market, symbols=["BTC/USD", "ETH/USD", "SOL/USD"])

    assert [quote.symbol for quote in fetched.quotes] == ["BTC/USD", "SOL/USD"]
    assert [error.reason for error in fetched.errors] == ["http_404"]


@pytest.mark.parametrize("status", [201, 204, 206, 301, 302, 304, 307, 400, 401, 403, 404, 418, 451])
async def test_fetch__status_that_another_try_cannot_mend__refused_at_the_first(status: int) -> None:
    wire = Wire(answer(status, location="http://127.0.0.1/steal"))
    fetcher = Fetcher(make_source("coinbase"), now_ms=lambda: NOW_MS, transport=wire, sleep=no_wait)

    (error,) = (await fetcher.fetch(["BTC/USD"])).errors

    assert error.reason == f"http_{status}"
    assert len(wire.sent) == 1


@pytest.mark.parametrize("location", ["http://[bad", "//", "file:///etc/passwd", "", "\x7f"])
async def test_fetch__redirect_to_nonsense__refused_like_any_other(location: str) -> None:
    assert await reason(answer(302, location=location)) in ("http_302", "protocol")


TROUBLES: list[Answer] = [
    httpx.Response(500),
    httpx.Response(503, content=BODY, headers=JSON),
    httpx.Response(429),
    httpcore.ConnectError("refused"),
    httpcore.ConnectTimeout("slow"),
]


@pytest.mark.parametrize("trouble", TROUBLES, ids=repr)
async def test_fetch__passing_trouble__tried_again_and_answered(trouble: Answer) -> None:
    fetched = await fetch(trouble, answer(), sleep=no_wait)

    assert len(fetched.quotes) == 1
    assert fetched.errors == ()


@pytest.mark.parametrize("trouble", TROUBLES, ids=repr)
async def test_fetch__lasting_trouble__three_attempts(trouble: Answer) -> None:
    wire = Wire(trouble)
    fetcher = Fetcher(make_source("coinbase"), now_ms=lambda: NOW_MS, transport=wire, sleep=no_wait)

    (error,) = (await fetcher.fetch(["BTC/USD"])).errors

    assert error.reason in ("http_500", "http_503", "http_429", "connect", "timeout")
    assert len(wire.sent) == 3


async def test_fetch__retry_after_within_the_deadline__waited_for() -> None:
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    fetched = await fetch(answer(429, retry_after="2"), answer(), sleep=sleep)

    assert len(fetched.quotes) == 1
    assert waits == [2.0]


async def test_fetch__retry_after_beyond_the_deadline__given_up_at_once_and_passed_on() -> None:
    wire = Wire(answer(429, retry_after="60"))
    fetcher = Fetcher(make_source("coinbase"), now_ms=lambda: NOW_MS, transport=wire, sleep=no_wait)

    (error,) = (await fetcher.fetch(["BTC/USD"])).errors

    assert isinstance(error, StatusError)
    assert (error.retry_after_s, len(wire.sent)) == (60, 1)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("", 0),
        ("0", 0),
        ("30", 30),
        ("999999999", 3600),
        ("9" * 5000, 0),
        ("-1", 0),
        ("1.5", 0),
        ("٣", 0),
        ("soon", 0),
        ("Sun, 06 Nov 1994 08:49:57 GMT", 20),
        ("Sun, 06 Nov 1994 08:49:07 GMT", 0),
        ("Sun, 06 Nov 2094 08:49:37 GMT", 3600),
        ("Xxx, 99 Nov 1994 08:49:37 GMT", 0),
        ("Sun, 06 Nov 1994 08:49:37 GMT" * 99, 0),
    ],
)
def test_retry_after__any_header__whole_seconds_or_nothing(value: str, seconds: int) -> None:
    assert retry_after_s(value, 784_111_777) == seconds


class Hanging(httpx.AsyncBaseTransport):
    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await asyncio.Event().wait()
        raise AssertionError


async def test_fetch__no_answer__ends_at_the_deadline() -> None:
    fetcher = Fetcher(make_source("coinbase"), now_ms=lambda: NOW_MS, transport=Hanging(), deadline_s=0.05)

    (error,) = (await fetcher.fetch(["BTC/USD"])).errors

    assert error.reason == "deadline"


async def test_fetch__cancelled__passes_through() -> None:
    fetcher = Fetcher(make_source("coinbase"), now_ms=lambda: NOW_MS, transport=Hanging())
    running = asyncio.create_task(fetcher.fetch(["BTC/USD"]))
    await asyncio.sleep(0)

    running.cancel()

    with pytest.raises(asyncio.CancelledError):
        await running


@pytest.mark.parametrize(
    "url",
    [
        "http://api.kraken.com",
        "ftp://api.kraken.com",
        "file:///etc/passwd",
        "https://user@127.0.0.1",
        "https://user:secret@api.kraken.com",
        "https://",
        "https://api.kraken.com/?x=1",
        "https://api.kraken.com/#x",
        "https://[::1",
        "https://0177.0.0.1",
        "api.kraken.com",
    ],
)
def test_fetcher__address_that_is_not_plain_https__refused(url: str) -> None:
    with pytest.raises(ConfigError) as refused:
        Fetcher(make_source("kraken", url), now_ms=lambda: NOW_MS, transport=Hanging())

    assert refused.value.key == "base_url"


def test_fetcher__http_when_insecure__allowed() -> None:
    assert Fetcher(make_source("kraken", "http://127.0.0.1:1/kraken"), now_ms=lambda: 0, insecure=True)


@pytest.mark.parametrize(
    ("kind", "symbol"), [("okx", "BTC/USD-PERP"), ("bitstamp", "nonsense"), ("deribit", "BTC/USD")]
)
async def test_fetch__symbol_the_venue_cannot_have__config_error_before_any_request(
    kind: str, symbol: str
) -> None:
    with pytest.raises(ConfigError):
        await fetch(answer(), kind=kind, symbols=[symbol])


def test_shared_ssl_context__planted_certificate_file__ignored(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "planted.pem").write_text("")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "planted.pem"))
    shared_ssl_context.cache_clear()

    context = shared_ssl_context()

    assert context is shared_ssl_context()
    assert context.check_hostname
    assert context.cert_store_stats()["x509_ca"] > 50


async def test_fetch__another_venues_name_in_an_error__renamed() -> None:
    fetched = await fetch(answer(body=b"{"), venue="coinbase-eu")

    (error,) = fetched.errors
    assert str(error).startswith("coinbase-eu: json")
