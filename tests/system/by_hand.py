"""From an exchange's reply to a trader's payment once more, in plain integers and with nothing of the product.

Prices and rates are 1e18 fixed point unless said otherwise; every division rounds toward minus infinity, as documented.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from eth_abi.abi import decode, encode
from eth_account import Account
from eth_account.messages import encode_typed_data
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak

ONE = 10**18
TO_FEED = 10**10
"""From 1e18 to the feed's 8 decimals."""
TO_TOKEN = 10**12
EIGHT_HOURS_S, LONGEST_WEIGHT_S = 28_800, 60

# ---------------------------------------------------------------- an exchange's reply, an index


def price_of(venue: str, reply: Any) -> int:
    """The middle of the book; of Coinbase, which dates its last trade, the median of bid, ask and that."""
    if venue == "kraken":
        pair = reply["result"]["XXBTZUSD"]
        bid, ask = _exact(pair["b"][0]), _exact(pair["a"][0])
    elif venue == "cryptocom":
        bid, ask = (_exact(reply["result"]["data"][0][key]) for key in ("b", "k"))
    else:
        bid, ask = _exact(reply["bid"]), _exact(reply["ask"])
    if venue == "coinbase":
        return sorted((bid, ask, _exact(reply["price"])))[1]
    return (bid + ask) // 2


def _exact(text: str) -> int:
    scaled = Decimal(text).scaleb(18)
    assert scaled == int(scaled)
    return int(scaled)


def index_of(prices: Sequence[int]) -> int:
    """The median; of an even count the mean of the middle two."""
    ordered, half = sorted(prices), len(prices) // 2
    return ordered[half] if len(prices) % 2 else (ordered[half - 1] + ordered[half]) // 2


# ---------------------------------------------------------------- an update's calldata


