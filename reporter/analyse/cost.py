"""``spotline analyse cost``: what it costs to move each method's index, and how many venues move it at will."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reporter.analyse.books import Books, load_books
from reporter.analyse.priced import priced_methods
from reporter.errors import NoIndex, UsageError
from reporter.index.units import percent
from reporter.market.decimals import to_text
from reporter.money import decimal_text
from reporter.research.manipulation import Attack, Breakdown, Method, breakdown, least_cost
from reporter.scenario.bounds import signed_ppm
from reporter.table import columns
from reporter.tapes.progress import with_bar

MOST_STATES = 20_000
"""Ours takes 0.2 ms a state, so a search takes seconds; more levels than that are thinned out, and it is said."""


@dataclass(frozen=True, slots=True)
class Cost:
    """One method's answers: per move in ppm the cheapest attack, None where taking everything does not do it."""

    method: str
    price: int
    attacks: Mapping[int, Attack | None]
    breakdown: Breakdown | None


@dataclass(frozen=True, slots=True)
class Costs:
    """Every method's answers on the same books."""

    books: Books
    found: Sequence[Cost]

    def document(self) -> dict[str, Any]:
        """What ``--json`` prints; money as decimal text in the feed's quote currency."""
        return {
            "feed": self.books.feed,
            "venues": list(self.books.prices),
            "methods": {cost.method: _document(cost) for cost in self.found},
        }

    def lines(self) -> list[str]:
        """What a person reads."""
        moves = list(self.found[0].attacks)
        heads = ("method", *map(_signed, moves), "venues", "weight")
        return [
            f"{self.books.feed}: {self.books.pair.quote} to take from the books of {len(self.books.venues)} venues "
            "to move each index",
            *columns([heads, *(_row(cost) for cost in self.found)]),
            "<: at most that much, for not every way was tried. never: taking every book does not do it.",
            "venues, weight: the fewest venues, and the least part of the weight, that move it at will.",
        ]


def book_costs(path: Path, moves: str) -> Costs:
    """Ask every method about every move, up and down.

    Args:
        moves: Percents, ``"0.5,1,5"``.

    Raises:
        DepthError: The file cannot be used.
        UsageError: A move that is none.
        NoIndex: Our index has no price of these books even before the attack.
    """
    books = load_books(path)
    wanted = parse_moves(moves)
    methods = priced_methods(books)
    honest = {name: method(books.prices) for name, method in methods.items()}
    if silent := next((name for name, price in honest.items() if price is None), None):
        raise NoIndex(f"{silent} has no price of {books.feed} from these books, so nothing can be moved")
    asked = with_bar(_attacks(books, methods, wanted), "attacks", len(methods) * (len(wanted) + 1), every=1)
    attacks: dict[str, dict[int, Attack | None]] = {name: {} for name in methods}
    broken: dict[str, Breakdown | None] = {}
    for name, move_ppm, found in asked:
        if isinstance(found, Breakdown) or not move_ppm:
            broken[name] = found if isinstance(found, Breakdown) else None
        else:
            attacks[name][move_ppm] = found
    return Costs(books, [Cost(n, honest[n] or 0, attacks[n], broken[n]) for n in methods])


def parse_moves(text: str) -> list[int]:
    """``"0.5,1"`` -> ``[5000, -5000, 10000, -10000]``.

    Raises:
        UsageError: Not a percent above 0 and below 100.
    """
    found = []
    for word in text.split(","):
        try:
            ppm = signed_ppm(word.strip())
        except ValueError:
            ppm = 0
        if not 0 < ppm < 1_000_000:
            raise UsageError(
                f"--move: {word.strip()!r} is no percent above 0 and below 100", hint="--move 0.5,1,5"
            )
        found += [ppm, -ppm]
    return list(dict.fromkeys(found))


def _attacks(
    books: Books, methods: Mapping[str, Method], moves: Sequence[int]
) -> Iterator[tuple[str, int, Attack | Breakdown | None]]:
    """Every method with every move; move 0 stands for the breakdown."""
    asks = {venue.name: venue.asks for venue in books.venues}
    bids = {venue.name: venue.bids for venue in books.venues}
    for name, method in methods.items():
        for ppm in moves:
            depth = asks if ppm > 0 else bids
            yield name, ppm, least_cost(books.prices, depth, method, ppm, most_states=MOST_STATES)
        yield name, 0, breakdown(books.prices, books.shares_ppm, method)


def _document(cost: Cost) -> dict[str, Any]:
    broken = cost.breakdown
    return {
        "price": str(cost.price),
        "moves": [
            {"move_ppm": ppm, "cost": None, "exact": None, "distances_ppm": None}
            if attack is None
            else {
                "move_ppm": ppm,
                "cost": to_text(attack.cost, 0),
                "exact": attack.exact,
                "distances_ppm": dict(attack.distances_ppm),
            }
            for ppm, attack in cost.attacks.items()
        ],
        "breakdown_venues": broken and broken.venues,
        "breakdown_share_ppm": broken and broken.share_ppm,
    }


def _row(cost: Cost) -> tuple[str, ...]:
    broken = cost.breakdown
    return (
        cost.method,
        *map(_money, cost.attacks.values()),
        str(broken.venues) if broken else "-",
        percent(broken.share_ppm) if broken else "-",
    )


def _money(attack: Attack | None) -> str:
    return "never" if attack is None else ("" if attack.exact else "<") + decimal_text(attack.cost, 18, 0)


def _signed(ppm: int) -> str:
    return ("+" if ppm > 0 else "") + percent(ppm)
