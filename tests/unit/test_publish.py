"""Whose turn it is, what is due, and what the chain watcher keeps."""

import pytest
from structlog.testing import capture_logs

from reporter.chain.aggregator import ChainState, ReporterSet, SeenRound
from reporter.chain.deployment import DeployedFeed, Deployment
from reporter.chain.endpoint import Block
from reporter.config import ScheduleSection
from reporter.errors import ChainError
from reporter.models import Round, Status
from reporter.peers.observe import Code, Refused
from reporter.publish import MAX_BATCH_FEEDS, Publisher, batch_of, dues, newest
from reporter.store import Store
from reporter.trigger import Due, turn
from reporter.watcher import MAX_LOG_BLOCKS, Watcher
from tests.unit.peers import AGGREGATOR, DOMAIN, NOW_MS, NOW_S, QUORUM, REPORTERS, TERMS, index, round_

pytestmark = pytest.mark.unit
HELD = {"BTC/USD": round_("BTC/USD", 64_000, 100), "ETH/USD": round_("ETH/USD", 3_000, 100)}
SCHEDULE = ScheduleSection()


def _chain(number: int = 50, rounds=None, reporters=REPORTERS) -> ChainState:
    members = ReporterSet(DOMAIN, reporters, QUORUM)
    return ChainState(Block(number, NOW_S, 7), members, 60, False, rounds or HELD, NOW_MS)


def _publisher(number: int) -> Publisher:
    return Publisher(REPORTERS[number], SCHEDULE, TERMS, None, {}, None, 1, 2)


DUE = {"BTC/USD": Due.YES, "ETH/USD": Due.NO}


def test_dues__moved_quiet_and_unpriced__yes_no_no():
    moved = {"BTC/USD": index("BTC/USD", 64_400), "ETH/USD": index("ETH/USD", 3_001)}
    lost = {
        "BTC/USD": index("BTC/USD", 70_000, Status.HELD),
        "ETH/USD": index("ETH/USD", None, Status.INVALID),
    }

    assert dues(TERMS, moved, _chain(), NOW_S) == {"BTC/USD": Due.YES, "ETH/USD": Due.NO}
    assert set(dues(TERMS, lost, _chain(), NOW_S + 9_999).values()) == {Due.NO}


def test_dues__price_that_fits_no_report__not_due_and_no_error():
    huge = {"BTC/USD": index("BTC/USD", 10**11), "ETH/USD": index("ETH/USD", 3_000)}

    assert dues(TERMS, huge, _chain(), NOW_S)["BTC/USD"] is Due.NO


def test_my_turn__one_second__ranks_are_a_permutation_and_only_rank_0_goes():
    publishers = [_publisher(n) for n in range(len(REPORTERS))]
    going = [p for p in publishers if p.my_turn(DUE, _chain(), NOW_MS)]

    assert len(going) == 1
    assert sorted(p.waiting.rank for p in publishers) == list(range(len(REPORTERS)))
    assert sorted(p.waiting.wait_ms for p in publishers) == [2_000 * n for n in range(len(REPORTERS))]


def test_my_turn__rank_k__goes_after_k_staggers_and_not_before():
    slot = newest(HELD)
    me = next(n for n in range(7) if turn(AGGREGATOR, slot, 7, n) == 3)
    publisher = _publisher(me)

    assert not publisher.my_turn(DUE, _chain(), NOW_MS)
    assert not publisher.my_turn(DUE, _chain(), NOW_MS + 5_999)
    assert publisher.my_turn(DUE, _chain(), NOW_MS + 6_000)


def test_my_turn__no_longer_due__waiting_starts_anew():
    publisher = _publisher(0)
    publisher.my_turn(DUE, _chain(), NOW_MS)
    publisher.my_turn(dict.fromkeys(DUE, Due.JOIN), _chain(), NOW_MS + 100)

    assert publisher.waiting is None


def test_my_turn__a_round_came_in_and_still_due__turns_by_that_round_whenever_each_sees_it():
    publishers = [_publisher(n) for n in range(len(REPORTERS))]
    later = HELD | {"BTC/USD": round_("BTC/USD", 64_500, 5)}
    for number, publisher in enumerate(publishers):
        publisher.my_turn(DUE, _chain(), NOW_MS)
        publisher.my_turn(DUE, _chain(rounds=later), NOW_MS + 700 * number)

    slot = newest(later)
    assert [p.waiting.rank for p in publishers] == [turn(AGGREGATOR, slot, 7, n) for n in range(7)]
    assert [p.waiting.since_ms for p in publishers] == [NOW_MS + 700 * n for n in range(7)]


def test_my_turn__clock_set_back__waits_from_the_new_time():
    publisher = _publisher(0)
    publisher.my_turn(DUE, _chain(), NOW_MS)
    publisher.my_turn(DUE, _chain(), NOW_MS - 300_000)

    assert publisher.waiting.since_ms == NOW_MS - 300_000


