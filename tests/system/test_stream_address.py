"""Where a stream may connect to: wss, public addresses, no proxy of the environment."""

import pytest

from reporter.errors import ConfigError
from reporter.sources import make_source
from reporter.sources.stream import Pace, Streamer
from reporter.wiring import wall_ms
from tests.system.markets import exchange, running, until

pytestmark = pytest.mark.system


@pytest.mark.parametrize(
    "url", ["ws://127.0.0.1:1/ws", "http://x/ws", "wss://", "wss://user@x/", "wss://x:99999/", "wss://[::1"]
)
def test_streamer__address_that_is_not_plain_wss__refused(url: str) -> None:
    with pytest.raises(ConfigError) as refused:
        Streamer(make_source("kraken", None, url), ("BTC/USD",), print, now_ms=wall_ms)

    assert refused.value.key == "ws_url"


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "[::1]", "0.0.0.0"])
async def test_stream__private_address_without_insecure__refused_before_a_connection(host: str) -> None:
    async with exchange() as market:
        source = make_source("kraken", None, f"wss://{host}:{market.port}/kraken/ws")
        async with running(Streamer(source, ("BTC/USD",), print, now_ms=wall_ms, pace=Pace())) as stream:
            assert await until(lambda: stream.health.last_error != "")

    assert "address" in stream.health.last_error


async def test_stream__plain_text_where_tls_is_expected__connect_error() -> None:
    async with exchange() as market:
        source = make_source("kraken", None, f"wss://127.0.0.1:{market.port}/kraken/ws")
        streamer = Streamer(source, ("BTC/USD",), print, now_ms=wall_ms, insecure=True)
        async with running(streamer) as stream:
            assert await until(lambda: stream.health.last_error != "", 6.0)

    assert any(reason in stream.health.last_error for reason in ("connect", "network", "deadline", "timeout"))


async def test_stream__proxy_planted_in_the_environment__ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    async with exchange() as market, running(market.streamer("kraken", lambda _: None)) as stream:
        assert await until(lambda: stream.health.state == "live")
