"""What people read: money as text, reverts in words, logs without secrets."""

import logging

import pytest
from eth_abi.abi import encode
from eth_utils.crypto import keccak
from hypothesis import given
from hypothesis import strategies as st

from reporter.chain.revert import explain
from reporter.money import decimal_text, percent_text
from reporter.redact import redact
from reporter.telemetry import configure_logs, log

pytestmark = pytest.mark.unit
CANARY = "4c0883a69102937d6231471b5dbb6204fe5129617082792ae468d01a3f362318"


@pytest.mark.parametrize(
    ("value", "decimals", "shown", "text"),
    [
        (6_400_012_345_678, 8, None, "64,000.12345678"),
        (6_400_012_345_678, 8, 2, "64,000.12"),
        (-1, 8, None, "-0.00000001"),
        (5, 0, None, "5"),
        (10**18, 18, 2, "1.00"),
    ],
)
def test_decimal_text__integers__exact(value, decimals, shown, text):
    assert decimal_text(value, decimals, shown) == text


@given(st.integers(-(10**30), 10**30), st.integers(1, 20))
def test_decimal_text__any_value__reads_back(value, decimals):
    text = decimal_text(value, decimals).replace(",", "")

    assert int(text.replace(".", "")) == value


@pytest.mark.parametrize(
    ("ratio", "text"),
    [(10**14, "+0.0100 %"), (-336 * 10**12, "-0.0336 %"), (0, "+0.0000 %"), (10**18, "+100.0000 %")],
)
def test_percent_text__1e18_is_100_percent__signed(ratio, text):
    assert percent_text(ratio, 10**18) == text


def test_explain__our_error__name_and_arguments():
    data = keccak(text="Stale(uint256,uint256)")[:4] + encode(["uint256", "uint256"], [70, 60])

    assert explain(data) == "Stale(age=70, maxAge=60)"
    assert explain("0x" + data.hex()) == "Stale(age=70, maxAge=60)"


def test_explain__solidity_string_and_unknown__as_they_are():
    text = bytes.fromhex("08c379a0") + encode(["string"], ["No data present"])

    assert explain(text) == "Error(reason=No data present)"
    assert explain(b"\1\2\3\4") == "with b'\\x01\\x02\\x03\\x04'"
    assert explain("") == "without a reason"
    assert explain(None) == "without a reason"
    assert explain(text[:20]).startswith("with ")


@pytest.mark.parametrize(
    "text",
    [
        CANARY,
        "0x" + CANARY,
        f"key={CANARY}.",
        f"https://rpc.example.org/v3/{CANARY}",
        "https://user:hunter2@rpc.example.org/hunter2?key=hunter2",
        "wss://rpc.example.org/hunter2",
        "HTTPS://rpc.example.org/hunter2",
        "https://user:a/hunter2@rpc.example.org",
    ],
)
def test_redact__secret_in_any_dress__gone(text):
    assert CANARY not in redact(text)
    assert "hunter2" not in redact(text)


def test_redact__host_and_address__stay():
    address = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"

    assert redact(f"https://rpc.example.org/v3/abc {address}") == f"https://rpc.example.org {address}"


def test_log__secret_inside_lists_and_errors__gone(capsys):
    configure_logs()
    log().warning(
        "x", urls=[f"https://h/{CANARY}"], error=ValueError(CANARY), deep={"k": ({"u": "wss://h/hunter2"},)}
    )
    shown = capsys.readouterr().err

    assert '"event": "x"' in shown
    assert CANARY not in shown
    assert "hunter2" not in shown


def test_library_log__arguments_that_do_not_fit__said_without_them(capsys):
    configure_logs()
    logging.getLogger("httpx").error("%d", CANARY)
    logging.getLogger("httpx").error("asked %s", f"https://h/{CANARY}")
    shown = capsys.readouterr().err

    assert "a message that cannot be formatted" in shown
    assert "asked https://h" in shown
    assert CANARY not in shown
