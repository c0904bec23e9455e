"""Which venues are listened to, and which only asked, as the configuration says."""

from typing import Any

import pytest

from reporter.config import Config
from reporter.errors import ConfigError
from reporter.wiring import venue_fetcher, venue_streamer

pytestmark = pytest.mark.unit


def config(venue: str = "kraken", insecure: bool = False, **settings: Any) -> Config:
    document = {
        "node": {"insecure_sources": insecure},
        "chain": {"rpc_urls": ["http://127.0.0.1:8545"], "deployment": "x"},
        "venues": {venue: settings},
        "feeds": [{"name": "BTC/USD", "markets": [f"{venue}:BTC/USD"]}],
    }
    return Config.model_validate(document)


def test_venue_streamer__default__at_the_venues_own_address() -> None:
    streamer = venue_streamer(config(), "kraken", print)

    assert streamer is not None
    assert streamer.source.ws_url == "wss://ws.kraken.com/v2"


@pytest.mark.parametrize(
    ("venue", "settings"),
    [
        ("kraken", {"transport": "rest"}),
        ("kraken", {"base_url": "https://eu.example.org"}),
        ("kraken", {"transport": "rest", "ws_url": "wss://eu.example.org/ws"}),
    ],
)
def test_venue_streamer__rest_alone_or_another_host__none(venue: str, settings: dict[str, Any]) -> None:
    assert venue_streamer(config(venue, **settings), venue, print) is None


def test_venue_streamer__another_name_and_address__used() -> None:
    other = config("krakeneu", kind="kraken", ws_url="wss://eu.example.org/ws", label="EU")

    streamer = venue_streamer(other, "krakeneu", print)

    assert streamer is not None
    assert (streamer.venue, streamer.label, streamer.source.ws_url) == (
        "krakeneu",
        "EU",
        "wss://eu.example.org/ws",
    )


@pytest.mark.parametrize("url", ["ws://127.0.0.1:1/ws", "ws://kraken.example.org"])
def test_venue_streamer__plain_ws__only_where_sources_may_be_insecure(url: str) -> None:
    assert venue_streamer(config(insecure=True, ws_url=url), "kraken", print) is not None

    with pytest.raises(ConfigError, match="is not wss"):
        venue_streamer(config(ws_url=url), "kraken", print)


@pytest.mark.parametrize("bad", [{"ws_url": "https://x"}, {"transport": "udp"}, {"per_second": 0}])
def test_config__bad_venue_setting__refused(bad: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(bad))):
        config(**bad)


async def test_venue_fetcher__own_limit__instead_of_the_venues() -> None:
    fetcher = venue_fetcher(config(per_second=7), "kraken")

    assert [fetcher._limiter.take(0) for _ in range(8)].count(
        0.0
    ) == 1  # a fresh limiter starts with one place
