"""Which market is played: one function for the server and for whoever must know its references."""

from pathlib import Path

from reporter.errors import UsageError
from reporter.market.perpetual import PerpetualMarket
from reporter.market.simulated import SimulatedMarket
from reporter.market.tape import MINUTE_MS, Tape, TapeMarket, parse_start


def open_market(
    *, epoch_ms: int, seed: int, tape: Path | None = None, start: str | None = None, speed: int | None = None
) -> PerpetualMarket:
    """The tape from ``start`` (default: its first quotes) at ``speed`` (default 1), else a simulated market.

    Two callers with the same arguments get markets that agree bit for bit.

    Args:
        epoch_ms: Wall Unix milliseconds at which the tape starts or the simulation has its step 0.
        seed: Of the simulated market and of the simulated perpetual.
        start: UTC, as ``2023-03-11T06:40``.

    Raises:
        TapeError: The tape cannot be read, or played so.
        UsageError: A start or a speed without a tape.
    """
    if tape is not None:
        loaded = Tape.load(tape)
        start_ms = loaded.first_ms + MINUTE_MS if start is None else parse_start(start)
        return PerpetualMarket(
            TapeMarket(loaded, start_ms, epoch_ms, 1 if speed is None else speed), seed, epoch_ms
        )
    if start is not None or speed is not None:
        raise UsageError("a start and a speed belong to a tape, and none is given", hint="add --tape FILE")
    return PerpetualMarket(SimulatedMarket(seed, epoch_ms), seed, epoch_ms)
