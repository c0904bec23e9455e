"""The two packings of a batch, taken apart here as the NatSpec of ``IAggregator.update`` says."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reporter.models import Report, SignedReport, feed_id
from reporter.report import (
    BASE_LIMIT,
    LANE_LIMIT,
    MAX_PRICE,
    NARROW_FEEDS,
    is_narrow,
    median_positions,
    pack_narrow,
    pack_observations,
    pack_wide,
    reporter_median,
)

pytestmark = pytest.mark.unit
HEAD = 9


def _signed(rows):
    feeds = tuple(feed_id(f"F{i}") for i in range(len(rows[0])))
    return [
        SignedReport(Report(1, feeds, tuple(row)), bytes([i + 1]) * 64, "0x") for i, row in enumerate(rows)
    ]


def _numbers(packed, size):
    return [int.from_bytes(packed[i : i + size], "big") for i in range(0, len(packed), size)]


def _reports(packed, reports, price_bytes, feeds):
    """Signature and numbers of each report."""
    size = 64 + price_bytes * feeds
    assert len(packed) == reports * size
    pieces = [packed[i : i + size] for i in range(0, len(packed), size)]
    return [(piece[:64], _numbers(piece[64:], price_bytes)) for piece in pieces]


def _prices(packed, reports, feeds):
    """The prices of a narrow batch by report, and its named medians and highest prices by feed."""
    heads = [packed[HEAD * f : HEAD * (f + 1)] for f in range(feeds)]
    bases = [int.from_bytes(head[2:], "big") for head in heads]
    lanes = [numbers for _, numbers in _reports(packed[HEAD * feeds :], reports, 5, feeds)]
    assert all(lane < LANE_LIMIT for row in lanes for lane in row)
    rows = [[base + 1 + lane for base, lane in zip(bases, row, strict=True)] for row in lanes]
    named = [(rows[head[0]][f], rows[head[1]][f]) for f, head in enumerate(heads)]
    return rows, bases, named


@st.composite
def close_batches(draw):
    """Rows of prices as the narrow packing takes them."""
    feeds, reports = draw(st.integers(NARROW_FEEDS, 12)), draw(st.integers(1, 31))
    columns = []
    for _ in range(feeds):
        lowest = draw(st.integers(1, BASE_LIMIT))
        most = min(lowest, LANE_LIMIT) - 1
        columns.append(
            [lowest, *draw(st.lists(st.integers(lowest, lowest + most), min_size=30, max_size=30))]
        )
    return [[column[i] for column in columns] for i in range(reports)]


@given(close_batches())
def test_pack_narrow__close_prices__all_come_back_with_their_lowest_median_and_highest(rows):
    signed = _signed(rows)

    packed = pack_observations(signed)

    unpacked, bases, named = _prices(packed, len(rows), len(rows[0]))
    assert unpacked == rows
    for column, base, (median, highest) in zip(zip(*rows, strict=True), bases, named, strict=True):
        assert base == min(column) - 1
        assert median == reporter_median(column)
        assert highest == max(column)
    start = HEAD * len(rows[0])
    assert [signature for signature, _ in _reports(packed[start:], len(rows), 5, len(rows[0]))] == [
        s.signature for s in signed
    ]


@given(st.lists(st.lists(st.integers(0, MAX_PRICE), min_size=4, max_size=4), min_size=1, max_size=31))
def test_pack_wide__any_prices__all_come_back(rows):
    signed = _signed(rows)

    packed = pack_wide(signed)

    assert packed[:4] == median_positions(signed)
    assert _reports(packed[4:], len(rows), 8, 4) == [
        (s.signature, row) for s, row in zip(signed, rows, strict=True)
    ]


@pytest.mark.parametrize(
    ("column", "narrow"),
    [
        ((1, 1), True),
        ((1, 2), False),  # spread of the lowest price
        ((100, 199), True),
        ((100, 200), False),
        ((0, 5), False),  # an abstention
        ((2**50, 2**50 + LANE_LIMIT - 1), True),
        ((2**50, 2**50 + LANE_LIMIT), False),
        ((BASE_LIMIT, BASE_LIMIT), True),
        ((BASE_LIMIT + 1, BASE_LIMIT + 1), False),
        ((64_000 * 10**8, MAX_PRICE), False),  # one who lies
    ],
)
def test_pack_observations__feed_at_a_limit__narrow_only_if_it_fits(column, narrow):
    signed = _signed([(price, 5, 5) for price in column])

    packed = pack_observations(signed)

    assert is_narrow(signed) == narrow
    assert packed == (pack_narrow(signed) if narrow else pack_wide(signed))


@pytest.mark.parametrize(("feeds", "narrow"), [(1, False), (2, False), (3, True), (20, True)])
def test_pack_observations__close_prices__narrow_from_three_feeds_on(feeds, narrow):
    signed = _signed([(1000,) * feeds, (1001,) * feeds])

    assert is_narrow(signed) == narrow
    assert (len(pack_observations(signed)) == HEAD * feeds + 2 * (64 + 5 * feeds)) == narrow


@given(st.integers(1, 2**64), st.integers(0, 32))
def test_lengths__any_shape__never_equal(feeds, reports):
    assert feeds + reports * (64 + 8 * feeds) != HEAD * feeds + reports * (64 + 5 * feeds)
