"""What a node remembers over a restart, and the way back for a venue."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs
from typer.testing import CliRunner

from reporter.book import Book
from reporter.cli import app
from reporter.errors import ConfigError
from reporter.index import plan
from reporter.index.state import FeedState, Past
from reporter.memory import Memory, from_json, to_json
from reporter.models import SCALE, FeedRules, Leg, Quote
from reporter.pricing import Pricer
from reporter.store import Store, ask_readmission
from tests.unit.test_config import GOOD

pytestmark = pytest.mark.unit
FEED = "BTC/USD"
VENUES = ("a", "b", "c", "d", "e")
START = 1_700_000_000_000
RULES = plan([FeedRules(FEED, tuple(Leg(venue, FEED) for venue in VENUES))])
FULL = FeedState(
    ((Leg("a", FEED), START - 5_000), (Leg("b", FEED), None)),
    (("c", ((5_666_665, -7), (5_666_666, 10**15))),),
    ("d",),
    START,
    Past(START, 64_000 * SCALE),
    (Past(START - 9_000, 1), Past(START, 2)),
    START - 3_000,
    (1, 2),
)


class Clock:
    def __init__(self) -> None:
        self.ms = START

    def __call__(self) -> int:
        return self.ms


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store(tmp_path)
    yield store
    store.close()


def see(book: Book, pricer: Pricer, clock: Clock, *, minutes: int, premium: int) -> None:
    """Let a pricer see venue ``e`` that many percent over the others, a look a minute."""
    for _ in range(minutes):
        clock.ms += 60_000
        for venue in VENUES:
            price = (100 + (premium if venue == "e" else 0)) * SCALE
            book.put(Quote(venue, FEED, price, price, price, clock.ms, clock.ms, clock.ms))
        pricer.at(clock.ms)


def priced(minutes: int, premium: int, clock: Clock) -> Pricer:
    book = Book()
    pricer = Pricer(book, RULES)
    see(book, pricer, clock, minutes=minutes, premium=premium)
    return pricer


def restarted(store: Store, clock: Clock) -> tuple[Book, Pricer, Memory]:
    book = Book()
    pricer = Pricer(book, RULES)
    memory = Memory(store, pricer, clock)
    memory.recall()
    return book, pricer, memory


def test_json__every_field_set__comes_back() -> None:
    assert from_json(to_json({FEED: FULL}), [FEED]) == {FEED: FULL}
    assert from_json(to_json({FEED: FULL, "X/USD": FULL}), [FEED]) == {FEED: FULL}


def test_recall__venue_excluded_by_the_bias_monitor__stays_so_over_a_restart(store: Store) -> None:
    clock = Clock()
    before = priced(40, 3, clock)
    memory = Memory(store, before, clock)
    assert memory.barred == {FEED: ("e",)}
    asyncio.run(memory.look())

    book, after, again = restarted(store, clock)

    assert again.barred == {FEED: ("e",)}
    assert after.memory() == before.memory()
    see(book, after, clock, minutes=1, premium=0)
    assert [s.venue for s in after.at(clock.ms)[FEED].sources if not s.kept] == ["e"]


def test_look__newly_excluded__told_once_with_the_way_back_and_saved_at_once(store: Store) -> None:
    clock = Clock()
    memory = Memory(store, priced(40, 3, clock), clock)
    clock.ms = START  # no 30 s have passed since the last save

    with capture_logs() as logs:
        asyncio.run(memory.look())
        asyncio.run(memory.look())

    (told,) = logs
    assert (told["venue"], told["feed"]) == ("e", FEED)
    assert "spotline readmit e --feed BTC/USD" in told["advice"]
    assert store.memory() is not None


def test_readmit__asked_from_outside__back_from_the_next_moment_with_a_new_hour(
    store: Store, tmp_path: Path
) -> None:
    clock, book = Clock(), Book()
    pricer = Pricer(book, RULES)
    see(book, pricer, clock, minutes=40, premium=3)
    memory = Memory(store, pricer, clock)
    asyncio.run(memory.look())

    ask_readmission(tmp_path, [(FEED, "e"), ("GONE/USD", "e")])
    asyncio.run(memory.look())

    assert memory.barred == {}
    see(book, pricer, clock, minutes=2, premium=0)
    index = pricer.at(clock.ms)[FEED]
    assert [s.venue for s in index.sources if s.kept] == list(VENUES)
    biases = dict(pricer.memory()[1][FEED].biases)
    assert sum(part for _, part in biases["e"]) == 0
    assert restarted(store, clock)[2].barred == {}


def test_run__thirty_seconds__saved_without_a_reason(store: Store) -> None:
    clock = Clock()
    memory = Memory(store, priced(1, 0, clock), clock)
    asyncio.run(memory.look())
    assert store.memory() is None

    clock.ms += 30_000
    asyncio.run(memory.look())

    assert store.memory() is not None


def test_recall__clock_set_back__exclusions_stay_and_times_are_forgotten(store: Store) -> None:
    store.save_memory(START + 3_600_000, to_json({FEED: FULL}))

    _, pricer, memory = restarted(store, Clock())

    assert memory.barred == {FEED: ("d",)}
    at_ms, state = pricer.memory()
    assert (at_ms, state[FEED].last, state[FEED].at_ms) == (START, None, None)
    assert state[FEED].excluded == ((Leg("a", FEED), None), (Leg("b", FEED), None))


@pytest.mark.parametrize(
    "body", ["", "[]", "null", "7", '{"BTC/USD": 7}', '{"BTC/USD": {"barred": ["x"]}}', "{" * 9_999]
)
def test_recall__what_nobody_wrote__warns_and_starts_anew(store: Store, body: str) -> None:
    store.save_memory(START, body)

    with capture_logs() as logs:
        _, pricer, _ = restarted(store, Clock())

    assert pricer.memory() == (0, {})
    assert [entry["event"] for entry in logs] == ["memory not read"]


def test_ask_readmission__no_store__says_which_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"spotline\.sqlite"):
        ask_readmission(tmp_path / "other", [(FEED, "e")])
    assert not (tmp_path / "other").exists()


@pytest.fixture
def configured(tmp_path: Path) -> Path:
    config = tmp_path / "spotline.toml"
    config.write_text(GOOD)
    Store(tmp_path / "data").close()
    return config


@pytest.mark.parametrize(
    ("named", "feeds"), [((), ["BTC/USD", "ETH/USD"]), (("--feed", "ETH/USD"), ["ETH/USD"])]
)
def test_verb__venue_and_feeds__asks_for_those(
    configured: Path, named: tuple[str, ...], feeds: list[str]
) -> None:
    result = CliRunner().invoke(app, ["readmit", "kraken", *named, "-c", str(configured), "--json"])

    assert json.loads(result.stdout) == {"venue": "kraken", "feeds": feeds}
    reopened = Store(configured.parent / "data")
    assert sorted(reopened.readmissions()) == [(feed, "kraken") for feed in feeds]
    assert reopened.readmissions() == []
    reopened.close()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("gemini",), "no feed has a market of 'gemini'"),
        (("coinbase", "--feed", "ETH/USD"), "'ETH/USD' is no feed with a market of coinbase"),
    ],
)
def test_verb__wrong_name__refused(configured: Path, arguments: tuple[str, ...], says: str) -> None:
    result = CliRunner().invoke(app, ["readmit", *arguments, "-c", str(configured)])

    assert result.exit_code != 0
    assert says in str(result.exception)


def test_pricer__clock_set_back_by_minutes__remembers_on_and_keeps_who_is_excluded() -> None:
    clock = Clock()
    pricer = priced(40, 3, clock)
    ahead_ms = clock.ms

    pricer.at(ahead_ms - 10_000)
    assert pricer.memory()[0] == ahead_ms

    index = pricer.at(ahead_ms - 300_000)[FEED]
    at_ms, state = pricer.memory()
    assert at_ms == ahead_ms - 300_000
    assert state[FEED].barred == ("e",)
    assert state[FEED].at_ms in (None, at_ms)
    assert "e" not in [s.venue for s in index.sources if s.kept]
