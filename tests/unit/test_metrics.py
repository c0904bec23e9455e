"""What Prometheus reads says what the API says, and leaves out what nobody knows."""

from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from reporter.web.metrics import exposition

pytestmark = pytest.mark.unit
ROUND = {
    "roundId": 7,
    "answer": "6400012345678",
    "decimals": 8,
    "observedAt": 1_700_000_000,
    "updatedAt": 1_700_000_002,
    "spreadBps": 12,
}
SOURCES = [
    {"venue": "a", "kept": True},
    {"venue": "a", "kept": True},
    {"venue": "b", "kept": True},
    {"venue": "c", "kept": False},
]
FEED = {
    "feed": "BTC/USD",
    "heartbeatS": 3_600,
    "index": {
        "price": "64000500000000000000000",
        "confidence": "5" + "0" * 17,
        "status": "OK",
        "sources": SOURCES,
    },
    "round": ROUND,
}
VENUE = {
    "ok": True,
    "lastOkMs": 1_700_000_000_500,
    "failures": 0,
    "breaker": "closed",
    "standing": ["BTC/USD"],
    "stream": {"state": "live"},
}
STATUS = {
    "ready": False,
    "reasons": ["one", "two"],
    "block": 99,
    "quorum": 3,
    "endpoints": {"http://node": {"state": "alive"}},
    "gasKey": {
        "balanceWei": "1500000000000000000",
        "spentGweiLastDay": "2000000",
        "gasLastHour": 61_000,
        "capped": None,
        "totals": [{"purpose": "update", "feed": "BTC/USD", "gas": 61_000, "wei": "1200000000000000"}],
    },
    "clock": {"offMs": -2500, "venues": 4, "wrong": True},
    "venues": {
        "kraken": VENUE,
        "okx": VENUE | {"ok": False, "lastOkMs": None, "failures": 4, "stream": None},
    },
    "configuration": {"loadedMs": 1_700_000_000_250, "problem": ""},
    "excluded": {"BTC/USD": ["okx"]},
    "funding": {
        "BTC/USD": {
            "premium": "10000000000000000",
            "rate8h": "-7500000000000000",
            "decoupledSince": 1_700_000_000,
        },
        "ETH/USD": {"premium": "0", "rate8h": "0", "decoupledSince": None},
    },
}


def read(
    status: dict[str, Any] | None = None, feed: dict[str, Any] | None = None
) -> dict[tuple[str, ...], float]:
    text = exposition(STATUS | (status or {}), [FEED | (feed or {})]).decode()
    samples = [s for family in text_string_to_metric_families(text) for s in family.samples]
    return {
        (s.name.removeprefix("spotline_"), *(s.labels[name] for name in sorted(s.labels))): s.value
        for s in samples
    }


def test_metrics__a_node__every_number() -> None:
    found = {key: value for key, value in read().items() if not key[0].startswith("process_")}

    assert found == {
        ("healthy",): 0,
        ("reasons",): 2,
        ("chain_head_number",): 99,
        ("quorum",): 3,
        ("config_last_reload_successful",): 1,
        ("config_loaded_timestamp_seconds",): 1_700_000_000.25,
        ("clock_off_seconds",): -2.5,
        ("clock_wrong",): 1,
        ("endpoint_state", "http://node", "alive"): 1,
        ("gas_key_balance_ether",): 1.5,
        ("gas_spent_last_day_ether",): 0.002,
        ("gas_used_last_hour",): 61_000,
        ("sending_stopped",): 0,
        ("gas_used_total", "BTC/USD", "update"): 61_000,
        ("spent_wei_total", "BTC/USD", "update"): 1.2e15,
        ("venue_up", "kraken"): 1,
        ("venue_up", "okx"): 0,
        ("venue_last_success_timestamp_seconds", "kraken"): 1_700_000_000.5,
        ("venue_consecutive_failures", "kraken"): 0,
        ("venue_consecutive_failures", "okx"): 4,
        ("venue_standing_markets", "kraken"): 1,
        ("venue_standing_markets", "okx"): 1,
        ("venue_breaker_state", "closed", "kraken"): 1,
        ("venue_breaker_state", "closed", "okx"): 1,
        ("venue_stream_state", "live", "kraken"): 1,
        ("venue_excluded", "BTC/USD", "okx"): 1,
        ("funding_premium_ratio", "BTC/USD"): 0.01,
        ("funding_premium_ratio", "ETH/USD"): 0,
        ("funding_rate_8h_ratio", "BTC/USD"): -0.0075,
        ("funding_rate_8h_ratio", "ETH/USD"): 0,
        ("perpetual_decoupled", "BTC/USD"): 1,
        ("perpetual_decoupled", "ETH/USD"): 0,
        ("index_price", "BTC/USD"): 64_000.5,
        ("index_confidence", "BTC/USD"): 0.5,
        ("index_status", "BTC/USD", "OK"): 1,
        ("index_venues", "BTC/USD"): 2,
        ("round_answer", "BTC/USD"): 64_000.12345678,
        ("round_id", "BTC/USD"): 7,
        ("round_observed_timestamp_seconds", "BTC/USD"): 1_700_000_000,
        ("round_updated_timestamp_seconds", "BTC/USD"): 1_700_000_002,
        ("round_spread_ratio", "BTC/USD"): 0.0012,
        ("feed_heartbeat_seconds", "BTC/USD"): 3_600,
    }


def test_metrics__what_nobody_knows__is_left_out_and_not_0() -> None:
    no_index = {"price": None, "confidence": None, "status": "INVALID", "sources": []}
    found = read(
        {"block": None, "quorum": None, "gasKey": None}, {"index": no_index, "round": ROUND | {"roundId": 0}}
    )

    names = {key[0] for key in found}
    assert not names & {
        "chain_head_number",
        "quorum",
        "gas_key_balance_ether",
        "index_price",
        "index_confidence",
    }
    assert not names & {"round_answer", "round_observed_timestamp_seconds"}
    assert found["index_status", "BTC/USD", "INVALID"] == 1
    assert found["round_id", "BTC/USD"] == 0


def test_metrics__feed_that_is_not_published__has_no_round() -> None:
    assert not any(key[0].startswith("round_") for key in read(feed={"round": None}))


def test_metrics__process__memory_and_open_files() -> None:
    found = read()

    assert found["process_resident_memory_bytes",] > 10**6
    assert found["process_open_fds",] > 0
