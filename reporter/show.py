"""Results as lines of text for people; the same documents that ``--json`` prints."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from reporter.doctor_keys import Check
from reporter.errors import NoIndex
from reporter.models import Index
from reporter.money import decimal_text


def index_lines(documents: Sequence[Mapping[str, Any]], *, trace: bool) -> list[str]:
    """Each feed's index, with its sources if asked for."""
    lines = []
    for document in documents:
        price = decimal_text(int(document["price"]), 18, 8) if document["price"] else "no index"
        reason = f"  ({document['reason']})" if document["reason"] else ""
        lines.append(f"{document['feed']:14} {price:>22}  {document['status']}{reason}")
        if trace:
            lines += [_source_line(source) for source in document["sources"]]
            lines += [f"  error: {e}" for errors in document["venueErrors"].values() for e in errors]
    return lines


def _source_line(source: Mapping[str, Any]) -> str:
    price = decimal_text(int(source["price"]), 18, 8) if source["price"] else "-"
    through = f" through {source['convertedBy']}" if source["convertedBy"] else ""
    label = f" [{source['label']}]" if source["label"] else ""
    used = "kept" if source["kept"] else "dropped"
    name = f"{source['venue']}:{source['symbol']}"
    return f"  {name:22} {price:>20}  {used:8} {source['reason']}{through}{label}"


def signable_or_raise(indices: Sequence[Index]) -> None:
    """Raises ``NoIndex`` naming the feeds without a price that could be signed."""
    if failed := [f"{i.feed}: {i.reason or i.status}" for i in indices if not i.status.signable]:
        raise NoIndex("no index for " + "; ".join(failed))


def round_lines(documents: Sequence[Mapping[str, Any]]) -> list[str]:
    """Rounds, one a line."""
    if not documents:
        return ["no rounds yet"]
    return [_round_line(d) for d in documents]


def _round_line(document: Mapping[str, Any]) -> str:
    if not document["roundId"]:
        return f"{document['feed']}: no round yet"
    answer = decimal_text(int(document["answer"]), document["decimals"])
    observed = datetime.fromtimestamp(document["observedAt"], UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    signers, spread = document["reporters"], document["spreadBps"]
    head = f"{document['feed']}  round {document['roundId']}  {answer}  observed {observed}"
    return f"{head}  {signers} signers, spread {spread} bp"


def age_lines(document: Mapping[str, Any]) -> list[str]:
    """The age of a round, and a plain word when it is over the heartbeat."""
    if document["ageS"] is None:
        return []
    if document["stale"]:
        why = "ask the reporters: spotline status --node URL"
        return [f"  STALE: {document['ageS']} s old, heartbeat {document['heartbeatS']} s; {why}"]
    return [f"  {document['ageS']} s old"]


def _mode_lines(document: Mapping[str, Any]) -> list[str]:
    """What a person should know of how it runs; nothing where it is as usual."""
    lines = ["  direct: it takes no turns"] if document["mode"] == "direct" else []
    if problem := document["configuration"]["problem"]:
        lines.append(f"  the configuration on disk was refused, the one before goes on: {problem}")
    if would := document["wouldPublish"]:
        prices = ", ".join(f"{name} {price}" for name, price in would["prices"].items())
        lines.append(
            f"  dry run: it would have published {prices} at {would['observedAt']}, gas {would['gas']}"
        )
    return lines


def status_lines(document: Mapping[str, Any]) -> list[str]:
    """A node's verdict, its reasons, and its venues."""
    verdict = "ready" if document["ready"] else "NOT READY"
    lines = [f"{verdict}: reporter {document['address'] or 'without keys'} on chain {document['chainId']}"]
    lines += [f"  because {reason}" for reason in document["reasons"]]
    lines += _mode_lines(document)
    for name, venue in document["venues"].items():
        state = "ok" if venue["ok"] else f"failing ({venue['failures']} in a row): {venue['lastError']}"
        lines.append(f"  {name:12} {state}" + (f"  [{venue['label']}]" if venue["label"] else ""))
    for name, endpoint in document.get("endpoints", {}).items():
        lines.append(f"  {name:12} {endpoint['state']}" + (f": {endpoint['why']}" if endpoint["why"] else ""))
    for feed, venues in document.get("excluded", {}).items():
        lines += [
            f"  {v} is excluded from {feed}; to let it back: spotline readmit {v} --feed {feed}"
            for v in venues
        ]
    return lines


def check_lines(checks: Sequence[Check]) -> list[str]:
    """What ``spotline doctor`` looked at: a word each, and what to do under each that is wrong."""
    lines = []
    for check in checks:
        lines.append(f"{'ok  ' if check.ok else 'FAIL'}  {check.name:28} {check.says}")
        if check.hint:
            lines.append(f"{'':34} -> {check.hint}")
    return lines


def verification_lines(document: Mapping[str, Any]) -> list[str]:
    """The verdict on a round record: what was recomputed, or every difference, the first one first."""
    if not document["ok"]:
        return ["FAILED", *(_difference_line(d) for d in document["differences"])]
    observed = datetime.fromtimestamp(document["observedAt"], UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    where = f"chain {document['chainId']}, aggregator {document['aggregator']}"
    return [
        f"OK: {', '.join(document['checked'])} checked, {document['sources']} sources recomputed",
        f"  {document['reporter']} signed for {observed}; {where}",
        *(_signed_line(feed) for feed in document["feeds"]),
        f"  methodology {document['methodology']}, configuration {document['configurationHash']}",
    ]


def _signed_line(feed: Mapping[str, Any]) -> str:
    name = feed["feed"] or "a feed that the reporter does not know"
    if feed["abstained"]:
        return f"  {name:14} {'abstained':>22}  {feed['status'] or ''} ({feed['abstained']})"
    return f"  {name:14} {decimal_text(int(feed['price']), feed['decimals']):>22}  {feed['status']}"


def _difference_line(difference: Mapping[str, Any]) -> str:
    values = f"expected {_brief(difference['expected'])}, found {_brief(difference['found'])}"
    return f"  {difference['path']}: {difference['says']}: {values}"


def _brief(value: Any) -> str:
    shown = "nothing" if value is None else ascii(value).strip("'")
    return shown if len(shown) <= 160 else shown[:157] + "..."
