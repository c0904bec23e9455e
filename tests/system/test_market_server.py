"""The market server as a process: every endpoint over real HTTP, its messages, and its end."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from reporter.market.factory import open_market

pytestmark = pytest.mark.system

ROOT = Path(__file__).parents[2]
DEPEG = ROOT / "../shared/data/usdc_depeg_2023-03-10_12.csv.gz"
READY = re.compile(r"market server: (.+) on (http://127\.0\.0\.1:(\d+))\n")
EPOCH_MS = 1_795_000_000_000


def start(*arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "reporter.market", *arguments]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@contextmanager
def running(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], str, str]]:
    """The process once it listens, with its label and base URL."""
    process = start("--port", "0", *arguments)
    try:
        assert process.stderr is not None
        line = process.stderr.readline()
        ready = READY.fullmatch(line)
        assert ready, line + process.stderr.read()
        yield process, ready[1], ready[2]
    finally:
        process.kill()
        process.communicate()


@pytest.fixture(scope="module")
def simulated() -> Iterator[str]:
    with running("--seed", "7", "--epoch-ms", str(EPOCH_MS)) as (_, label, base):
        assert label == "SIMULATED seed 7"
        yield base


@pytest.fixture(scope="module")
def tape() -> Iterator[str]:
    if not DEPEG.exists():
        assert not os.environ.get("CI"), f"CI needs {DEPEG}"
        pytest.skip("the recorded tape is not beside this checkout (../shared/data)")
    with running("--tape", str(DEPEG), "--start", "2023-03-11T06:40", "--speed", "60") as (_, label, base):
        assert label == "TAPE usdc_depeg_2023-03-10_12 x60 + SIMULATED perpetual"
        yield base


def get(url: str) -> tuple[int, Any, str]:
    """Status, body and label; every answer must be what the reporters' fetch layer takes."""
    try:
        with urlopen(url, timeout=5) as answer:
            status, headers, raw = answer.status, answer.headers, answer.read()
            assert answer.url == url, "redirected"
    except HTTPError as refusal:
        status, headers, raw = refusal.code, refusal.headers, refusal.read()
    assert headers["Content-Type"] == "application/json"
    assert headers["Content-Encoding"] is None
    assert int(headers["Content-Length"]) == len(raw)
    return status, json.loads(raw), headers["X-Spotline-Market"]


GOOD = {
    "/coinbase/products/BTC-USD/ticker": "price",
    "/kraken/0/public/Ticker?pair=XXBTZUSD,XETHZUSD": "result",
    "/kraken/0/public/Ticker": "result",
    "/bitstamp/api/v2/ticker/btcusd/": "last",
    "/bitstamp/api/v2/ticker/btcusd": "last",
    "/binance/api/v3/ticker/24hr?symbol=BTCUSDT": "lastPrice",
    "/binance/api/v3/ticker/bookTicker?symbol=BTCUSDT": "bidPrice",
    "/binanceus/api/v3/ticker/24hr?symbol=USDCUSDT": "lastPrice",
    "/okx/api/v5/market/tickers?instType=SPOT": "data",
    "/okx/api/v5/market/ticker?instId=BTC-USDT": "data",
    "/gemini/v1/pubticker/btcusd": "last",
    "/deribit/api/v2/public/ticker?instrument_name=BTC-PERPETUAL": "result",
}
GOOD_LISTS = {
    "/bitstamp/api/v2/ticker/": "pair",
    "/bitstamp/api/v2/ticker": "pair",
    "/binance/api/v3/ticker/24hr?symbols=%5B%22BTCUSDT%22,%22ETHUSDT%22%5D": "symbol",
    "/binance/api/v3/ticker/24hr": "symbol",
    "/binanceus/api/v3/ticker/bookTicker": "symbol",
}
BAD = {
    "/coinbase/products/BTC-EUR/ticker": 404,
    "/kraken/0/public/Ticker?pair=NOPE": 200,
    "/bitstamp/api/v2/ticker/nope/": 404,
    "/binance/api/v3/ticker/24hr?symbol=NOPE": 400,
    "/binance/api/v3/ticker/24hr?symbols=NOPE": 400,
    "/okx/api/v5/market/ticker?instId=NOPE": 200,
    "/okx/api/v5/market/tickers": 400,
    "/gemini/v1/pubticker/nope": 400,
    "/deribit/api/v2/public/ticker?instrument_name=NOPE": 400,
    "/kraken": 404,
    "/gemini/v1/pubticker/btcusd/": 404,
}


