"""``spotline record``: what venues say now, onto a tape."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.console import Console

from reporter.collect import VenueHealth, collect
from reporter.config import Config
from reporter.errors import NoIndex
from reporter.tapes.writer import TapeWriter
from reporter.wiring import venue_fetcher, wall_ms

TELL_EVERY_S = 5.0


async def record_tape(
    config: Config, out: Path, stop: asyncio.Event, duration_s: int | None
) -> dict[str, Any]:
    """Ask every venue of the configuration at its pace and write each quote, until stopped or for ``duration_s``.

    Raises:
        TapeError: The tape cannot be written, or exists.
        NoIndex: No venue gave a quote; an empty tape is left.
    """
    venues = config.markets_by_venue
    health = {venue: VenueHealth() for venue in venues}
    with TapeWriter(out) as writer:
        fetchers = {venue: venue_fetcher(config, venue) for venue in venues}
        try:
            async with asyncio.TaskGroup() as tasks:
                loops = [
                    tasks.create_task(
                        collect(
                            fetchers[venue],
                            symbols,
                            writer.put,
                            health[venue],
                            poll_ms=config.venue(venue).poll_ms,
                            sleep=asyncio.sleep,
                            now_ms=wall_ms,
                        )
                    )
                    for venue, symbols in venues.items()
                ]
                await _until(stop, duration_s, writer)
                for loop in loops:
                    loop.cancel()
        finally:
            for fetcher in fetchers.values():
                await fetcher.close()
    document = {"tape": str(out), "quotes": writer.count, "late": writer.late, "venues": _venues(health)}
    if not writer.count:
        errors = "; ".join(h.last_error for h in health.values() if h.last_error)
        raise NoIndex(f"no venue gave a quote: {errors or 'nothing answered in time'}")
    return document


def recorded_lines(document: Mapping[str, Any]) -> list[str]:
    """What a person reads."""
    late = f", {document['late']} refused as late" if document["late"] else ""
    troubled = [f"  {name}: {error}" for name, error in document["venues"].items() if error]
    return [f"{document['quotes']:,} quotes in {document['tape']}{late}", *troubled]


async def _until(stop: asyncio.Event, duration_s: int | None, writer: TapeWriter) -> None:
    """Wait, and tell on a terminal how far it is."""
    console = Console(stderr=True)
    left_s = float(duration_s) if duration_s else None
    while not stop.is_set() and (left_s is None or left_s > 0):
        step_s = TELL_EVERY_S if left_s is None else min(TELL_EVERY_S, left_s)
        try:
            async with asyncio.timeout(step_s):
                await stop.wait()
        except TimeoutError:
            left_s = None if left_s is None else left_s - step_s
        if console.is_terminal:
            console.print(f"record: {writer.count:,} quotes", highlight=False)


def _venues(health: Mapping[str, VenueHealth]) -> dict[str, str]:
    """Each venue's newest error; empty where it has none."""
    return {venue: h.last_error for venue, h in health.items()}
