"""``spotline devnet``: run a devnet for a while or until stopped, and show it."""

import asyncio
import json
import sys
from collections.abc import Callable
from typing import Any

from rich.console import Console
from rich.live import Live

from reporter.api_client import fetch_json
from reporter.devnet.documents import ready_document, summary_document
from reporter.devnet.run import LOOK_EVERY_S, Devnet, Options, readiness, running, unless
from reporter.devnet.view import Screen, picture, round_line
from reporter.errors import ChainError, SpotlineError
from reporter.market.tape import utc_text
from reporter.wiring import wall_ms

STATUS_EVERY_S = 10


async def devnet(options: Options, stop: asyncio.Event, *, as_json: bool) -> None:
    """Run until ``stop`` is set or the duration has passed, then print a summary."""
    console = Console(stderr=True)
    async with running(options, stop, lambda text: _say(console, f"devnet: {text}")) as net:
        if net is None:
            return
        if as_json:
            _print_line(ready_document(net))
        else:
            _say(console, _ready_text(net))
        if console.is_terminal and not as_json:
            with Live(console=console, screen=False, auto_refresh=False) as live:
                await _until_done(net, stop, lambda: _draw(net, live))
        else:
            await _until_done(net, stop, None if as_json else Teller(net, console))
        summary = await summary_document(net)
        if as_json:
            _print_line(summary)
        else:
            _say(console, _summary_text(summary))


def _say(console: Console, text: str) -> None:
    console.print(text, highlight=False, soft_wrap=True, markup=False)


async def _until_done(net: Devnet, stop: asyncio.Event, show: Callable[[], Any] | None) -> None:
    deadline_ms = net.options.duration_s and wall_ms() + net.options.duration_s * 1000
    while not stop.is_set() and not (deadline_ms and wall_ms() >= deadline_ms):
        try:
            await unless(stop, net.look())
        except ChainError as error:
            print(f"devnet: {error}", file=sys.stderr)
        if net.market and net.market.ended(wall_ms()):
            print("devnet: the tape has ended", file=sys.stderr)
            return
        if show is not None:
            await show()
        await asyncio.sleep(LOOK_EVERY_S)


async def _draw(net: Devnet, live: Live) -> None:
    live.update(picture(await _screen(net)), refresh=True)


class Teller:
    """Tells rounds and troubles line by line, where there is no terminal to draw on."""

    def __init__(self, net: Devnet, console: Console) -> None:
        self._net, self._console = net, console
        self._told = dict.fromkeys(net.watch.feeds, 0)
        self._asked_ms = wall_ms()

    async def __call__(self) -> None:
        for name, watch in self._net.watch.feeds.items():
            for seen in watch.rounds[self._told[name] :]:
                self._say(round_line(seen, self._net.deployment, self._net.watch.gas.get(seen.tx_hash)))
            self._told[name] = len(watch.rounds)
        if wall_ms() - self._asked_ms > STATUS_EVERY_S * 1000:
            self._asked_ms = wall_ms()
            for reporter in self._net.reporters:
                for reason in await readiness(reporter.url):
                    self._say(f"not ready: {reporter.child.name}: {reason}")

    def _say(self, line: str) -> None:
        _say(self._console, line)


async def _screen(net: Devnet) -> Screen:
    status = []
    feeds: list[dict[str, Any]] = []
    for reporter in net.reporters:
        found = await _or_none(f"{reporter.url}/api/status")
        status.append((reporter.child.name, reporter.address, found))
        if found and not feeds:
            feeds = await _or_none(f"{reporter.url}/api/feeds") or []
    funding: dict[str, Any] = next((s["funding"] for _, _, s in status if s), {})
    now_ms = wall_ms()
    tape_ms = net.market.tape_ms(now_ms) if net.market else None
    clock = f"tape time {utc_text(tape_ms)} at {net.options.speed or 1}x" if tape_ms else "live clock"
    down = [r for r, (_, _, found) in zip(net.reporters, status, strict=True) if found is None]
    hint = f"restart a reporter: spotline run --config {(down or net.reporters)[0].config}"
    title = f"Spotline devnet on {net.options.chain}"
    return Screen(title, net.label, clock, now_ms, net.watch, net.deployment, feeds, status, funding, hint)


async def _or_none(url: str) -> Any:
    try:
        return await fetch_json(url)
    except SpotlineError:
        return None


def _ready_text(net: Devnet) -> str:
    feeds = "\n".join(f"  {f.name:14} {f.address}" for f in net.deployment.feeds.values())
    nodes = "\n".join(
        f"  {r.child.name}  {r.url}  pid {r.child.process.pid}  {r.address}" for r in net.reporters
    )
    return (
        f"ready: {net.label}\nrpc         {net.rpc_url}\nmarket      {net.market_url or 'the real exchanges'}\n"
        f"aggregator  {net.deployment.aggregator}\nfunding     {net.deployment.funding}\nfeeds\n{feeds}\n"
        f"reporters\n{nodes}\n"
        f"  restart one that you killed: spotline run --config {net.folder}/reporter-N/spotline.toml"
    )


def _summary_text(summary: dict[str, Any]) -> str:
    lines = [f"summary: {summary['label']}"]
    for name, feed in summary["feeds"].items():
        error = (
            ""
            if feed["max_error"] is None
            else f", error max {feed['max_error']:.4%} mean {feed['mean_error']:.4%}"
        )
        lines.append(f"  {name:14} {feed['rounds']} rounds{error}")
    lines.append(f"  gas of an update, median: {summary['gas']['update_median']}")
    return "\n".join(lines)


def _print_line(document: dict[str, Any]) -> None:
    print(json.dumps(document), flush=True)
