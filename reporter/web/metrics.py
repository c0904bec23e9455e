"""What Prometheus reads, made from the documents of the API when somebody asks: gauges of now, nothing counted beside.

Prefix ``spotline_``, base units, times as Unix seconds and not as ages. Prices become floats here, for pictures and alerts
alone.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from reporter.models import SCALE

WEI_IN_ETHER, GWEI_IN_ETHER, BPS_IN_ONE = 10**18, 10**9, 10**4
Document = Mapping[str, Any]
Row = tuple[tuple[str, ...], int | float | None]


def exposition(status: Document, feeds: Sequence[Document]) -> bytes:
    """The text format of Prometheus.

    Args:
        status: As ``GET /api/status`` answers.
        feeds: As ``GET /api/feeds`` answers.
    """
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    families = (*_node(status), *_gas_key(status), *_venues(status), *_funding(status), *_feeds(feeds))
    registry.register(_Documents(families))
    return generate_latest(registry)


class _Documents(Collector):
    def __init__(self, families: Sequence[Metric]) -> None:
        self._families = families

    def collect(self) -> Iterator[Metric]:
        yield from self._families


def _family(name: str, says: str, labels: Sequence[str], rows: Sequence[Row]) -> GaugeMetricFamily:
    """A gauge; a row without a value is left out, so that nothing unknown looks like a 0."""
    family = GaugeMetricFamily(f"spotline_{name}", says, labels=labels)
    for values, number in rows:
        if number is not None:
            family.add_metric(values, number)
    return family


def _node(status: Document) -> Iterator[GaugeMetricFamily]:
    yield _family(
        "healthy", "1 when the node has no reason against itself.", (), [((), int(status["ready"]))]
    )
    yield _family("reasons", "How many reasons there are.", (), [((), len(status["reasons"]))])
    yield _family("chain_head_number", "The newest block.", (), [((), status["block"])])
    yield _family("quorum", "Signatures that an update needs.", (), [((), status["quorum"])])
    loaded = status["configuration"]
    good = [((), int(not loaded["problem"]))]
    yield _family("config_last_reload_successful", "0 while the file on disk was refused.", (), good)
    seconds = [((), loaded["loadedMs"] / 1000)]
    yield _family("config_loaded_timestamp_seconds", "When the one in force was read.", (), seconds)
    clock = status["clock"]
    off_s = None if clock["offMs"] is None else clock["offMs"] / 1000
    yield _family("clock_off_seconds", "Ours ahead of the venues', at least.", (), [((), off_s)])
    yield _family("clock_wrong", "1 while nothing is signed for it.", (), [((), int(clock["wrong"]))])
    endpoints = status["endpoints"].items()
    states = [((name, endpoint["state"]), 1) for name, endpoint in endpoints]
    yield _family("endpoint_state", "1 for the state of each RPC endpoint.", ("endpoint", "state"), states)


def _gas_key(status: Document) -> Iterator[Metric]:
    key = status["gasKey"]
    if key is None:
        return
    balance, spent = key["balanceWei"], key["spentGweiLastDay"]
    ether = None if balance is None else int(balance) / WEI_IN_ETHER
    yield _family("gas_key_balance_ether", "What the gas key owns.", (), [((), ether)])
    ether = None if spent is None else int(spent) / GWEI_IN_ETHER
    yield _family("gas_spent_last_day_ether", "What transactions cost in 24 h.", (), [((), ether)])
    hour = [((), key["gasLastHour"])]
    yield _family("gas_used_last_hour", "Gas of transactions mined in the last hour.", (), hour)
    stopped = [((), int(key["capped"] is not None))]
    yield _family("sending_stopped", "1 while a cap on spending keeps us from sending.", (), stopped)
    for name, unit in (("gas_used", "gas"), ("spent_wei", "wei")):
        says = "Of final transactions, shared out over the feeds of each."
        counter = CounterMetricFamily(f"spotline_{name}", says, labels=("purpose", "feed"))
        for total in key["totals"]:
            counter.add_metric((total["purpose"], total["feed"]), int(total[unit]))
        yield counter


def _venues(status: Document) -> Iterator[GaugeMetricFamily]:
    venues = status["venues"].items()
    yield _family(
        "venue_up", "1 while it answers or streams.", ("venue",), [((n,), int(v["ok"])) for n, v in venues]
    )
    seconds = [((n,), v["lastOkMs"] and v["lastOkMs"] / 1000) for n, v in venues]
    yield _family(
        "venue_last_success_timestamp_seconds", "The last fetch that brought a quote.", ("venue",), seconds
    )
    failures = [((n,), v["failures"]) for n, v in venues]
    yield _family("venue_consecutive_failures", "Fetches in a row without a quote.", ("venue",), failures)
    breakers = [((n, str(v["breaker"])), 1) for n, v in venues]
    yield _family("venue_breaker_state", "1 for the state of each breaker.", ("venue", "state"), breakers)
    standing = [((n,), len(v["standing"])) for n, v in venues]
    yield _family(
        "venue_standing_markets", "Markets that say the same again and again.", ("venue",), standing
    )
    streams = [((n, v["stream"]["state"]), 1) for n, v in venues if v["stream"]]
    yield _family("venue_stream_state", "1 for the state of each stream.", ("venue", "state"), streams)
    excluded = [((feed, venue), 1) for feed, names in status["excluded"].items() for venue in names]
    yield _family("venue_excluded", "1 while the bias monitor excludes it.", ("feed", "venue"), excluded)


def _funding(status: Document) -> Iterator[GaugeMetricFamily]:
    markets = status["funding"].items()
    for key, name, says in (
        ("premium", "funding_premium_ratio", "The newest sample of a perpetual's price over its index."),
        ("rate8h", "funding_rate_8h_ratio", "What longs pay shorts per 8 h."),
    ):
        yield _family(name, says, ("market",), [((market,), _units(m[key], SCALE)) for market, m in markets])
    away = [((market,), int(m["decoupledSince"] is not None)) for market, m in markets]
    yield _family("perpetual_decoupled", "1 while its premium has left its band.", ("market",), away)


def _feeds(feeds: Sequence[Document]) -> Iterator[GaugeMetricFamily]:
    indices = [(feed["feed"], feed["index"]) for feed in feeds]
    prices = [((name,), _units(i["price"], SCALE)) for name, i in indices]
    yield _family("index_price", "Our index price, in the quote currency.", ("feed",), prices)
    widths = [((name,), _units(i["confidence"], SCALE)) for name, i in indices]
    yield _family("index_confidence", "Half width of the survivors' middle half.", ("feed",), widths)
    states = [((name, i["status"]), 1) for name, i in indices]
    yield _family("index_status", "1 for the status of each index.", ("feed", "status"), states)
    kept = [((name,), len({s["venue"] for s in i["sources"] if s["kept"]})) for name, i in indices]
    yield _family("index_venues", "Venues that count.", ("feed",), kept)
    yield from _rounds([feed for feed in feeds if feed["round"]])


def _rounds(feeds: Sequence[Document]) -> Iterator[GaugeMetricFamily]:
    rounds = [(feed["feed"], feed["round"]) for feed in feeds]
    answers = [
        ((name,), _units(r["answer"], 10 ** r["decimals"]) if r["roundId"] else None) for name, r in rounds
    ]
    yield _family("round_answer", "What a contract reads.", ("feed",), answers)
    yield _family("round_id", "The newest round.", ("feed",), [((name,), r["roundId"]) for name, r in rounds])
    for key, name in (("observedAt", "observed"), ("updatedAt", "updated")):
        times = [((feed,), r[key] if r["roundId"] else None) for feed, r in rounds]
        yield _family(
            f"round_{name}_timestamp_seconds", f"When the newest round was {name}.", ("feed",), times
        )
    spreads = [((name,), r["spreadBps"] / BPS_IN_ONE) for name, r in rounds]
    yield _family("round_spread_ratio", "Range of the reporters' prices.", ("feed",), spreads)
    beats = [((feed["feed"],), feed["heartbeatS"]) for feed in feeds]
    yield _family("feed_heartbeat_seconds", "The longest time between rounds.", ("feed",), beats)


def _units(value: str | None, scale: int) -> float | None:
    return None if value is None else int(value) / scale
