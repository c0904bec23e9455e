"""``spotline tx``: the transactions of the gas key that are under way."""

from pathlib import Path
from typing import Annotated

import typer

from reporter.cli_parts import AsJson, ConfigFile, print_result

verbs = typer.Typer(
    help="Transactions of the gas key that are under way: look, pay more, cancel.", no_args_is_help=True
)
Nonce = Annotated[int | None, typer.Option(min=0, help="Which one; the oldest in flight without it.")]
DEFAULT_CONFIG = Path("spotline.toml")


@verbs.command()
def pending(config: ConfigFile = DEFAULT_CONFIG, as_json: AsJson = False) -> None:
    """What is in flight: nonce, hash, feeds, fees, age and what it replaced. The reporter may run or be stopped.

    Example: spotline tx pending --json
    """
    from reporter.config import load_config
    from reporter.tx import pending as look
    from reporter.tx import pending_lines
    from reporter.wiring import wall_ms

    document = look(load_config(config), wall_ms())
    print_result(document, as_json, lambda: pending_lines(document))


@verbs.command()
def bump(nonce: Nonce = None, config: ConfigFile = DEFAULT_CONFIG, as_json: AsJson = False) -> None:
    """Send a transaction again at once, both fees raised by 12.5 % or more. Exit code 5 if the cap leaves no room.

    Example: spotline tx bump --nonce 7
    """
    _change("bump", nonce, config, as_json)


@verbs.command()
def cancel(nonce: Nonce = None, config: ConfigFile = DEFAULT_CONFIG, as_json: AsJson = False) -> None:
    """Put a transfer of nothing to ourselves in a transaction's place. Which of the two is mined, the chain decides.

    Example: spotline tx cancel --json
    """
    _change("cancel", nonce, config, as_json)


def _change(action: str, nonce: int | None, config: Path, as_json: bool) -> None:
    from reporter.config import load_config
    from reporter.telemetry import configure_logs
    from reporter.tx import change, changed_lines

    configure_logs()
    answer = change(load_config(config), action, nonce)
    print_result(answer, as_json, lambda: changed_lines(action, answer))
