"""``spotline``: results on stdout, messages on stderr, an exit code for each kind of failure (errors.py)."""

import asyncio
import sys
from pathlib import Path
from typing import Annotated
from urllib.parse import quote

import typer
from rich.console import Console

from reporter.cli_analyse import verbs as analyse_verbs
from reporter.cli_convergence import verbs as convergence_verbs
from reporter.cli_funding import verbs as funding_verbs
from reporter.cli_parts import AsJson, ConfigFile, daemon, print_result, until_stopped
from reporter.cli_tapes import verbs as tape_verbs
from reporter.cli_tx import verbs as tx_verbs
from reporter.errors import SpotlineError, UsageError
from reporter.redact import guard_output, print_traceback, redact

app = typer.Typer(
    help="Spotline: a spot-index oracle for perpetuals.",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
)
app.add_typer(tape_verbs)
app.add_typer(convergence_verbs)
app.add_typer(analyse_verbs, name="analyse")
app.add_typer(funding_verbs, name="funding")
app.add_typer(tx_verbs, name="tx")
NodeUrl = Annotated[str, typer.Option("--node", help="Web API of a running reporter.")]
DEFAULT_CONFIG, DEFAULT_NODE = Path("spotline.toml"), "http://127.0.0.1:9200"


@app.command()
def devnet(
    tape: Annotated[
        Path | None, typer.Option(help="Play this recorded market instead of the simulated one.")
    ] = None,
    start: Annotated[str | None, typer.Option(help="Tape time to start at, UTC: 2023-03-11T06:40.")] = None,
    speed: Annotated[int | None, typer.Option(min=1, max=3600, help="Tape seconds per second.")] = None,
    live: Annotated[bool, typer.Option("--live", help="Ask the real exchanges.")] = False,
    seed: Annotated[int, typer.Option(help="Of the simulated market.")] = 1,
    reporters: Annotated[int, typer.Option(min=1, max=31, help="How many reporters.")] = 4,
    chain: Annotated[str, typer.Option(help="anvil or hardhat.")] = "anvil",
    rest: Annotated[
        bool, typer.Option("--rest", help="Poll the venues instead of listening to them.")
    ] = False,
    port: Annotated[
        int, typer.Option(min=0, max=65000, help="First port, the chain's; 0 takes any free ones.")
    ] = 8545,
    duration: Annotated[
        int | None, typer.Option(min=1, help="Seconds to run; then a summary, exit code 0.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Run a whole Spotline on this machine: chain, contracts, market, reporters.

    Example: spotline devnet --tape depeg.csv.gz --start 2023-03-11T06:40 --speed 60 --duration 60 --json
    """
    from reporter.devnet.command import devnet as run_devnet
    from reporter.devnet.run import Options

    if chain not in ("anvil", "hardhat"):
        raise UsageError(f"there is no chain {chain!r}", hint="--chain anvil or --chain hardhat")
    if live and tape:
        raise UsageError("--live and --tape exclude each other")
    transport = "rest" if rest else "ws"
    options = Options(tape, start, speed, live, seed, reporters, chain, transport, port, duration)
    until_stopped(lambda stop: run_devnet(options, stop, as_json=as_json))


@app.command()
def run(
    config: ConfigFile = DEFAULT_CONFIG,
    direct: Annotated[
        bool,
        typer.Option(
            "--direct", help="Take no turns: publish at once what is due, alone if the quorum is 1."
        ),
    ] = False,
) -> None:
    """Run one reporter until stopped; SIGHUP reads the configuration again. Without keys it is a dry run: it observes,
    tells what it would sign and send, and does neither.

    Example: spotline run -c spotline.toml
    """
    from reporter.config import load_config
    from reporter.node import build_node
    from reporter.reload import reload_when_asked
    from reporter.telemetry import configure_logs, log
    from reporter.web.api import api_app
    from reporter.wiring import calm_collector

    configure_logs()
    node = build_node(load_config(config), direct=direct)
    log().info(
        "reporter started",
        reporter=node.address or "none: dry run, nothing is signed",
        mode=node.mode,
        feeds=list(node.config.published),
        api=f"http://{node.config.node.api_listen}",
    )
    calm_collector()
    daemon(lambda stop, asked: node.run(stop, api_app(node), reload_when_asked(node, asked, config)))


@app.command()
def price(
    feed: Annotated[str | None, typer.Argument(help="One feed; all of the configuration without it.")] = None,
    config: ConfigFile = DEFAULT_CONFIG,
    trace: Annotated[
        bool, typer.Option("--trace", help="Show each source, kept or dropped, and why.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Ask the exchanges now and show the index. Needs no key and no chain."""
    from reporter.config import load_config
    from reporter.show import index_lines, signable_or_raise
    from reporter.snapshot import price_now

    settings = load_config(config)
    found = asyncio.run(price_now(settings, feed))
    documents = [document for _, document in found]
    print_result(documents[0] if feed else documents, as_json, lambda: index_lines(documents, trace=trace))
    signable_or_raise([index for index, _ in found if feed or index.feed in settings.published])


@app.command()
def status(node: NodeUrl = DEFAULT_NODE, as_json: AsJson = False) -> None:
    """Whether a running reporter is well, and every reason why not. Exit code 4 if it is not."""
    from reporter.api_client import get_json
    from reporter.errors import CheckFailed
    from reporter.show import status_lines

    document = get_json(f"{node}/api/status")
    if not isinstance(document, dict) or "reasons" not in document:
        raise UsageError(
            f"what answers at {node} is not a reporter", hint="--node is the web API of spotline run"
        )
    print_result(document, as_json, lambda: status_lines(document))
    if not document["ready"]:
        raise CheckFailed("the reporter is not ready: " + "; ".join(document["reasons"]))


@app.command()
def feed(
    name: Annotated[str, typer.Argument(help="For example BTC/USD.")],
    config: ConfigFile = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """What a contract reads now."""
    from reporter.chain.look import round_now
    from reporter.config import load_config
    from reporter.record import age_document, round_document
    from reporter.show import age_lines, round_lines
    from reporter.wiring import wall_ms

    settings = load_config(config)
    round_, decimals = asyncio.run(round_now(settings, name))
    age = age_document(round_, settings.published.get(name), wall_ms() // 1000)
    document = round_document(round_, decimals) | age
    print_result(document, as_json, lambda: [*round_lines([document]), *age_lines(document)])


@app.command()
def history(
    name: Annotated[str, typer.Argument(help="For example BTC/USD.")],
    node: NodeUrl = DEFAULT_NODE,
    limit: Annotated[int, typer.Option(min=1, max=1000)] = 20,
    as_json: AsJson = False,
) -> None:
    """Past rounds, newest first, as a running reporter saw them."""
    from reporter.api_client import get_json
    from reporter.show import round_lines

    documents = get_json(f"{node}/api/rounds?feed={quote(name)}&limit={limit}")
    if not isinstance(documents, list):
        raise UsageError(documents.get("error", f"what answers at {node} is not a reporter"))
    print_result(documents, as_json, lambda: round_lines(documents))


@app.command()
def verify(
    record: Annotated[Path, typer.Argument(help="A round record; - reads stdin.", allow_dash=True)],
    config: Annotated[
        Path | None, typer.Option("--config", "-c", help="Compare the rules with this configuration, too.")
    ] = None,
    rpc: Annotated[
        str | None, typer.Option(help="Compare the reporter set with the chain behind this URL, too.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Recompute a round record: indices, prices and signatures. Exit code 4 with every difference.

    Example: curl -s http://127.0.0.1:9200/api/rounds/1800000000 | spotline verify -
    """
    from reporter.check import check, read_record
    from reporter.errors import CheckFailed
    from reporter.show import verification_lines

    verification = check(read_record(record), config, rpc)
    print_result(verification, as_json, lambda: verification_lines(verification))
    if not verification["ok"]:
        raise CheckFailed(f"the record does not verify: {len(verification['differences'])} differences")


@app.command()
def doctor(config: ConfigFile = DEFAULT_CONFIG, as_json: AsJson = False) -> None:
    """Look at everything that a reporter needs, with a hint for what is wrong. Exit code 4 if anything is.

    Example: spotline doctor -c spotline.toml
    """
    from dataclasses import asdict

    from reporter.config import load_config
    from reporter.doctor import examine, failed
    from reporter.errors import CheckFailed
    from reporter.show import check_lines

    checks = asyncio.run(examine(load_config(config)))
    print_result([asdict(check) for check in checks], as_json, lambda: check_lines(checks))
    if wrong := failed(checks):
        raise CheckFailed(f"{len(wrong)} of {len(checks)} checks failed")


@app.command()
def readmit(
    venue: Annotated[str, typer.Argument(help="For example kraken.")],
    feed: Annotated[list[str] | None, typer.Option(help="Only on this feed; may be repeated.")] = None,
    config: ConfigFile = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Let a venue back that the bias monitor has excluded. A running reporter does it within a second.

    Example: spotline readmit kraken --feed ETH/USD
    """
    from reporter.config import load_config
    from reporter.readmit import feeds_of
    from reporter.store import ask_readmission

    settings = load_config(config)
    feeds = feeds_of(settings, venue, feed or ())
    ask_readmission(settings.path(settings.node.data_dir), [(name, venue) for name in feeds])
    asked = [f"asked to re-admit {venue} on {name}" for name in feeds]
    print_result({"venue": venue, "feeds": feeds}, as_json, lambda: asked)


def _first(error: BaseException) -> BaseException:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


def _tell(error: SpotlineError) -> int:
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    console.print(f"error: {redact(str(error))}", style="red", markup=False)
    if error.hint:
        console.print(f"hint:  {redact(error.hint)}", markup=False)
    return error.exit_code


def main() -> None:
    """Run the command line; a failure on purpose is one sentence and its exit code, a bug alone has a traceback."""
    guard_output()
    try:
        app()
    except Exception as raised:  # noqa: BLE001 - Python's own traceback would show what an error's text has
        error = _first(raised)
        if isinstance(error, SpotlineError):
            sys.exit(_tell(error))
        print_traceback(raised)
        sys.exit(1)


if __name__ == "__main__":
    main()