@pytest.mark.parametrize(("path", "key"), GOOD.items())
def test_server__good_request__is_a_body_with_its_label(simulated: str, path: str, key: str) -> None:
    status, body, label = get(simulated + path)

    assert (status, label) == (200, "SIMULATED seed 7")
    assert body[key]


@pytest.mark.parametrize(("path", "key"), GOOD_LISTS.items())
def test_server__request_for_many__is_a_list(simulated: str, path: str, key: str) -> None:
    status, body, _ = get(simulated + path)

    assert status == 200
    assert len({each[key] for each in body}) == len(body) > 1


@pytest.mark.parametrize(("path", "status"), BAD.items())
def test_server__bad_request__is_refused_in_json_with_its_label(
    simulated: str, path: str, status: int
) -> None:
    got, body, label = get(simulated + path)

    assert (got, label) == (status, "SIMULATED seed 7")
    assert body


def test_server__simulated__shows_what_the_same_seed_and_epoch_show_here(simulated: str) -> None:
    market = open_market(epoch_ms=EPOCH_MS, seed=7)

    body = get(f"{simulated}/okx/api/v5/market/ticker?instId=BTC-USDT")[1]["data"][0]

    quote = market.quote("okx", "BTC/USDT", int(body["ts"]))
    assert quote is not None
    assert int(body["bidPx"].replace(".", "").ljust(23, "0")) == quote.bid
    assert 0 <= time.time() * 1000 - int(body["ts"]) < 2_000


def test_server__root__tells_what_is_played(simulated: str) -> None:
    body = get(simulated + "/")[1]

    assert (body["label"], body["source"], body["tape_time"]) == ("SIMULATED seed 7", "simulated", None)
    assert "SIMULATED" in body["notice"]
    assert {"venue": "kraken", "symbol": "BTC/USD", "label": "SIMULATED seed 7"} in body["markets"]


def test_server__tape__plays_the_depeg_at_the_asked_minute(tape: str) -> None:
    about = get(tape + "/")[1]
    _, body, label = get(tape + "/kraken/0/public/Ticker?pair=USDCUSD")

    assert label == "TAPE usdc_depeg_2023-03-10_12 x60"
    assert about["tape_time"].startswith("2023-03-11T0")
    assert "0.85" < body["result"]["USDCUSD"]["c"][0] < "0.95"


def test_server__tape__perpetual_alone_is_labelled_simulated(tape: str) -> None:
    _, body, label = get(tape + "/deribit/api/v2/public/ticker?instrument_name=BTC-PERPETUAL")

    assert label == "SIMULATED perpetual on TAPE usdc_depeg_2023-03-10_12 x60"
    assert abs(body["result"]["mark_price"] / body["result"]["index_price"] - 1) < 0.0031


def test_server__tape__exchange_time_is_on_the_wall(tape: str) -> None:
    body = get(tape + "/binanceus/api/v3/ticker/24hr?symbol=BTCUSDT")[1]

    assert 0 <= time.time() * 1000 - body["closeTime"] < 10_000


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_server__signal_with_an_open_connection__ends_quietly_at_once(number: signal.Signals) -> None:
    with running() as (process, _, base):
        get(base + "/")
        port = int(base.rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port), timeout=5) as idle:
            idle.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            assert idle.recv(12) == b"HTTP/1.1 200"
            asked = time.monotonic()
            process.send_signal(number)
            out, err = process.communicate(timeout=5)

        assert time.monotonic() - asked < 2
        assert (process.returncode, out, err) == (0, "", "")


def refused(*arguments: str) -> tuple[int, str]:
    process = start(*arguments)
    out, err = process.communicate(timeout=20)
    assert out == ""
    assert "Traceback" not in err
    return process.returncode, err


def test_server__port_taken__says_so_and_leaves_with_3() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        code, err = refused("--port", str(port))

    assert code == 3
    assert err.startswith(f"error: port {port} for the market server is taken on 127.0.0.1\nhint: ")


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["--port", "0", "--tape", "absent.csv"], 2, "error: no tape at absent.csv\n"),
        (["--port", "0", "--speed", "60"], 2, "error: a start and a speed belong to a tape"),
        (["--port", "65536"], 3, "error: cannot listen on port 65536"),
        (["--port", "0", "--seed", "x"], 2, "invalid int value: 'x'"),
        ([], 2, "required: --port"),
    ],
)
def test_server__bad_arguments__are_one_clear_sentence(arguments: list[str], code: int, says: str) -> None:
    got, err = refused(*arguments)

    assert got == code
    assert says in err
