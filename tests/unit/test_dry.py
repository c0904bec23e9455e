"""What a node without keys says it would publish, and what it thinks that costs."""

import re
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from reporter.chain.aggregator import ChainState, ReporterSet
from reporter.chain.calls import usual_update_gas
from reporter.chain.endpoint import Block
from reporter.dry import DryRun
from reporter.models import Report, feed_id
from reporter.report import report_digest
from tests.unit.peers import DOMAIN, NOW_MS, NOW_S, QUORUM, REPORTERS, TERMS, index, round_

pytestmark = pytest.mark.unit
ROOT = Path(__file__).resolve().parents[2]


def chain(**rounds) -> ChainState:
    held = {
        "BTC/USD": round_("BTC/USD", 64_000, 100),
        "ETH/USD": round_("ETH/USD", 3_000, 100),
    }
    return ChainState(
        Block(50, NOW_S, 7 * 10**9), ReporterSet(DOMAIN, REPORTERS, QUORUM), 60, False, held | rounds, NOW_MS
    )


MOVED = {"BTC/USD": index("BTC/USD", 64_400), "ETH/USD": index("ETH/USD", 3_001)}


def test_look__one_feed_due__told_once_with_what_would_be_signed_and_paid() -> None:
    dry = DryRun(TERMS)
    with capture_logs() as logs:
        found = dry.look(MOVED, chain(), NOW_MS)
        again = dry.look(MOVED, chain(), NOW_MS + 250)

    assert found is not None
    assert again is None
    digest = report_digest(DOMAIN.separator(), Report(NOW_S - 1, (feed_id("BTC/USD"),), (64_400 * 10**8,)))
    assert (found.prices, found.observed_at, found.digest) == ({"BTC/USD": 64_400 * 10**8}, NOW_S - 1, digest)
    assert found.cost_gwei == 7 * found.gas
    (log,) = logs
    assert (log["event"], log["signatures"], log["gas"]) == ("would publish", QUORUM, found.gas)


def test_look__the_price_moves_on__due_against_what_would_have_been_published() -> None:
    dry = DryRun(TERMS)
    dry.look(MOVED, chain(), NOW_MS)

    still = dry.look(MOVED | {"BTC/USD": index("BTC/USD", 64_500)}, chain(), NOW_MS + 1_000)
    moved = dry.look(MOVED | {"BTC/USD": index("BTC/USD", 65_000)}, chain(), NOW_MS + 2_000)

    assert still is None
    assert moved is not None


def test_look__others_have_published_since__their_round_counts() -> None:
    dry = DryRun(TERMS)
    dry.look(MOVED, chain(), NOW_MS)

    theirs = chain(**{"BTC/USD": round_("BTC/USD", 65_000, -5)})

    assert dry.look(MOVED | {"BTC/USD": index("BTC/USD", 65_000)}, theirs, NOW_MS + 6_000) is None
    assert dry.look(MOVED, theirs, NOW_MS + 6_000) is not None


def test_usual_update_gas__the_measured_tables__within_two_percent() -> None:
    page = (ROOT / "bench" / "gas.md").read_text()
    table = page.split("| update, steady state, gas: feeds | 1 | 5 | 10 | 20 |")[1].split("\n\n")[0]
    rows = re.findall(r"\| (\d+) signatures \| (.+) \|", table)

    assert len(rows) == 5
    for signatures, cells in rows:
        for feeds, cell in zip((1, 5, 10, 20), cells.split(" | "), strict=True):
            measured = int(cell.replace(",", ""))
            assert abs(usual_update_gas(int(signatures), feeds) - measured) <= measured // 50, (
                signatures,
                feeds,
            )
