"""A node whose clock the venues deny: it says so, signs nothing, and goes on by itself when they agree again."""

import json
import time
import urllib.request
from collections.abc import Callable, Iterator

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.system.devnets import Devnet, devnet, spotline

pytestmark = pytest.mark.system

WITHIN_S = 60


@pytest.fixture(scope="module")
def net() -> Iterator[Devnet]:
    with devnet("--reporters", "4", "--rest") as made:
        yield made


def switch(net: Devnet, fault: str, ms: int = 0) -> None:
    """Move the Date of every venue of the market server."""
    body = json.dumps({"venue": "*", "fault": fault, "ms": ms}).encode()
    with urllib.request.urlopen(net.ready["marketServer"] + "/faults", body, timeout=5) as answer:
        assert answer.status == 200


def until(condition: Callable[[], bool]) -> bool:
    end_s = time.monotonic() + WITHIN_S
    while time.monotonic() < end_s:
        if condition():
            return True
        time.sleep(0.2)
    return False


def reasons(net: Devnet, reporter: int) -> str:
    return "; ".join(net.api(reporter, "/api/status")[1]["reasons"])


def metric(net: Devnet, name: str) -> float:
    with urllib.request.urlopen(net.ready["reporters"][0]["url"] + "/metrics", timeout=5) as answer:
        families = text_string_to_metric_families(answer.read().decode())
    return next(sample.value for family in families for sample in family.samples if sample.name == name)


def observed_at(net: Devnet) -> int:
    return net.latest_round_data("BTC/USD")[3]


def test_clock__denied_by_the_venues__no_round_until_they_agree_again(net: Devnet) -> None:
    assert until(lambda: observed_at(net) > 0 and metric(net, "spotline_clock_wrong") == 0)

    switch(net, "date", 10_000)
    assert until(lambda: all("our clock is" in reasons(net, reporter) for reporter in range(4)))
    time.sleep(3)  # what was signed before may still be mined
    stopped = observed_at(net)
    time.sleep(12)  # the heartbeat is 5 s
    denied = (observed_at(net), metric(net, "spotline_clock_wrong"), net.api(0, "/readyz"))
    doctor = spotline("doctor", "-c", net.ready["reporters"][0]["config"], "--json")
    switch(net, "none")

    assert denied[:2] == (stopped, 1.0)
    assert denied[2][0] == 503
    assert "behind the median of" in str(denied[2][1])
    checks = {check["name"]: check for check in json.loads(doctor.stdout)}
    assert not checks["clock, by Date"]["ok"]
    assert "NTP" in checks["clock, by Date"]["hint"]
    assert until(lambda: observed_at(net) > stopped)
    assert metric(net, "spotline_clock_wrong") == 0
