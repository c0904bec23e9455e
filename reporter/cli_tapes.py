"""The verbs on tapes: record, replay, backtest."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from reporter.cli_parts import AsJson, ConfigFile, print_result, until_stopped

verbs = typer.Typer()
TapeFile = Annotated[Path, typer.Argument(help="Minute bars, ticks, or what spotline record wrote.")]
Rules = Annotated[
    Path | None, typer.Option("--config", "-c", help="Feeds of this file instead of those the tape can make.")
]
Faults = Annotated[
    str,
    typer.Option(help="freeze:kraken@600+300,spike:coinbase@1200+60*1.1; or @FILE. See --help of replay."),
]
Seed = Annotated[int, typer.Option(help="Of the noise fault.")]


@verbs.command()
def record(
    out: Annotated[Path, typer.Option("--out", help="The tape to write, NAME.jsonl.gz; must not exist.")],
    config: ConfigFile = Path("spotline.toml"),
    duration: Annotated[int | None, typer.Option(min=1, help="Seconds; until stopped without it.")] = None,
    as_json: AsJson = False,
) -> None:
    """Write what the configured venues say to a tape. Needs no key and no chain."""
    from reporter.config import load_config
    from reporter.tapes.record import record_tape, recorded_lines

    settings = load_config(config)

    async def main(stop: asyncio.Event) -> None:
        document = await record_tape(settings, out, stop, duration)
        print_result(document, as_json, lambda: recorded_lines(document))

    until_stopped(main)


@verbs.command()
def replay(
    tape: TapeFile,
    speed: Annotated[str, typer.Option(help="Tape seconds per second; none is as fast as it goes.")] = "none",
    faults: Faults = "",
    seed: Seed = 1,
    config: Rules = None,
    rounds: Annotated[
        Path | None, typer.Option(help="Write every index with its sources here, one JSON document a line.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Run the pipeline on a tape with a virtual clock. Exit code 6 if no feed ever has an index.

    Faults, each KIND:VENUE[:SYMBOL]@START+SECONDS[*AMOUNT], START in seconds from the tape's first quote:
    drop (nothing arrives), freeze (the last answer again, with its old times), delay*S (arrives S seconds late),
    clock*S (exchange times S seconds ahead), spike*F (prices times F), noise*R (off by at most the ratio R).
    """
    from reporter.tapes.replayed import Request, parse_speed, replay_tape

    replayed = replay_tape(
        Request(tape, faults, seed, config, parse_speed(speed), rounds), None if as_json else print
    )
    print_result(replayed.document(), as_json, replayed.lines)
    replayed.index_or_raise()


@verbs.command()
def backtest(
    tape: TapeFile,
    feed: Annotated[str, typer.Option(help="For example BTC/USD.")],
    reference: Annotated[
        str,
        typer.Option(help="Markets to measure against, VENUE:SYMBOL,...; all of the feed's own without it."),
    ] = "",
    without: Annotated[str, typer.Option(help="Markets to leave out of the index, VENUE:SYMBOL,...")] = "",
    faults: Faults = "",
    seed: Seed = 1,
    config: Rules = None,
    plot: Annotated[Path | None, typer.Option(help="Draw a picture: out.png, .svg or .pdf.")] = None,
    as_json: AsJson = False,
) -> None:
    """Compare index methods on a tape: error, availability, what they rejected, lag after a jump.

    Example: spotline backtest depeg.csv.gz --feed BTC/USD --reference coinbase:BTC/USD,kraken:BTC/USD
    """
    from reporter.tapes.compared import Request, compare

    compared = compare(Request(tape, feed, reference, without, faults, seed, config, plot))
    print_result(compared.document(), as_json, compared.lines)
    compared.index_or_raise()