@dataclass(frozen=True, slots=True)
class Batch:
    """What an update of one feed carried: who signed which price, with the feed's decimals."""

    observed_at: int
    bitmap: int
    signed: Mapping[str, int]

    @property
    def median(self) -> int:
        """The upper middle."""
        return sorted(self.signed.values())[len(self.signed) // 2]

    @property
    def spread_bps(self) -> int:
        prices = self.signed.values()
        return -(-(max(prices) - min(prices)) * 10_000 // self.median)


def batch_of(calldata: bytes, aggregator: str, reporters: Sequence[str]) -> Batch:
    """Unpack either packing and recover the signers."""
    kinds = ["uint64", "uint32", "bytes32[]", "bytes"]
    assert calldata[:4] == keccak(text=f"update({','.join(kinds)})")[:4]
    observed_at, bitmap, feeds, packed = decode(kinds, calldata[4:])
    signed = {}
    for price, signature in _reports(packed, bitmap.bit_count()):
        message = _message(aggregator, reporters, observed_at, feeds, price)
        signed[Account.recover_message(message, signature=signature)] = price
    return Batch(observed_at, bitmap, signed)


def _reports(packed: bytes, count: int) -> list[tuple[int, bytes]]:
    """Price and signature of each report on one feed, from 8 bytes a price or from 5 over a base."""
    wide = len(packed) == 1 + count * 72
    head, size, base = (1, 8, 0) if wide else (9, 5, int.from_bytes(packed[2:9], "big") + 1)
    assert len(packed) == head + count * (64 + size)
    rows = [packed[head + i * (64 + size) :][: 64 + size] for i in range(count)]
    return [(base + int.from_bytes(row[64:], "big"), _full(row[:64])) for row in rows]


def _full(compact: bytes) -> bytes:
    """A compact signature (EIP-2098) with its parity in a byte of its own."""
    vs = int.from_bytes(compact[32:], "big")
    return compact[:32] + (vs % 2**255).to_bytes(32, "big") + bytes([27 + (vs >> 255)])


def _message(aggregator: str, reporters: Sequence[str], at_s: int, feeds: Sequence[bytes], price: int) -> Any:
    digest = keccak(encode(["uint32", "address[]", "uint8"], [1, reporters, 2 * len(reporters) // 3 + 1]))
    domain = {"name": "Spotline", "version": "1", "chainId": 31337}
    domain |= {"verifyingContract": to_checksum_address(aggregator), "salt": digest}
    fields = {"observedAt": "uint64", "feedIds": "bytes32[]", "prices": "int64[]"}
    report = {"observedAt": at_s, "feedIds": list(feeds), "prices": [price]}
    kinds = {"Report": [{"name": name, "type": kind} for name, kind in fields.items()]}
    return encode_typed_data(domain, kinds, report)


# ---------------------------------------------------------------- the maker


@dataclass(frozen=True, slots=True)
class Maker:
    """A constant product; ``net`` is what traders have bought of it."""

    base: int
    price: int

    def cost(self, net: int, size: int) -> int:
        return self._quote(net + size) - self._quote(net)

    def mark(self, net: int) -> int:
        """With the feed's decimals."""
        return self._quote(net) * ONE // (self.base - net) // TO_FEED

    def _quote(self, net: int) -> int:
        return -(-self.base * (self.base * self.price // ONE) // (self.base - net))


# ---------------------------------------------------------------- funding


def clamp(value: int, bound: int) -> int:
    return max(-bound, min(bound, value))


@dataclass(frozen=True, slots=True)
class Terms:
    """A funding market's parameters that have a part in a rate."""

    interval_s: int
    realisation_s: int
    max_premium: int
    interest: int
    damping: int
    max_rate: int

    def premium(self, mark: int, index: int) -> int:
        return clamp((mark - index) * ONE // index, self.max_premium)

    def rate(self, mean: int) -> int:
        whole = mean + clamp(self.interest - mean, self.damping)
        return clamp(whole * EIGHT_HOURS_S // self.realisation_s, self.max_rate)

    def boundary(self, after_s: int) -> int:
        """The first multiple of the interval at least half of one later."""
        found = (after_s // self.interval_s + 1) * self.interval_s
        return found + self.interval_s * (2 * (found - after_s) < self.interval_s)


@dataclass(slots=True)
class Reckoning:
    """A funding market that never pauses, moved from accrual to accrual. ``fixed`` has (time, mean, coverage in bp, rate).

    ``index`` has the feed's decimals; ``longs`` and ``shorts`` are what a unit of either side has paid so far.
    """

    terms: Terms
    time: int
    index: int
    rate: int = 0
    longs: int = 0
    shorts: int = 0
    fixed: list[tuple[int, int, int, int]] = field(default_factory=list)
    start: int = 0
    end: int = 0
    weighed: int = 0
    covered: int = 0

    def __post_init__(self) -> None:
        self._begin(self.time)

    def accrue(self, at: int, premium: int, index: int, index_came_at: int) -> None:
        """Up to ``at``: with the old index until the new one came; the sample stands for the time since the last."""
        since = max(self.time, at - LONGEST_WEIGHT_S)
        self._to(max(self.time, index_came_at), premium, since)
        self.index = index
        self._to(at, premium, since)

    def _to(self, at: int, premium: int, since: int) -> None:
        while self.end <= at:
            self._pay(self.end, premium, since)
            self._fix()
        self._pay(at, premium, since)

    def _pay(self, until: int, premium: int, since: int) -> None:
        paid = self.rate * (until - self.time) * self.index * TO_FEED // (EIGHT_HOURS_S * ONE)
        self.longs += max(0, paid)
        self.shorts += max(0, -paid)
        seen = max(0, until - max(self.time, since))
        self.weighed += premium * seen
        self.covered += seen
        self.time = until

    def _fix(self) -> None:
        length = self.end - self.start
        mean = self.weighed // length
        self.rate = self.terms.rate(mean) if 2 * self.covered >= length else 0
        self.fixed.append((self.end, mean, self.covered * 10_000 // length, self.rate))
        self._begin(self.end)

    def _begin(self, at: int) -> None:
        self.start, self.end, self.weighed, self.covered = at, self.terms.boundary(at), 0, 0


# ---------------------------------------------------------------- a payment, in tokens


def fee(cost: int, bps: int) -> int:
    """Rounded up."""
    return -(-abs(cost) * bps // (10_000 * TO_TOKEN))


def debit(size: int, per_unit: int) -> int:
    """What a position of the paying side pays: rounded up."""
    return -(-size * per_unit // (ONE * TO_TOKEN))


def credit(size: int, per_unit: int, payers: int, receivers: int) -> int:
    """What a position of the other side gets of what the payers paid: its share rounded down, then the tokens."""
    return size * (per_unit * payers // receivers) // (ONE * TO_TOKEN)
