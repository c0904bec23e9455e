"""A bar on stderr for work that takes a while; nothing where nobody looks."""

from collections.abc import Iterable, Iterator
from typing import TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

T = TypeVar("T")
EVERY = 500


def with_bar(items: Iterable[T], what: str, total: int | None = None, every: int = EVERY) -> Iterator[T]:
    """Hand items on, and show after each ``every`` how many of ``total`` have gone by."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield from items
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task(what, total=total)
        for number, item in enumerate(items, 1):
            yield item
            if number % every == 0:
                progress.update(task, completed=number)
