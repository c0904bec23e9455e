"""``spotline funding``: the funding rates of the deployment's markets, and how well they were foretold."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from reporter.cli_parts import AsJson, ConfigFile, print_result

verbs = typer.Typer(
    help="Funding rates of the deployment's markets, per 8 hours: now, in the past, foretold.",
    no_args_is_help=True,
)
DEFAULT_CONFIG = Path("spotline.toml")
Market = Annotated[str, typer.Argument(help="For example BTC/USD; the only one without it.")]
Limit = Annotated[int, typer.Option(min=1, max=2_000, help="How many rates, the newest ones.")]
FromBlock = Annotated[int | None, typer.Option(min=0, help="First block; the deployment's without it.")]
ToBlock = Annotated[int | None, typer.Option(min=0, help="Last block; the newest without it.")]


@verbs.command()
def now(
    market: Annotated[str, typer.Argument(help="For example BTC/USD; all without it.")] = "",
    venues: Annotated[
        bool, typer.Option("--venues", help="Ask the configuration's perpetual venues for theirs, too.")
    ] = False,
    config: ConfigFile = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """The rate that is paid and the one that is predicted, from the chain. Exit code 3 without a funding contract.

    Example: spotline funding now BTC/USD --venues
    """
    from reporter.config import load_config
    from reporter.funding_look import now_documents
    from reporter.funding_show import now_lines

    documents = asyncio.run(now_documents(load_config(config), market, venues=venues))
    print_result(documents[0] if market else documents, as_json, lambda: now_lines(documents))


@verbs.command()
def history(
    market: Market = "",
    limit: Limit = 24,
    from_block: FromBlock = None,
    to_block: ToBlock = None,
    config: ConfigFile = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """The rates that were fixed, from the contract's events; --json has every premium sample, too.

    Exit code 6 while no rate is fixed.

    Example: spotline funding history BTC/USD --limit 48
    """
    from reporter.config import load_config
    from reporter.funding_look import Span, history_document
    from reporter.funding_show import history_lines

    span = Span(limit, from_block, to_block)
    document = asyncio.run(history_document(load_config(config), market, span))
    print_result(document, as_json, lambda: history_lines(document))


@verbs.command()
def forecast(
    market: Market = "",
    limit: Limit = 48,
    from_block: FromBlock = None,
    to_block: ToBlock = None,
    config: ConfigFile = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """The next rate as the contract predicts it and by AR(1), with how far each was off before.

    What the contract predicted is asked of the state of old blocks, which not every endpoint keeps. Exit code 6 with fewer
    than 5 rates.

    Example: spotline funding forecast BTC/USD --json
    """
    from reporter.config import load_config
    from reporter.funding_look import Span, forecast_document
    from reporter.funding_show import forecast_lines

    span = Span(limit, from_block, to_block)
    document = asyncio.run(forecast_document(load_config(config), market, span))
    print_result(document, as_json, lambda: forecast_lines(document))
