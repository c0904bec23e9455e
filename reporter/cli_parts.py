"""What the files of the command line share: options, and how a result is printed."""

import asyncio
import json
import signal
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Annotated, Any

import typer

ConfigFile = Annotated[Path, typer.Option("--config", "-c", help="The reporter's configuration file.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def print_result(document: Any, as_json: bool, lines: Callable[[], list[str]]) -> None:
    """The result on stdout: JSON, or lines for a person."""
    print("\n".join([json.dumps(document, indent=1)] if as_json else lines()))


def until_stopped(main: Callable[[asyncio.Event], Coroutine[Any, Any, None]]) -> None:
    """Run a program that ends when the event is set, which SIGINT, SIGTERM and SIGHUP do."""

    async def with_signals() -> None:
        stop = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        await main(stop)

    asyncio.run(with_signals())
