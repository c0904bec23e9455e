"""ape's side: accounts, sending, and the options, messages and errors that every command shares."""

import sys
from collections.abc import Callable
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import click
from ape import accounts, networks
from ape.cli import ConnectedProviderCommand
from ape.exceptions import ApeException
from ape.logging import CLICK_ECHO_KWARGS
from web3.exceptions import Web3Exception

from reporter.errors import ChainError, CheckFailed, ConfigError, SpotlineError
from scripts._management.abi import ZERO, address_of
from scripts._management.job import Job
from scripts._management.node import Node, Sent, Step
from scripts._management.owners import Caller
from scripts._management.plan import Manner, as_json
from scripts._management.records import deployment_for

# ape writes its messages to stdout, where our results go.
_ECHO: Any = CLICK_ECHO_KWARGS
_ECHO.update({level: {"err": True} for level in ("debug", "info", "success")})

LOCAL_CHAIN = 31_337
RAW_TIMEOUT_S = 120


def load_account(alias: str, chain_id: int = LOCAL_CHAIN) -> Any:
    """``TEST::0`` is the first account of the local chain; anything else is one of ape's accounts.

    Raises:
        ConfigError: There is no such account, or it is a test account on another chain.
    """
    if not alias.startswith("TEST::"):
        return _own_account(alias)
    if chain_id != LOCAL_CHAIN:
        raise ConfigError(
            f"{alias} is for local chains: everybody has its key", hint="see: ape accounts list"
        )
    try:
        return accounts.test_accounts[int(alias.removeprefix("TEST::"))]
    except (ValueError, IndexError) as error:
        raise ConfigError(f"there is no account {alias}", hint="TEST::0 to TEST::9") from error


def _own_account(alias: str) -> Any:
    try:
        return accounts.load(alias)
    except (ApeException, KeyError, IndexError) as error:
        raise ConfigError(f"ape has no account {alias!r}", hint="see: ape accounts list") from error


def connect(alias: str | None) -> Node:
    """The chain that ape is connected to. Without an account nothing can be sent."""
    provider = networks.provider
    account = load_account(alias, provider.chain_id) if alias else None
    sender = str(account.address) if account else ZERO
    return Node(sender, lambda *call: ask(provider, *call), lambda step: _transact(provider, account, step))


def ask(provider: Any, method: str, parameters: list[Any]) -> dict[str, Any]:
    """One JSON-RPC call's whole answer. Raises ``ChainError`` when there is none."""
    try:
        return dict(provider.web3.provider.make_request(method, parameters))
    except (OSError, ValueError, Web3Exception) as error:  # requests' errors are OSErrors
        raise ChainError(
            f"the chain does not answer {method}: {type(error).__name__}", hint="check --network"
        ) from error


def _transact(provider: Any, account: Any, step: Step) -> Sent:
    try:
        return (
            _send_raw(provider.web3, step.raw)
            if step.raw is not None
            else _sign_and_send(provider, account, step)
        )
    except (ApeException, OSError, ValueError, Web3Exception) as error:
        raise ChainError(
            f"not done: {step.does}: {error}", hint="earlier transactions stay; see manage show"
        ) from error


def _sign_and_send(provider: Any, account: Any, step: Step) -> Sent:
    chosen = {"receiver": step.to, "gas_limit": step.gas}
    transaction = provider.network.ecosystem.create_transaction(
        chain_id=provider.chain_id,
        sender=account.address,  # an estimate is asked for with it
        data=step.data,
        value=step.value,
        **{name: value for name, value in chosen.items() if value is not None},
    )
    with redirect_stdout(sys.stderr):  # where ape asks for passphrase and signature
        receipt = account.call(transaction)
    return Sent(receipt.txn_hash, receipt.block_number, receipt.gas_used)


