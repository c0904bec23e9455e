"""The reference market's virtual AMM in integers: constant product, nobody's money in it, a price that trades alone move.

Twin of contracts/libraries/VirtualAmm.sol: there the base reserve is the depth less what traders hold.
"""

from dataclasses import dataclass

from reporter.funding.formulas import ONE


@dataclass(frozen=True, slots=True)
class Amm:
    """Virtual reserves of base and quote (1e18 = 1) and their product, which rounding never lets fall."""

    base: int
    quote: int
    product: int

    def mark(self, decimals: int) -> int:
        """The price of one base unit, floored."""
        return self.quote * int(10**decimals) // self.base

    def trade(self, size: int) -> "Amm":
        """The curve after a buy of ``size`` base units, or a sale of a negative one; rounding is at the trader's cost."""
        base = self.base - size
        return Amm(base, -(-self.product // base), self.product)


def amm_at(price: int, decimals: int, depth: int) -> Amm:
    """A curve with ``depth`` base units in reserve and this price."""
    quote = depth * price // 10**decimals
    return Amm(depth, quote, depth * quote)


DEPTH = 10_000 * ONE
"""A trade of one unit moves the price by 2 basis points."""
