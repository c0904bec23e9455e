"""``python -m reporter.market``: serve a tape or a simulated market as exchanges on 127.0.0.1."""

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from reporter.errors import SpotlineError
from reporter.market.factory import open_market
from reporter.market.server import HOST, MarketServer, leave_on_signals, listen, serve

DEFAULT_SEED = 1


def main(argv: Sequence[str] | None = None) -> int:
    """Serve until stopped; the exit code is 0, or that of the error that was reported."""
    leave_on_signals()
    asked = _parser().parse_args(argv)
    try:
        epoch_ms = _now_ms() // 1000 * 1000 if asked.epoch_ms is None else asked.epoch_ms
        market = open_market(
            epoch_ms=epoch_ms, seed=asked.seed, tape=asked.tape, start=asked.start, speed=asked.speed
        )
        sock = listen(asked.port)
    except SpotlineError as error:
        sys.stderr.write(f"error: {error}\n" + (f"hint: {error.hint}\n" if error.hint else ""))
        return error.exit_code
    sys.stderr.write(f"market server: {market.label} on http://{HOST}:{sock.getsockname()[1]}\n")
    sys.stderr.flush()
    serve(MarketServer(market, _now_ms), sock)
    return 0


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m reporter.market", description=__doc__)
    parser.add_argument("--port", type=int, required=True, help="on 127.0.0.1; 0 takes a free one")
    parser.add_argument(
        "--tape", type=Path, help="minute bars, .csv or .csv.gz; without it the market is simulated"
    )
    parser.add_argument(
        "--start", help="tape time to start at, UTC, as 2023-03-11T06:40 (default: its first quotes)"
    )
    parser.add_argument("--speed", type=int, help="how many times as fast the tape is played (default 1)")
    parser.add_argument(
        "--seed", type=int, default=DEFAULT_SEED, help="of everything simulated (default %(default)s)"
    )
    parser.add_argument(
        "--epoch-ms", type=int, help="wall time of the start, Unix milliseconds (default: this second)"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
