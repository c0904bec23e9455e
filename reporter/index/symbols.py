"""Market symbols: ``"BTC/USDT"`` is spot, ``"BTC/USD-PERP"`` a perpetual."""

import re
from functools import lru_cache
from typing import NamedTuple

_FORM = re.compile(r"([A-Z0-9]{1,16})/([A-Z0-9]{1,16})(-PERP)?")


class Pair(NamedTuple):
    """What a symbol says. ``perpetual`` is True for ``-PERP``."""

    base: str
    quote: str
    perpetual: bool


@lru_cache(maxsize=4096)
def parse(symbol: str) -> Pair:
    """Return base, quote and the perpetual flag of a symbol or feed name.

    Raises:
        ValueError: Not ``BASE/QUOTE`` or ``BASE/QUOTE-PERP`` in capitals and digits, or base and quote are
            the same.
    """
    match = _FORM.fullmatch(symbol)
    if match is None:
        raise ValueError(f"a symbol is BASE/QUOTE or BASE/QUOTE-PERP in capitals and digits, not {symbol!r}")
    base, quote, suffix = match.groups()
    if base == quote:
        raise ValueError(f"a symbol prices one thing in another, not {symbol!r}")
    return Pair(base, quote, suffix is not None)
