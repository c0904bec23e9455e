"""``spotline convergence``: how fast a perpetual comes back to its index, with and without funding."""

from pathlib import Path
from typing import Annotated

import typer

from reporter.cli_parts import AsJson, print_result
from reporter.errors import UsageError

verbs = typer.Typer()
PRICES = "CSV with a time and a price, or bars and a market: FILE#VENUE:SYMBOL"


@verbs.command()
def convergence(
    hours: Annotated[int, typer.Option(min=2, max=20_000, help="Length of each run.")] = 168,
    seeds: Annotated[int, typer.Option(min=1, max=1_000, help="Runs of each mode, paired.")] = 4,
    mode: Annotated[
        str,
        typer.Option(help="all, or of off,8-hourly,hourly,continuous,undamped (continuous, no dampener)."),
    ] = "all",
    model: Annotated[str, typer.Option(help="agents, or linear: the reference model.")] = "agents",
    agents: Annotated[str, typer.Option(help="How many: noise=8,arbitrage=6,trend=1.")] = "",
    fee: Annotated[int, typer.Option(min=0, max=100, help="A taker's, in basis points.")] = 5,
    volatility: Annotated[
        float, typer.Option(min=0, max=500, help="Of the index: basis points per square root of an hour.")
    ] = 10,
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
    no-arbitrage band, each with a 95 % interval over paired seeds.

    Examples:

    spotline convergence --hours 720 --seeds 8 --plot convergence.png

    spotline convergence --model linear --mode off,hourly --seeds 2

    spotline convergence --tape perpetual.csv --index index.csv --sigmas 5 --lasting 600
    """
    from reporter.convergence.command import judged, plan_of, simulated
    from reporter.decoupling import DecouplingRules

    if tape and not index:
        raise UsageError("--tape is judged against an index", hint="name its file: --index index.csv")
    if tape:
        rules = DecouplingRules(sigmas=sigmas, lasting_s=lasting)
        found = judged(tape, index, fee, rules, plot)
        print_result(found.document(), as_json, found.lines)
        return
    run = simulated(plan_of(model, mode, hours, seeds, agents, fee, volatility, index), plot)
    print_result(run.document(), as_json, run.lines)
