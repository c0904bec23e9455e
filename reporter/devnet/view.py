"""The live terminal view of a devnet: what the market says, what the chain answers, who signs, what funding does."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from reporter.chain.aggregator import SeenRound
from reporter.chain.deployment import Deployment
from reporter.devnet.watch import Watch
from reporter.models import Round
from reporter.money import decimal_text, percent_text
from reporter.record import STALE_GRACE_S

SCALE = 10**18


@dataclass(frozen=True, slots=True)
class Screen:
    """Everything one picture shows. ``status`` holds each reporter's ``/api/status``, None where it does not answer."""

    title: str
    label: str
    clock: str
    now_ms: int
    watch: Watch
    deployment: Deployment
    feeds: Sequence[Mapping[str, Any]]
    status: Sequence[tuple[str, str, Mapping[str, Any] | None]]
    funding: Mapping[str, Any]
    hint: str


def picture(screen: Screen) -> RenderableType:
    """The whole screen."""
    parts = [_header(screen), _answers(screen), _sources(screen), _reporters(screen), _funding(screen)]
    return Group(*parts, Text(screen.hint, style="dim"))


def _header(screen: Screen) -> RenderableType:
    chain = screen.watch.chain
    block = f"block {chain.head.number}" if chain else "no chain"
    label = Text(screen.label, style="bold yellow")
    return Panel(Group(label, Text(f"{screen.clock}  {block}  Ctrl-C stops everything")), title=screen.title)


def _answers(screen: Screen) -> Table:
    table = _table(
        "Feed",
        "Index (first reporter)",
        "Status",
        "Answer on-chain",
        "Age",
        "Round",
        "Signers",
        "Spread",
        "Gas",
    )
    by_name = {feed["feed"]: feed for feed in screen.feeds}
    for name, watch in screen.watch.feeds.items():
        index = by_name.get(name, {}).get("index")
        round_ = screen.watch.chain.rounds.get(name) if screen.watch.chain else None
        gas = screen.watch.gas.get(watch.rounds[-1].tx_hash) if watch.rounds else None
        decimals = screen.deployment.feeds[name].decimals
        heartbeat_s = by_name.get(name, {}).get("heartbeatS")
        cells = _round_cells(round_, decimals, screen.now_ms // 1000, heartbeat_s)
        table.add_row(name, *_index_cells(index), *cells, f"{gas:,}" if gas else "-")
    return table


def _index_cells(index: Mapping[str, Any] | None) -> tuple[str, str]:
    if index is None:
        return "-", "-"
    price = decimal_text(int(index["price"]), 18, 2) if index["price"] else "none"
    return price, f"{index['status']} {index['reason']}".strip()


def _round_cells(
    round_: Round | None, decimals: int, now_s: int, heartbeat_s: int | None
) -> tuple[str, str, str, str, str]:
    if round_ is None or not round_.round_id:
        return "none yet", "-", "-", "-", "-"
    age_s = max(0, now_s - round_.observed_at)
    stale = " STALE" if heartbeat_s is not None and age_s > heartbeat_s + STALE_GRACE_S else ""
    answer = decimal_text(round_.answer, decimals, 2)
    return answer, f"{age_s} s{stale}", str(round_.round_id), str(round_.reporters), f"{round_.spread_bps} bp"


def _sources(screen: Screen) -> RenderableType:
    feed = next((f for f in screen.feeds if f["feed"] == "BTC/USD"), None)
    table = _table("BTC/USD source", "Price in USD", "Through", "Age", "Clock", "Used", "Why")
    for source in feed["index"]["sources"] if feed else ():
        observed = source["bookAtMs"] or source["lastAtMs"] or source["receivedAtMs"]
        table.add_row(
            f"{source['venue']} {source['symbol']}",
            decimal_text(int(source["price"]), 18, 2) if source["price"] else "-",
            source["convertedBy"] or "-",
            f"{(screen.now_ms - observed) / 1000:.1f} s" if observed else "-",
            source["clock"] or "-",
            "kept" if source["kept"] else "dropped",
            source["reason"],
        )
    return table


def _reporters(screen: Screen) -> Table:
    table = _table("Reporter", "Address", "State")
    for name, address, status in screen.status:
        if status is None:
            table.add_row(name, address, "DOWN: does not answer")
        else:
            why = "; ".join(status["reasons"])
            table.add_row(name, address, "ready" if status["ready"] else f"NOT READY: {why}")
    return table


def _funding(screen: Screen) -> RenderableType:
    funding = screen.funding.get("BTC/USD")
    if not funding:
        return Text("no funding market")
    rate, predicted = (percent_text(int(funding[k]), SCALE) for k in ("rate8h", "predicted8h"))
    premium = percent_text(int(funding["premium"]), SCALE)
    paid = decimal_text(int(funding["cumulative"]), 18, 6)
    left = max(0, funding["nextFundingTime"] - screen.now_ms // 1000)
    state = "PAUSED: the index is not fresh" if funding["paused"] else f"next rate in {left} s"
    return Text(
        f"Funding BTC/USD   rate {rate} / 8 h   predicted {predicted} / 8 h   premium {premium}   "
        f"paid by one BTC long so far {paid} USD   {state}"
    )


def _table(*columns: str) -> Table:
    table = Table(expand=True, pad_edge=False, box=None, header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def round_line(seen: SeenRound, deployment: Deployment, gas: int | None) -> str:
    """One round as one line, where there is no terminal to draw on."""
    r = seen.round
    answer = decimal_text(r.answer, deployment.feeds[r.feed].decimals, 2)
    cost = f", {gas:,} gas" if gas else ""
    return f"{r.feed} {answer}  round {r.round_id}  {r.reporters} signers, spread {r.spread_bps} bp{cost}"
