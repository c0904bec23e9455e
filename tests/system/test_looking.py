"""What looks on at a running devnet: ``spotline doctor`` with its hints, and the metrics."""

import json
import shutil
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.system.devnets import Devnet, devnet, spotline

pytestmark = pytest.mark.system


@pytest.fixture(scope="module")
def net() -> Iterator[Devnet]:
    with devnet("--reporters", "4") as made:
        yield made


def examined(config: Path) -> tuple[int, dict[str, dict[str, Any]]]:
    result = spotline("doctor", "-c", str(config), "--json")
    return result.returncode, {check["name"]: check for check in json.loads(result.stdout)}


def first_config(net: Devnet) -> Path:
    return Path(net.ready["reporters"][0]["config"])


def changed(net: Devnet, folder: Path, before: str, after: str) -> Path:
    """A copy of the first reporter's folder with one line of its configuration changed."""
    source = first_config(net)
    copy = folder / source.parent.name
    shutil.copytree(source.parent, copy, ignore=shutil.ignore_patterns("data", "*.sqlite*", "lock"))
    shutil.copy(source.parent.parent / "deployment.json", folder)
    text = source.read_text()
    assert before in text
    (copy / source.name).write_text(text.replace(before, after, 1))
    return copy / source.name


def test_doctor__healthy_reporter__every_check_ok(net: Devnet) -> None:
    for _ in range(20):  # the first rounds and quotes come
        code, checks = examined(first_config(net))
        if code == 0:
            break
        time.sleep(0.5)

    assert [check for check in checks.values() if not check["ok"]] == []
    assert code == 0
    kinds = {name.split(" ")[0] for name in checks}
    assert kinds >= {"signing", "gas", "signature", "endpoint", "newest", "aggregator", "registered", "money"}
    assert kinds >= {"venue", "clock", "feed", "peer"}


def test_doctor__for_a_person__a_word_and_a_hint(net: Devnet, tmp_path: Path) -> None:
    config = changed(net, tmp_path, net.rpc_url, "http://127.0.0.1:1")
    result = spotline("doctor", "-c", str(config))

    assert result.returncode == 4
    assert "FAIL  endpoint http://127.0.0.1:1" in result.stdout
    assert "-> check chain.rpc_urls" in result.stdout
    assert "checks failed" in result.stderr


def test_doctor__key_file_that_others_may_read__named_with_the_command(net: Devnet, tmp_path: Path) -> None:
    config = changed(net, tmp_path, "[chain]", "[chain]")
    (config.parent / "signing.json").chmod(0o644)
    code, checks = examined(config)

    assert code == 4
    assert not checks["signing key"]["ok"]
    assert "chmod 600" in checks["signing key"]["hint"]


def test_metrics__running_reporter__healthy_with_rounds_and_venues(net: Devnet) -> None:
    for _ in range(40):
        with urllib.request.urlopen(f"{net.ready['reporters'][0]['url']}/metrics", timeout=5) as answer:
            text = answer.read().decode()
        samples = [s for family in text_string_to_metric_families(text) for s in family.samples]
        found = {(s.name, *(s.labels[n] for n in sorted(s.labels))): s.value for s in samples}
        if found["spotline_healthy",] == 1 and ("spotline_gas_key_balance_ether",) in found:
            break  # the balance is not known while a transaction is on its way
        time.sleep(0.5)

    assert found["spotline_healthy",] == 1
    assert found["spotline_round_id", "BTC/USD"] >= 1
    assert (
        abs(found["spotline_round_answer", "BTC/USD"] / found["spotline_index_price", "BTC/USD"] - 1) < 0.05
    )
    assert abs(found["spotline_round_observed_timestamp_seconds", "BTC/USD"] - time.time()) < 60
    assert found["spotline_gas_key_balance_ether",] > 1
