"""What the files of the command line share: options, and how a result is printed."""

import asyncio
import json
import signal
from collections.abc import Callable, Coroutine, Sequence
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
        _on((signal.SIGINT, signal.SIGTERM, signal.SIGHUP), stop)
        await main(stop)

    asyncio.run(with_signals())


def daemon(main: Callable[[asyncio.Event, asyncio.Event], Coroutine[Any, Any, None]]) -> None:
    """The same for one that reads its configuration again when the second event is set, which SIGHUP does."""

    async def with_signals() -> None:
        stop, reload = asyncio.Event(), asyncio.Event()
        _on((signal.SIGINT, signal.SIGTERM), stop)
        _on((signal.SIGHUP,), reload)
        await main(stop, reload)

    asyncio.run(with_signals())


def _on(numbers: Sequence[signal.Signals], event: asyncio.Event) -> None:
    for number in numbers:
        asyncio.get_running_loop().add_signal_handler(number, event.set)
