"""What a run found, as Markdown and JSON."""

import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from pathlib import Path
from statistics import median
from typing import Any

from tests.soak.soak import LIMIT_S, Episode, Soak, Usage

WARM_S, LONG_S = 120, 300


@dataclass(frozen=True, slots=True)
class Growth:
    """One process that lived long enough: memory and open files after its warm-up and at its end."""

    node: int
    seconds: int
    rss_kib: tuple[int, int]
    files: tuple[int, int]

    @property
    def percent(self) -> float:
        first, last = self.rss_kib
        return round(100 * (last - first) / first, 1)


def growth(usage: Sequence[Usage]) -> list[Growth]:
    """Of each process that was seen for five minutes; medians of three looks, the first two minutes left out."""
    found = []
    for (node, _), group in groupby(
        sorted(usage, key=lambda u: (u.node, u.pid, u.at_s)), lambda u: (u.node, u.pid)
    ):
        seen = list(group)
        warm = [u for u in seen if u.at_s - seen[0].at_s >= WARM_S]
        lived_s = seen[-1].at_s - seen[0].at_s
        if lived_s >= LONG_S and len(warm) >= 6:
            first, last = warm[:3], warm[-3:]
            found.append(
                Growth(node, lived_s, _medians(first, last, "rss_kib"), _medians(first, last, "files"))
            )
    return found


def _medians(first: Iterable[Usage], last: Iterable[Usage], name: str) -> tuple[int, int]:
    return int(median(getattr(u, name) for u in first)), int(median(getattr(u, name) for u in last))


def document(soak: Soak, about: dict[str, Any]) -> dict[str, Any]:
    """Everything, for a machine."""
    log, judge = soak.judge.log, soak.judge
    gas_keys = {node.gas for node in soak.net.nodes}
    ours = [tx for tx in log.transactions if tx.sender in gas_keys]
    seconds = max(1, round(soak.ended - soak.started))
    return {
        **about,
        "seconds": seconds,
        "rounds": len(log.rounds),
        "transactions": len(ours),
        "reverted": sum(1 for tx in ours if not tx.succeeded),
        "gasPerHour": sum(tx.gas_used for tx in ours) * 3600 // seconds,
        "signedReportsSeen": len(judge.readable),
        "worstErrorPpm": {feed: max(errors) for feed, errors in judge.errors_ppm.items()},
        "meanErrorPpm": {feed: round(sum(e) / len(e), 1) for feed, e in judge.errors_ppm.items()},
        "exits": sum(len(node.exits) for node in soak.net.nodes),
        "violations": [w for e in soak.episodes for w in e.wrong],
        "cores": os.cpu_count(),
        "load": [pick((e.load for e in soak.episodes), default=0) for pick in (min, max)],
        "growth": [asdict(g) | {"percent": g.percent} for g in growth(soak.usage)],
        "episodes": [asdict(e) for e in soak.episodes],
    }


def markdown(found: dict[str, Any], episodes: Sequence[Episode]) -> str:
    """The table, for a person."""
    lines = [
        "# A soak of four reporters",
        "",
        f"{found['date']}, commit {found['commit']}, seed {found['seed']}: {found['seconds'] / 60:.0f} minutes, "
        f'{len(episodes)} episodes. `make soak ARGS="--seed {found["seed"]}"` does it again; how the operating system '
        "schedules processes is not in the seed.",
        "",
        "Four reporters (quorum 3), six venues, three feeds, two RPC endpoints each, blocks of 1 s, heartbeat 5 s, "
        "every line a proxy. *Gap*: the longest time without a round of some feed while the fault lasted; *recovery*: "
        "from its end to the first new round of every feed; *oldest first round*: how long before that end the first round "
        "after it was observed (negative: after it); *own exits*: reporters that ended alone and were started again. "
        f"Limit of both, where rounds are to go on: {LIMIT_S} s.",
        "",
        *_totals(found),
        "",
        "| fault | times | longest gap, s | longest recovery, s | oldest first round, s | own exits | wrong |",
        "|---|---|---|---|---|---|---|",
        *_rows(episodes),
        "",
        *_growth(found),
        "",
        *_violations(found),
    ]
    return "\n".join(lines) + "\n"


def _totals(found: dict[str, Any]) -> list[str]:
    worst = ", ".join(f"{feed} {ppm}" for feed, ppm in sorted(found["worstErrorPpm"].items()))
    return [
        f"* {found['rounds']} rounds in {found['transactions']} transactions, {found['reverted']} of them reverted; "
        f"{found['gasPerHour']:,} gas an hour.",
        f"* {found['signedReportsSeen']} signed prices read from calldata and `GET /reports`, held against the ledgers.",
        f"* Farthest from the fair price of its own second, ppm: {worst}.",
        f"* {found['exits']} ends of a reporter process, each started again by its supervisor.",
        f"* Violations: {len(found['violations'])}.",
        f"* Load average of the machine with its {found['cores']} cores: {found['load'][0]} to {found['load'][1]}.",
    ]


def _rows(episodes: Sequence[Episode]) -> list[str]:
    rows = []
    names: dict[str, list[Episode]] = {}
    for episode in episodes:
        names.setdefault(episode.names[0] if len(episode.names) == 1 else "several at once", []).append(
            episode
        )
    for name, group in names.items():
        recoveries = [e.recovery_s for e in group]
        slowest = "never" if None in recoveries else f"{max(r for r in recoveries if r is not None):.1f}"
        ages = [e.first_age_s for e in group if e.first_age_s is not None]
        age = f"{max(ages):.1f}" if ages else "-"
        gap, exits = max(e.gap_s for e in group), sum(e.exits for e in group)
        rows.append(
            f"| {name} | {len(group)} | {gap:.1f} | {slowest} | {age} | {exits} | {sum(len(e.wrong) for e in group)} |"
        )
    return rows


def _growth(found: dict[str, Any]) -> list[str]:
    rows = [
        f"| {g['node'] + 1} | {g['seconds'] / 60:.0f} | {g['rss_kib'][0] / 1024:.1f} | {g['rss_kib'][1] / 1024:.1f} "
        f"| {g['percent']:+.1f} % | {g['files'][0]} | {g['files'][1]} |"
        for g in found["growth"]
    ]
    if not rows:
        return ["No reporter process lived for five minutes: nothing to say of its growth."]
    head = "| reporter | minutes | MiB after two | MiB at the end | growth | files after two | at the end |"
    return [
        "Processes that lived for five minutes or more:",
        "",
        head,
        "|---|---|---|---|---|---|---|",
        *rows,
    ]


def _violations(found: dict[str, Any]) -> list[str]:
    return (
        ["What was not as it should be:", "", *(f"* {w}" for w in found["violations"])]
        if found["violations"]
        else []
    )


def write(folder: Path, soak: Soak, about: dict[str, Any]) -> dict[str, Any]:
    """Write ``soak.md`` and ``soak.json``."""
    found = document(soak, about)
    folder.mkdir(exist_ok=True)
    (folder / "soak.json").write_text(json.dumps(found, indent=1))
    (folder / "soak.md").write_text(markdown(found, soak.episodes))
    return found