async def test_publish__no_quorum__next_attempt_is_a_stagger_later():
    async def refuse(request):
        raise Refused(Code.NOT_READY, "no index")

    first = next(n for n in range(7) if turn(AGGREGATOR, newest(HELD), 7, n) == 0)
    publisher = Publisher(REPORTERS[first], SCHEDULE, TERMS, refuse, {}, None, 1, 2)
    assert publisher.my_turn(DUE, _chain(), NOW_MS)

    outcome = await publisher.publish(DUE, _chain(), NOW_MS)

    assert "no quorum" in outcome.problem
    assert not publisher.my_turn(DUE, _chain(), NOW_MS + 1_999)
    assert publisher.my_turn(DUE, _chain(), NOW_MS + 2_000)


def test_my_turn__not_in_the_set__never():
    publisher = _publisher(0)

    assert not publisher.my_turn(DUE, _chain(reporters=REPORTERS[1:]), NOW_MS + 60_000)
    assert publisher.waiting is None


# ---------------------------------------------------------------- the watcher


class FakeReader:
    """A chain that is wherever the test puts it."""

    def __init__(self) -> None:
        self.head = 50
        self.asked: list[tuple[int, int]] = []
        self.down = False
        self.quiet = False

    async def state(self, now_ms):
        if self.down:
            raise ChainError("no RPC endpoint answered")
        return _chain(self.head)

    async def rounds_since(self, first, last, times):
        self.asked.append((first, last))
        if self.quiet:
            return []
        return [
            SeenRound(round_("BTC/USD", 64_000, 1, last), "0xab", last),
            SeenRound(round_("XRP/USD", 1, 1), "0x", 1),
        ]


@pytest.fixture
def watched(tmp_path):
    feed = DeployedFeed("BTC/USD", AGGREGATOR, 8)
    reader, store = FakeReader(), Store(tmp_path)
    yield reader, Watcher(reader, Deployment(31337, AGGREGATOR, {"BTC/USD": feed}, None, 3), store, 2), store
    store.close()


async def test_watch__new_blocks__each_read_until_it_is_final_and_unknown_feeds_left_out(watched):
    reader, watcher, store = watched
    await watcher.look(NOW_MS)
    await watcher.look(NOW_MS)
    reader.head = 53
    await watcher.look(NOW_MS)

    assert reader.asked == [(3, 50), (49, 50), (51, 53)]
    assert [r["roundId"] for r in store.rounds("BTC/USD")] == [53, 50]
    assert watcher.problem == ""


async def test_watch__long_absence__read_in_bounded_steps(watched):
    reader, watcher, _ = watched
    await watcher.look(NOW_MS)
    reader.head = 50 + 2 * MAX_LOG_BLOCKS + 1
    await watcher.look(NOW_MS)

    assert reader.asked[1:] == [(51, 550), (551, 1050), (1051, 1051)]


async def test_watch__chain_went_back__follows_from_the_new_head(watched):
    reader, watcher, _ = watched
    await watcher.look(NOW_MS)
    reader.head = 40
    await watcher.look(NOW_MS)
    reader.head = 42
    await watcher.look(NOW_MS)

    assert reader.asked[-1] == (41, 42)


async def test_watch__round_gone_after_a_reorganisation__dropped_and_told(watched):
    reader, watcher, store = watched
    await watcher.look(NOW_MS)
    reader.quiet = True

    with capture_logs() as logs:
        await watcher.look(NOW_MS)

    assert store.rounds("BTC/USD") == []
    assert [(entry["event"], entry["rounds"]) for entry in logs] == [("rounds dropped", ["BTC/USD 50"])]


async def test_watch__rpc_down_and_back__problem_said_then_gone_and_state_kept(watched):
    reader, watcher, _ = watched
    await watcher.look(NOW_MS)
    reader.down = True
    await watcher.look(NOW_MS)
    assert "no RPC endpoint" in watcher.problem
    assert watcher.state is not None

    reader.down = False
    await watcher.look(NOW_MS)
    assert watcher.problem == ""


def test_batch_of__more_due_than_fit__longest_unanswered_first_and_who_may_join_last():
    names = [f"C{n}/USD" for n in range(MAX_BATCH_FEEDS + 2)]
    due_now = dict.fromkeys(names, Due.YES) | {"C3/USD": Due.JOIN, "C4/USD": Due.NO}
    rounds = {name: Round(name, 1, 1_000 - n, 1_000 - n, 10**8, 1, 0) for n, name in enumerate(names)}

    batch = batch_of(due_now, rounds)

    assert batch == [*reversed([n for n in names if n not in ("C3/USD", "C4/USD")])]


def test_batch_of__room_left__joins_come_after_what_is_due():
    due_now = {"A/USD": Due.JOIN, "B/USD": Due.YES, "C/USD": Due.NO}
    rounds = {name: Round(name, 1, at, at, 10**8, 1, 0) for name, at in zip(due_now, (1, 9, 2), strict=True)}

    assert batch_of(due_now, rounds) == ["B/USD", "A/USD"]