def _send_raw(web3: Any, raw: bytes) -> Sent:
    found = web3.eth.wait_for_transaction_receipt(web3.eth.send_raw_transaction(raw), RAW_TIMEOUT_S)
    return Sent("0x" + found["transactionHash"].hex(), found["blockNumber"], found["gasUsed"])


# ---------------------------------------------------------------- options


VIA = click.option("--via", help="a Safe to go through, for a role that it holds in a timelock")
DELAY = click.option("--delay", type=int, help="seconds to wait in a timelock; default: its minimum")
SENDING = (
    click.option("--account", required=True, help="ape account that sends; TEST::0 on a local chain"),
    click.option("--yes", is_flag=True, help="do not ask"),
    click.option("--dry-run", is_flag=True, help="stop after the simulation"),
)
JSON = click.option(
    "--json", "json_wanted", is_flag=True, help="print one JSON document; messages go to stderr"
)


def with_options(*options: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Several click options as one decorator."""

    def decorate(function: Any) -> Any:
        for option in reversed(options):
            function = option(function)
        return function

    return decorate


def manner_of(*, json_wanted: bool, yes: bool = False, dry_run: bool = False) -> Manner:
    """People read stdout, unless a program does."""
    return Manner(lambda line: click.echo(line, err=json_wanted), _confirm, yes, dry_run)


def _confirm(question: str) -> bool:
    try:
        with redirect_stdout(sys.stderr):
            return click.confirm(question)
    except click.Abort as error:
        click.echo(err=True)  # the question's line is still open
        raise CheckFailed("nobody answered: nothing was sent", hint="--yes confirms in advance") from error


class Command(ConnectedProviderCommand):
    """A command with a network, whose function returns its document; a failure on purpose is one sentence."""

    def invoke(self, ctx: click.Context) -> None:
        """Run it; print the document if that is wanted."""
        json_wanted = ctx.params["json_wanted"]
        try:
            found = super().invoke(ctx)
        except SpotlineError as error:
            raise SystemExit(_tell(error, json_wanted=json_wanted)) from None
        except ApeException as error:
            unreached = ChainError(f"the network cannot be reached: {error}", hint="check --network")
            raise SystemExit(_tell(unreached, json_wanted=json_wanted)) from None
        if json_wanted:
            click.echo(as_json(found))


def command(group: click.Group | None = None, name: str | None = None) -> Callable[[Any], click.Command]:
    """A ``Command`` of a group, or on its own, with ``--json``."""
    return lambda function: (group or click).command(name, cls=Command)(JSON(function))


def _tell(error: SpotlineError, *, json_wanted: bool) -> int:
    click.echo(f"error: {error}", err=True)
    if error.hint:
        click.echo(f"hint:  {error.hint}", err=True)
    if json_wanted:
        click.echo(as_json({"status": "refused", "error": str(error), "hint": error.hint}))
    return error.exit_code


DEPLOYMENT = click.option(
    "--deployment", "path", required=True, type=click.Path(path_type=Path), help="the file that deploy wrote"
)


def managing(group: click.Group, name: str, *options: Callable[[Any], Any]) -> Callable[[Any], click.Command]:
    """A command of a group whose function takes the job and its own options."""

    def decorate(function: Callable[..., dict[str, Any]]) -> click.Command:
        def run(
            path: Path,
            account: str,
            yes: bool,
            dry_run: bool,
            json_wanted: bool,
            via: str | None,
            delay: int | None,
            **own: Any,
        ) -> dict[str, Any]:
            node = connect(account)
            through = address_of("--via", via) if via else None
            manner = manner_of(json_wanted=json_wanted, yes=yes, dry_run=dry_run)
            caller = Caller(node, through, delay)
            contract = own.pop("contract", "aggregator")
            return function(
                Job(node, deployment_for(path, node.chain_id), path, manner, caller, contract), **own
            )

        run.__doc__ = function.__doc__
        return command(group, name)(with_options(DEPLOYMENT, *SENDING, VIA, DELAY, *options)(run))

    return decorate
