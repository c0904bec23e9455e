"""What may change while a node runs, what is compared, and what goes on undisturbed."""

from pathlib import Path
from typing import Any

import pytest

from reporter.book import Book
from reporter.config import Config, load_config
from reporter.devnet.preset import toml_text
from reporter.errors import ConfigError
from reporter.index import plan
from reporter.models import SCALE, Leg, Quote
from reporter.parts import moved_venues, same_venues
from reporter.pricing import Pricer
from reporter.reload import differences, refuse_fixed

pytestmark = pytest.mark.unit
KEYS = {"signing_keystore": "s", "gas_keystore": "g", "password_file": "p"}


def config(folder: Path, **changed: Any) -> Config:
    document: dict[str, Any] = {
        "node": {"data_dir": "data"},
        "chain": {"rpc_urls": ["http://127.0.0.1:8545"], "deployment": "d.json"},
        "keys": KEYS,
        "venues": {"kraken": {"poll_ms": 500}},
        "feeds": [{"name": "BTC/USD", "markets": ["kraken:BTC/USD", "coinbase:BTC/USD"], "min_venues": 2}],
    }
    path = folder / "spotline.toml"
    path.write_text(toml_text(document | changed))
    return load_config(path)


CHAIN = {"rpc_urls": ["http://127.0.0.1:8545"], "deployment": "d.json"}


@pytest.mark.parametrize(
    ("changed", "key"),
    [
        ({"node": {"data_dir": "elsewhere"}}, "node.data_dir"),
        ({"node": {"data_dir": "data", "api_listen": "127.0.0.1:1"}}, "node.api_listen"),
        ({"node": {"data_dir": "data", "observe_listen": "127.0.0.1:1"}}, "node.observe_listen"),
        ({"chain": CHAIN | {"deployment": "other.json"}}, "chain.deployment"),
        ({"keys": KEYS | {"gas_keystore": "other"}}, "keys.gas_keystore"),
    ],
)
def test_refuse_fixed__what_the_process_stands_on__refused_by_name(
    tmp_path: Path, changed: dict[str, Any], key: str
) -> None:
    before = config(tmp_path)

    with pytest.raises(ConfigError, match=f"{key} cannot change while the node runs") as refused:
        refuse_fixed(before, config(tmp_path, **changed))

    assert (refused.value.key, refused.value.hint) == (key, "restart the node for that")


def test_refuse_fixed__several__all_named(tmp_path: Path) -> None:
    after = config(
        tmp_path, node={"data_dir": "x", "api_listen": "127.0.0.1:1"}, keys=KEYS | {"password_file": "q"}
    )

    with pytest.raises(ConfigError, match=r"node\.data_dir, node\.api_listen, keys\.password_file cannot"):
        refuse_fixed(config(tmp_path), after)


def test_differences__limits_and_feeds__named_and_not_refused(tmp_path: Path) -> None:
    feeds = [{"name": "BTC/USD", "markets": ["kraken:BTC/USD"], "min_venues": 1}]
    before, after = config(tmp_path), config(tmp_path, chain=CHAIN | {"max_fee_gwei": 7}, feeds=feeds)

    refuse_fixed(before, after)

    assert [*differences(before, after)] == ["chain.max_fee_gwei", "feeds"]
    assert [*differences(before, before)] == []


def test_venues__another_address_and_another_pace__told_apart(tmp_path: Path) -> None:
    before = config(tmp_path)
    slower = config(tmp_path, venues={"kraken": {"poll_ms": 900}})
    elsewhere = config(tmp_path, venues={"kraken": {"poll_ms": 500, "base_url": "https://kraken.example"}})

    assert (same_venues(before, before), moved_venues(before, before)) == ({"kraken", "coinbase"}, set())
    assert (same_venues(before, slower), moved_venues(before, slower)) == ({"coinbase"}, set())
    assert (same_venues(before, elsewhere), moved_venues(before, elsewhere)) == ({"coinbase"}, {"kraken"})


def test_forget__one_venue__its_quotes_alone_are_gone() -> None:
    book = Book()
    for venue in ("kraken", "coinbase"):
        book.put(Quote(venue, "BTC/USD", SCALE, SCALE, None, 1_000, None, 1_000))

    book.forget({"kraken"})

    assert list(book.newest()) == [Leg("coinbase", "BTC/USD")]


def test_replanned__other_rules__memory_goes_on(tmp_path: Path) -> None:
    pricer = Pricer(Book(), plan([feed.rules for feed in config(tmp_path).feeds]))
    pricer.at(1_000)
    pricer.at(3_000)

    other = pricer.replanned(plan([feed.rules for feed in config(tmp_path).feeds]))

    assert other.memory() == pricer.memory()
    assert other.memory()[0] == 3_000
