"""The verbs on tapes: record, replay, backtest."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from reporter.cli_parts import AsJson, ConfigFile, print_result, until_stopped
from reporter.errors import UsageError

verbs = typer.Typer()
TapeFile = Annotated[Path, typer.Argument(help="Minute bars, ticks, or what spotline record wrote.")]
MaybeTape = Annotated[
    Path | None, typer.Argument(help="Minute bars, ticks, or what spotline record wrote.", show_default=False)
]
Rules = Annotated[
    Path | None, typer.Option("--config", "-c", help="Feeds of this file instead of those the tape can make.")
]
Faults = Annotated[
    str,
    typer.Option(help="freeze:kraken@600+300,spike:coinbase@1200+60*1.1; or @FILE. See --help of replay."),
]
Reference = Annotated[
    str,
    typer.Option(help="Markets to measure against, VENUE:SYMBOL,...; all of the feed's own without it."),
]
Without = Annotated[str, typer.Option(help="Markets to leave out of the index, VENUE:SYMBOL,...")]
TapeFolder = Annotated[
    Path | None, typer.Option(help="Folder of recorded tapes, for a variant that plays one.")
]
Weights = Annotated[
    str,
    typer.Option(help="tape: weigh venues by what they traded on the whole tape, instead of as configured."),
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
    weights: Weights = "",
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
        Request(tape, faults, seed, config, parse_speed(speed), rounds, weights), None if as_json else print
    )
    print_result(replayed.document(), as_json, replayed.lines)
    replayed.index_or_raise()


@verbs.command()
def backtest(
    tape: MaybeTape = None,
    feed: Annotated[str, typer.Option(help="Of the tape, for example BTC/USD.")] = "",
    reference: Reference = "",
    without: Without = "",
    faults: Faults = "",
    seed: Seed = 1,
    config: Rules = None,
    weights: Weights = "",
    scenario: Annotated[str, typer.Option(help="Play this incident instead of a tape.")] = "",
    variant: Annotated[str, typer.Option(help="Of the scenario; its first one without it.")] = "",
    tapes: TapeFolder = None,
    list_all: Annotated[bool, typer.Option("--list", help="Name the scenarios and their variants.")] = False,
    plot: Annotated[Path | None, typer.Option(help="Draw a picture: out.png, .svg or .pdf.")] = None,
    as_json: AsJson = False,
) -> None:
    """Compare index methods on a tape or an incident: error, availability, what they rejected, lag after a jump.

    Exit code 4 if our index is out of a scenario's bounds, 6 if a tape never gives one.

    Examples:

    spotline backtest depeg.csv.gz --feed BTC/USD --reference coinbase:BTC/USD,kraken:BTC/USD

    spotline backtest --scenario kraken-eth-2021 --plot kraken.png
    """
    if list_all:
        _list(as_json)
    elif scenario:
        refuse("--scenario", TAPE=tape, feed=feed, reference=reference, without=without)
        refuse("--scenario", faults=faults, config=config, weights=weights)
        _play(scenario, variant, tapes, plot, as_json)
    else:
        refuse("a tape", variant=variant, tapes=tapes)
        given = required(tape=tape, feed=feed)
        _compare((given, feed, reference, without, faults, seed, config, plot, weights), as_json)


def refuse(beside: str, **given: object) -> None:
    """Raises ``UsageError`` for an option that means nothing beside another."""
    if name := next((name for name, value in given.items() if value), None):
        raise UsageError(f"{name if name.isupper() else '--' + name} means nothing beside {beside}")


def required(tape: Path | None, feed: str) -> Path:
    """The tape. Raises ``UsageError`` without it or without a feed."""
    if tape is None or not feed:
        raise UsageError(
            "say what to compare: TAPE and --feed, or --scenario",
            hint="spotline backtest --list names the scenarios",
        )
    return tape


def _list(as_json: bool) -> None:
    from reporter.scenario.compared import list_lines, scenario_list

    found = scenario_list()
    print_result(found, as_json, lambda: list_lines(found))


def _play(scenario: str, variant: str, tapes: Path | None, plot: Path | None, as_json: bool) -> None:
    from reporter.scenario.compared import Request, play_scenario

    played = play_scenario(Request(scenario, variant, tapes, plot))
    print_result(played.document(), as_json, played.lines)
    played.within_or_raise()


def _compare(
    asked: tuple[Path, str, str, str, str, int, Path | None, Path | None, str], as_json: bool
) -> None:
    from reporter.tapes.compared import Request, compare

    compared = compare(Request(*asked))
    print_result(compared.document(), as_json, compared.lines)
    compared.index_or_raise()
