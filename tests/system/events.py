"""Logs of a chain as events with their values, by nothing but a contract's ABI."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from eth_abi.abi import decode
from eth_utils.abi import event_abi_to_log_topic


@dataclass(frozen=True, slots=True)
class Event:
    """One log, by its place on the chain."""

    name: str
    block: int
    index: int
    at_s: int
    tx: str
    values: Mapping[str, Any]


def event_of(abi: Sequence[Mapping[str, Any]], log: Mapping[str, Any]) -> Event | None:
    """A log of plain values; None for one that has a struct."""
    for entry in abi:
        if entry["type"] != "event" or any(part["type"] == "tuple" for part in entry["inputs"]):
            continue
        if "0x" + event_abi_to_log_topic(entry).hex() == log["topics"][0]:
            topics = [part for part in entry["inputs"] if part["indexed"]]
            rest = [part for part in entry["inputs"] if not part["indexed"]]
            words = b"".join(bytes.fromhex(topic[2:]) for topic in log["topics"][1:])
            found = _values(topics, words) | _values(rest, bytes.fromhex(log["data"][2:]))
            number, index = int(log["blockNumber"], 16), int(log["logIndex"], 16)
            at_s = int(log["blockTimestamp"], 16)
            return Event(entry["name"], number, index, at_s, log["transactionHash"], found)
    return None


def _values(parts: Sequence[Mapping[str, Any]], data: bytes) -> dict[str, Any]:
    return dict(zip((p["name"] for p in parts), decode([p["type"] for p in parts], data), strict=True))
