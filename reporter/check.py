"""``spotline verify``: a record from a file, recomputed, and compared with a configuration and with the chain if asked."""

import asyncio
import sys
from pathlib import Path
from typing import Any

from reporter.config import load_config
from reporter.errors import UsageError
from reporter.rounds.canonical import MAX_BYTES, loads
from reporter.rounds.parse import NotARecord
from reporter.rounds.verify import Difference, against_configuration, verify


def read_record(path: Path) -> Any:
    """The JSON of a file, or of stdin for ``-``.

    Raises:
        UsageError: It cannot be read, or is not JSON as records are.
    """
    try:
        if str(path) == "-":
            body = sys.stdin.buffer.read(MAX_BYTES + 1)
        else:
            with path.open("rb") as file:
                body = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from None
    try:
        return loads(body)
    except (ValueError, RecursionError) as error:
        raise UsageError(
            f"{path} is not a round record: {error}", hint="take it from URL/api/rounds/OBSERVED_AT of a node"
        ) from None


def check(document: Any, config: Path | None, rpc_url: str | None) -> dict[str, Any]:
    """The verdict on a record: ``ok``, what was checked, and every difference.

    Raises:
        ConfigError: The configuration cannot be read.
        ChainError: The chain cannot.
    """
    try:
        differences = verify(document)
    except NotARecord as error:
        malformed = Difference(error.path, None, None, error.says)
        return {"ok": False, "checked": ["form"], "differences": [malformed.document()]}
    checked = ["record"]
    if config is not None:
        checked.append("configuration")
        differences += against_configuration(document, [feed.rules for feed in load_config(config).feeds])
    if rpc_url is not None:
        checked.append("chain")
        differences += _against_chain(document, rpc_url)
    found = [difference.document() for difference in differences]
    return {"ok": not found, "checked": checked, **_summary(document), "differences": found}


def _summary(document: dict[str, Any]) -> dict[str, Any]:
    keys = ("reporter", "observedAt", "methodology", "configurationHash")
    indices = {index["feed"]: index for index in document["indices"]}
    feeds = [
        {key: entry[key] for key in ("feed", "price", "decimals", "abstained")}
        | {"status": (indices.get(entry["feed"]) or {"status": None})["status"]}
        for entry in document["report"]["feeds"]
    ]
    return {key: document[key] for key in keys} | {
        "chainId": document["domain"]["chainId"],
        "aggregator": document["domain"]["verifyingContract"],
        "feeds": feeds,
        "sources": sum(len(index["sources"]) for index in document["indices"]),
    }


def _against_chain(document: dict[str, Any], rpc_url: str) -> list[Difference]:
    from reporter.chain.look import set_now  # noqa: PLC0415 - web3 takes 0.7 s

    domain = document["domain"]
    decimals = {e["feed"]: e["decimals"] for e in document["report"]["feeds"] if e["feed"] is not None}
    found = asyncio.run(set_now(rpc_url, domain["chainId"], domain["verifyingContract"], list(decimals)))
    digest = "0x" + found.set.domain.config_digest.hex()
    differences = []
    if digest != domain["configDigest"]:
        says = "the aggregator has another reporter set or quorum now"
        differences.append(Difference("domain.configDigest", digest, domain["configDigest"], says))
    if document["reporter"] not in found.set.reporters:
        says = "the aggregator's reporter set does not hold this address"
        differences.append(Difference("reporter", list(found.set.reporters), document["reporter"], says))
    for feed, theirs in decimals.items():
        if found.decimals[feed] != theirs:
            says = "the aggregator says otherwise"
            differences.append(Difference(f"report.{feed}.decimals", found.decimals[feed], theirs, says))
    return differences
