"""``spotline convergence``: how fast a perpetual comes back to its index, with and without funding."""

from pathlib import Path
from typing import Annotated

import typer

from reporter.cli_parts import AsJson, print_result
from reporter.cli_tapes import refuse
from reporter.errors import UsageError

verbs = typer.Typer()
PRICES = "CSV with a time and a price, or bars and a market: FILE@VENUE:SYMBOL"


@verbs.command()
def convergence(
    hours: Annotated[
        int | None, typer.Option(min=2, max=20_000, help="Length of each run; 168, or 6 with --chain.")
    ] = None,
    seeds: Annotated[int | None, typer.Option(min=1, max=1_000, help="Runs of each mode, paired; 4.")] = None,
    mode: Annotated[
        str,
        typer.Option(help="all, or of off,8-hourly,hourly,continuous,undamped; with --chain hourly alone."),
    ] = "",
    model: Annotated[str, typer.Option(help="agents, or linear: the reference model.")] = "agents",
    agents: Annotated[str, typer.Option(help="How many: noise=8,arbitrage=6,trend=1.")] = "",
    fee: Annotated[int, typer.Option(min=0, max=100, help="A taker's, in basis points.")] = 5,
    volatility: Annotated[
        float, typer.Option(min=0, max=500, help="Of the index: basis points per square root of an hour.")
    ] = 10,
    chain: Annotated[
        bool,
        typer.Option("--chain", help="On the contracts, on a local Anvil, each step held against Python."),
    ] = False,
    index: Annotated[str, typer.Option(help=f"The index that agents see, or --tape's: {PRICES}.")] = "",
    tape: Annotated[
        str, typer.Option(help=f"No simulation: a recorded perpetual, judged against --index. {PRICES}.")
    ] = "",
    sigmas: Annotated[int, typer.Option(min=1, max=100, help="Of --tape: decoupled beyond so many.")] = 4,
    lasting: Annotated[int, typer.Option(min=0, max=86_400, help="Of --tape: for so many seconds.")] = 900,
    plot: Annotated[Path | None, typer.Option(help="Draw basis and funding: out.png, .svg or .pdf.")] = None,
    as_json: AsJson = False,
) -> None:
    """How fast a perpetual comes back to its index, by how it is funded: half-life, tracking error, time outside the
    no-arbitrage band, each with a 95 % interval over paired seeds. continuous fixes the rate every minute, undamped does so
    without the dampener. Exit code 4 if contracts and Python ever differ.

    Examples:

    spotline convergence --hours 720 --seeds 8 --plot convergence.png

    spotline convergence --model linear --mode off,hourly --seeds 2

    spotline convergence --chain --hours 4 --mode continuous

    spotline convergence --tape perpetual.csv --index index.csv --sigmas 5 --lasting 600
    """
    if tape:
        refuse("--tape", chain=chain, hours=hours, seeds=seeds, mode=mode, agents=agents)
        _judge(tape, index, fee, (sigmas, lasting), plot, as_json)
    elif chain:
        refuse("--chain", seeds=seeds)
        _on_chain((model, mode or "hourly", hours or 6, 1, agents, fee, volatility, index), plot, as_json)
    else:
        _simulate(
            (model, mode or "all", hours or 168, seeds or 4, agents, fee, volatility, index), plot, as_json
        )


Asked = tuple[str, str, int, int, str, int, float, str]


def _simulate(asked: Asked, plot: Path | None, as_json: bool) -> None:
    from reporter.convergence.command import plan_of, simulated

    run = simulated(plan_of(*asked), plot)
    print_result(run.document(), as_json, run.lines)


def _on_chain(asked: Asked, plot: Path | None, as_json: bool) -> None:
    from reporter.convergence.command import on_chain, plan_of

    run = on_chain(plan_of(*asked), plot)
    print_result(run.document(), as_json, run.lines)
    run.equal_or_raise()


def _judge(
    tape: str, index: str, fee: int, limits: tuple[int, int], plot: Path | None, as_json: bool
) -> None:
    from reporter.convergence.command import judged
    from reporter.decoupling import DecouplingRules

    if not index:
        raise UsageError("--tape is judged against an index", hint="name its file: --index index.csv")
    rules = DecouplingRules(sigmas=limits[0], lasting_s=limits[1])
    found = judged(tape, index, fee, rules, plot)
    print_result(found.document(), as_json, found.lines)
