"""What ``spotline funding`` prints for people: the same documents that ``--json`` prints, as lines."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from reporter.models import SCALE
from reporter.money import decimal_text, percent_text
from reporter.table import columns

PLACES = 5


def now_lines(documents: Sequence[Mapping[str, Any]]) -> list[str]:
    """Each market's rates for 8 hours, and the venues' below it."""
    if not documents:
        return ["the funding contract has no markets of this deployment's feeds"]
    lines = []
    for document in documents:
        state = "paused: its index is not fresh" if document["paused"] else "accruing"
        lines += [f"{document['market']}, rates per 8 h, {state}", *_own(document), *_venue_lines(document)]
    return lines


def _own(document: Mapping[str, Any]) -> list[str]:
    coverage, due = document["coverageBps"] / 100, _clock(document["nextFundingTime"])
    return [
        f"  present    {_rate(document['rate8h'])}",
        f"  predicted  {_rate(document['predicted8h'])}  for {due}, {coverage:g} % of the interval so far sampled",
        f"  premium    {_rate(document['premium'])}  last accrual {_clock(document['lastAccrual'])}",
    ]


def _venue_lines(document: Mapping[str, Any]) -> list[str]:
    if "venues" not in document:
        return []
    head = [("  venue", "present", "predicted", "mark", "mid", "index", "every", "next")]
    lines = columns([*head, *(_venue_row(venue) for venue in document["venues"])])
    labels = sorted({venue["label"] for venue in document["venues"] if venue["label"]})
    lines += [f"  {label}: not real markets" for label in labels]
    return lines + [f"  error: {error}" for error in document["venueErrors"].values()]


def _venue_row(venue: Mapping[str, Any]) -> tuple[str, ...]:
    paid_at = venue["nextFundingTime"]
    return (
        f"  {venue['venue']}:{venue['symbol']}",
        _rate(venue["rate8h"]),
        _rate(venue["predicted8h"]),
        *(_price(venue[name]) for name in ("mark", "mid", "index")),
        f"{venue['intervalS'] // 3600} h",
        "all the time" if paid_at is None else _clock(paid_at),
    )


def history_lines(document: Mapping[str, Any]) -> list[str]:
    """Fixed rates, newest last, with the number of samples in each interval."""
    times = [sample["time"] for sample in document["samples"]]
    rows = [("fixed at", "rate per 8 h", "mean premium", "coverage", "samples", "block")]
    before = None
    for fixed in document["rates"]:
        counted = "-" if before is None else str(sum(before <= at < fixed["time"] for at in times))
        before = fixed["time"]
        rates = _rate(fixed["rate8h"]), _rate(fixed["meanPremium"]), f"{fixed['coverageBps'] / 100:g} %"
        rows.append((_clock(before), *rates, counted, str(fixed["block"])))
    blocks = f"blocks {document['fromBlock']} to {document['toBlock']}"
    return [f"{document['market']}, {blocks}", *columns(rows)]


def forecast_lines(document: Mapping[str, Any]) -> list[str]:
    """The next rate by each forecast, with how far each was off before."""
    contract, ar1, unchanged = document["contract"], document["ar1"], document["unchanged"]
    rows = [
        ("forecast", "next per 8 h", "mean error", "over"),
        ("contract, as an interval begins", "", *_errors(contract["atStart"])),
        ("contract, halfway", _rate(contract["next"]), *_errors(contract["halfway"])),
        (f"AR(1), phi {_phi(ar1['phiPpm'])}", _rate(ar1["next"]), *_errors(ar1["atStart"])),
        ("the last rate again", _rate(unchanged["next"]), *_errors(unchanged["atStart"])),
    ]
    due = _clock(document["nextFundingTime"])
    head = f"{document['market']}, from {document['rates']} rates; the next is fixed at {due}"
    return [head, *columns(rows), *([f"  {document['reason']}"] if document["reason"] else [])]


def _errors(error: Mapping[str, Any]) -> tuple[str, str]:
    count = error["rates"]
    return _rate(error["meanAbsoluteError"]).lstrip("+"), f"{count} rate{'' if count == 1 else 's'}"


def _phi(ppm: int | None) -> str:
    return "none" if ppm is None else decimal_text(ppm, 6, 3)


def _rate(text: str | None) -> str:
    return "-" if text is None else percent_text(int(text), SCALE, PLACES)


def _price(text: str | None) -> str:
    return "-" if text is None else decimal_text(int(text), 18, 2)


def _clock(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
