"""``spotline analyse``: research on a tape, or on a file of depths."""

from pathlib import Path
from typing import Annotated

import typer

from reporter.cli_parts import AsJson, print_result
from reporter.cli_tapes import Rules, TapeFile

verbs = typer.Typer(help="Research on tapes and depths (RESEARCH.md).", no_args_is_help=True)
DepthFile = Annotated[Path, typer.Argument(help="What rests in each book, TOML; the form is in RESEARCH.md.")]
Feed = Annotated[str, typer.Option(help="For example BTC/USD; without it the tape's main one.")]


@verbs.command()
def cost(
    depths: DepthFile,
    move: Annotated[str, typer.Option(help="Percents, each up and down.")] = "0.5,1,5",
    as_json: AsJson = False,
) -> None:
    """The least money that moves each method's index, and how many venues move it at will.

    Exit code 6 if a method has no price to move.

    Example: spotline analyse cost depths.toml --move 1,2.5
    """
    from reporter.analyse.cost import book_costs

    costs = book_costs(depths, move)
    print_result(costs.document(), as_json, costs.lines)


@verbs.command()
def depth(
    depths: DepthFile,
    within: Annotated[str, typer.Option(help="Percent of the mid.")] = "2",
    order: Annotated[str, typer.Option(help="Amount of the quote currency.")] = "100000",
    as_json: AsJson = False,
) -> None:
    """How liquid each venue is, and what an order does to its price.

    Example: spotline analyse depth depths.toml --within 1 --order 250000
    """
    from reporter.analyse.depth import book_depths

    found = book_depths(depths, within, order)
    print_result(found.document(), as_json, found.lines)


@verbs.command()
def accuracy(
    tape: TapeFile,
    feed: Feed = "",
    reference: Annotated[
        str, typer.Option(help="Markets to measure against, VENUE:SYMBOL,...; our own index without it.")
    ] = "",
    config: Rules = None,
    as_json: AsJson = False,
) -> None:
    """Every market of a feed: bias, error, lag and delay, and how much of the time it was fresh.

    Exit code 6 if there is no index to measure against.

    Example: spotline analyse accuracy depeg.csv.gz --reference coinbase:BTC/USD,kraken:BTC/USD
    """
    from reporter.analyse.venues import tape_venues

    found = tape_venues(tape, feed, config, reference)
    print_result(found.document(), as_json, found.lines)


@verbs.command()
def basis(
    tape: TapeFile,
    feed: Feed = "",
    perpetual: Annotated[str, typer.Option(help="VENUE:SYMBOL; without it the tape's only one.")] = "",
    spot: Annotated[
        str, typer.Option(help="VENUE:SYMBOL of the spread's other book; the feed's first without it.")
    ] = "",
    term_hours: Annotated[int, typer.Option(min=1, max=87_600, help="The perpetual's funding period.")] = 8,
    config: Rules = None,
    as_json: AsJson = False,
) -> None:
    """A perpetual against the spot index: basis, its yearly rate, and the spread between two books.

    Exit code 6 if the two never have a price together.

    Example: spotline analyse basis tape.jsonl.gz --feed BTC/USD --perpetual deribit:BTC/USD-PERP
    """
    from reporter.analyse.basis import tape_basis

    found = tape_basis(tape, feed, config, perpetual, spot, term_hours)
    print_result(found.document(), as_json, found.lines)


@verbs.command()
def volatility(
    tape: TapeFile,
    feed: Feed = "",
    every: Annotated[
        int | None, typer.Option(min=1, max=86_400, help="Seconds between prices; the tape's own without it.")
    ] = None,
    config: Rules = None,
    as_json: AsJson = False,
) -> None:
    """Realised volatility of the index, a year.

    Exit code 6 if the index has too few prices.

    Example: spotline analyse volatility depeg.csv.gz --feed BTC/USD --every 300
    """
    from reporter.analyse.volatility import tape_volatility

    found = tape_volatility(tape, feed, config, every)
    print_result(found.document(), as_json, found.lines)


@verbs.command()
def weights(
    tape: TapeFile,
    feed: Feed = "",
    config: Rules = None,
    as_json: AsJson = False,
) -> None:
    """The venues' weights from what they traded, at most 24 % each: a line for the feed's configuration.

    Example: spotline analyse weights depeg.csv.gz --feed BTC/USD
    """
    from reporter.analyse.weights import tape_weights

    found = tape_weights(tape, feed, config)
    print_result(found.document(), as_json, found.lines)
