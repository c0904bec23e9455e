"""The figures beside others': the tables of ``bench/gas.md``. Peers' figures are quoted, not measured here."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

PAGE = Path(__file__).with_name("gas.md")
BEGIN, END = "<!-- tables: written by bench/gas.py -->", "<!-- end of tables -->"
SIGNATURES = (4, 7, 13, 21, 31)
FEEDS = (1, 5, 10, 20)

# Thousands of gas, as measured side by side in November 2026; None where there is no figure.
PEERS: dict[str, tuple[float | None, ...]] = {
    "Maker median": (None, 89.8, 138.7, 204.1, 285.8),
    "Chronicle Scribe `poke`": (73.7, 92.3, 123.5, 165.3, 219.8),
    "RedStone": (None, 93.3, 150.3, 234.3, None),
    "API3": (112.2, 173.3, 291.2, 457.2, 651.2),
    "Chainlink OCR2, of which only f + 1 sign": (95.2, 104.5, 123, None, 178.2),
}
FLOOR = (45.7, 58.8, 85.0, 120.0, 163.7)
READ_PEERS = {"Maker": 7.4, "Scribe": 7.9, "RedStone": 9.2, "Chainlink through its proxy": 18.2, "API3": 22.4}
READS = {
    "strict": "`Aggregator.read`",
    "latestRound": "`Aggregator.latestRound`",
    "feed_latestRoundData": "`Feed.latestRoundData`",
    "feed_getRoundData": "`Feed.getRoundData`, the round before",
    "twap_rounds": "`Aggregator.twap`, by rounds",
    "twap_window": "`Aggregator.twap`, by window, the dearest of 4,095 searches",
}
ACCRUALS = {
    "sample": "new index, new sample of a `FeedMark`",
    "book": "new index, new sample of an `ImpactMark`",
    "same_index": "the index as it was, new sample of a `FeedMark`",
    "boundary": "new index, new sample, and the rate is fixed",
    "no_mark": "new index, a stale mark: no sample",
    "paused": "a stale index: the market is paused",
    "second": "once more in the same block: no sample, nothing to do",
}

# What the EVM charges before any code of ours runs: yellow paper and EIPs 2028, 2929, 3529, 7623.
TRANSACTION, ZERO_BYTE, OTHER_BYTE = 21_000, 4, 16
ECRECOVER, CONFIG_SLOT, SET_CODE = 3_000 + 100, 2_100, 2_600
CHANGED_SLOT = 2_900 + 2_100
EVENT = 375 + 3 * 375 + 8 * 128
PRAGUE_TOKEN = 10


def charges(weight: dict[str, int], signatures: int, feeds: int) -> int:
    """What this interface cannot go below in steady state: calldata, ecrecover, storage and events, no instruction."""
    data = ZERO_BYTE * weight["zero"] + OTHER_BYTE * weight["non_zero"]
    read = TRANSACTION + data + signatures * ECRECOVER + CONFIG_SLOT + SET_CODE
    return read + feeds * (2 * CHANGED_SLOT + EVENT)


def calldata_floor(weight: dict[str, int]) -> int:
    """The least that a transaction pays for its calldata from the Prague fork on (EIP-7623)."""
    return TRANSACTION + PRAGUE_TOKEN * (weight["zero"] + 4 * weight["non_zero"])


def tables(figures: dict[str, Any]) -> str:
    """All tables, as Markdown."""
    return "\n\n".join(part(figures) for part in (_by_signatures, _by_feeds, _reads, _funding, _l2))


def write_page(text: str) -> None:
    """Put the tables between the markers of the page."""
    head, rest = PAGE.read_text().split(BEGIN)
    tail = rest.split(END)[1]
    PAGE.write_text(f"{head}{BEGIN}\n\n{text}\n\n{END}{tail}")


def _by_signatures(figures: dict[str, Any]) -> str:
    ours, weights = figures["update"]["1"], [figures["l2"]["1"][str(n)] for n in SIGNATURES]
    shapes = zip(weights, SIGNATURES, strict=True)
    default = [figures["default_quorum"].get(str(n)) for n in SIGNATURES]
    rows = [
        ("**ours, steady state**", [ours[str(n)]["steady"] for n in SIGNATURES]),
        ("ours, first lap of the ring", [ours[str(n)]["first_lap"] for n in SIGNATURES]),
        (
            "ours, steady, from a larger set",
            [f"{d['steady']:,} (of {d['reporters']})" if d else "-" for d in default],
        ),
        ("charged for this interface before any code", [charges(w, n, 1) for w, n in shapes]),
        *((name, _thousands(row)) for name, row in PEERS.items()),
        ("arithmetic floor of any design", _thousands(FLOOR)),
        ("least for the calldata from Prague on", [calldata_floor(w) for w in weights]),
    ]
    return _table("update of 1 feed, gas: signatures", SIGNATURES, rows)


def _by_feeds(figures: dict[str, Any]) -> str:
    rows = [
        (f"{n} signatures", [figures["update"][str(f)][str(n)]["steady"] for f in FEEDS]) for n in SIGNATURES
    ]
    return _table("update, steady state, gas: feeds", FEEDS, rows)


def _reads(figures: dict[str, Any]) -> str:
    read = figures["read"]
    rows = [(label, [read[name], read.get(f"{name}_with_abi", "-")]) for name, label in READS.items()]
    rows += [(f"{name}, newest price", [f"{gas:.1f}k", "-"]) for name, gas in READ_PEERS.items()]
    return _table("read, gas", ("the call", "with encoding and decoding"), rows)


def _funding(figures: dict[str, Any]) -> str:
    rows = [(label, [figures["funding"][name]]) for name, label in ACCRUALS.items()]
    return _table("`PerpetualFunding.accrue`", ("gas",), rows)


def _l2(figures: dict[str, Any]) -> str:
    shapes = [(n, 1) for n in SIGNATURES] + [(13, f) for f in FEEDS[1:]]
    weights = [figures["l2"][str(feeds)][str(n)] for n, feeds in shapes]
    names = [f"{n} signatures, {feeds} feed{'s' if feeds > 1 else ''}" for n, feeds in shapes]
    rows = [(name, list(weight.values())) for name, weight in zip(names, weights, strict=True)]
    return _table("update, bytes", [name.replace("_", " ") for name in weights[0]], rows)


def _thousands(row: Sequence[float | None]) -> list[str]:
    return ["-" if value is None else f"{value:g}k" for value in row]


def _table(title: str, columns: Sequence[object], rows: Sequence[tuple[str, Sequence[object]]]) -> str:
    lines = [[title, *map(str, columns)], ["---", *("---:" for _ in columns)]]
    lines += [[name, *(f"{c:,}" if isinstance(c, int) else str(c) for c in cells)] for name, cells in rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
