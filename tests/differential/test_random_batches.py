"""Python against Solidity on random input: 10,000 columns of prices through ``update``, 10,000 digests.

The seed is fixed here; ``SPOTLINE_SEED`` sets another one, and a failure names it.
"""

import asyncio
import os
from random import Random

import pytest
from eth_abi.abi import decode, encode
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak
from gas_chain import Chain, anvil

from reporter.models import Report, feed_id
from reporter.report import (
    BASE_LIMIT,
    LANE_LIMIT,
    MAX_PRICE,
    Domain,
    config_digest,
    is_narrow,
    report_digest,
)

from .site import Round, Site, deploy, expected

pytestmark = pytest.mark.chain

SEED = int(os.environ.get("SPOTLINE_SEED", "20240313"))
VECTORS = 10_000
FEEDS = tuple(feed_id(f"F{i}/USD") for i in range(40))
MOST_REPORTERS = 31
A_CALL = 250
VECTOR = "(uint256,address,uint32,address[],uint8,uint64,bytes32[],int64[])"
EDGES = (0, 1, 2, MAX_PRICE - 1, MAX_PRICE)


# ---------------------------------------------------------------- medians


def random_column(rng: Random, reports: int) -> list[int]:
    """Close prices with ties, anything, edges or many abstentions."""
    kind = rng.randrange(4)
    if kind == 0:
        middle = rng.randrange(1, 2**50)
        return [middle + rng.randrange(3) for _ in range(reports)]
    if kind == 1:
        return [rng.randrange(1, MAX_PRICE + 1) for _ in range(reports)]
    if kind == 2:
        return [rng.choice(EDGES) for _ in range(reports)]
    return [rng.randrange(1, 1000) if rng.random() < 0.7 else 0 for _ in range(reports)]


def close_column(rng: Random, reports: int) -> list[int]:
    """What the narrow packing can hold: ties, any prices within the limits, edges of the limits."""
    lowest = rng.choice((rng.randrange(1, 2**20), rng.randrange(1, BASE_LIMIT), BASE_LIMIT))
    most = min(lowest, LANE_LIMIT) - 1
    choices = rng.choice((range(min(3, most + 1)), range(most + 1), (0, most)))
    column = [lowest, *(lowest + rng.choice(choices) for _ in range(reports - 1))]
    rng.shuffle(column)
    return column


def random_rows(rng: Random, site: Site) -> dict[int, list[int]]:
    """Any quorum of the set, in either packing; the first feed always advances, or the batch could be refused as a whole."""
    reports = rng.randint(site.quorum, len(site.signers))
    bits = sorted(rng.sample(range(len(site.signers)), reports))
    column = rng.choice((random_column, close_column))
    columns = [[7] * reports, *(column(rng, reports) for _ in site.feed_ids[1:])]
    return {bit: [column[j] for column in columns] for j, bit in enumerate(bits)}


async def one_batch(rng: Random, site: Site, before: list[Round]) -> tuple[list[Round], list[Round], bool]:
    """What is stored after a random batch, what should be, and whether it was packed narrowly."""
    rows = random_rows(rng, site)
    times = await site.update(rows)
    columns = list(zip(*(rows[bit] for bit in sorted(rows)), strict=True))
    wanted = [expected(old, column, site.quorum, times) for old, column in zip(before, columns, strict=True)]
    return await site.rounds(), wanted, is_narrow(site.signed(rows))


async def compare_medians(rng: Random) -> dict[bool, int]:
    """Batches on sets of 1 to 31 reporters in turn, until enough columns have been compared; how many by packing."""
    compared = {False: 0, True: 0}
    async with anvil() as chain:
        sites = [await deploy(chain, n, n // 2 + 1, FEEDS) for n in range(1, MOST_REPORTERS + 1)]
        stored = [await site.rounds() for site in sites]
        while (done := sum(compared.values())) < VECTORS:
            i = done // len(FEEDS) % len(sites)
            stored[i], wanted, narrow = await one_batch(rng, sites[i], stored[i])
            assert stored[i] == wanted, f"seed {SEED}, batch {done // len(FEEDS)}"
            compared[narrow] += len(FEEDS)
    return compared


def test_update__ten_thousand_random_columns__then_python_sorts_the_same_rounds():
    compared = asyncio.run(compare_medians(Random(SEED)))

    assert compared[True] >= VECTORS // 3
    assert compared[False] >= VECTORS // 3


# ---------------------------------------------------------------- digests


def random_vector(rng: Random) -> tuple[object, ...]:
    feeds = rng.randint(1, 20)
    reporters = [to_checksum_address(rng.randbytes(20)) for _ in range(rng.randint(1, 5))]
    return (
        rng.randrange(2 ** rng.choice((8, 64, 256))),
        to_checksum_address(rng.randbytes(20)),
        rng.randrange(2**32),
        reporters,
        rng.randrange(256),
        rng.randrange(1, 2**32),
        [rng.randbytes(32) for _ in range(feeds)],
        [rng.choice(EDGES) if rng.random() < 0.2 else rng.randrange(MAX_PRICE + 1) for _ in range(feeds)],
    )


def python_digest(vector: tuple[object, ...]) -> bytes:
    chain_id, contract, count, reporters, quorum, observed_at, feed_ids, prices = vector
    domain = Domain(chain_id, contract, config_digest(count, reporters, quorum))
    return report_digest(domain.separator(), Report(observed_at, tuple(feed_ids), tuple(prices)))


async def solidity_digests(chain: Chain, probe: str, vectors: list[tuple[object, ...]]) -> list[bytes]:
    selector = keccak(text=f"digests({VECTOR}[])")[:4]
    answer = await chain.call(probe, selector + encode([f"{VECTOR}[]"], [vectors]))
    return list(decode(["bytes32[]"], answer)[0])


async def compare_digests(rng: Random) -> int:
    seen = set()
    async with anvil() as chain:
        probe = await chain.deploy("TwinProbe")
        for _ in range(VECTORS // A_CALL):
            vectors = [random_vector(rng) for _ in range(A_CALL)]
            digests = await solidity_digests(chain, probe, vectors)
            assert digests == [python_digest(vector) for vector in vectors], f"seed {SEED}"
            seen.update(digests)
    return len(seen)


def test_digest__ten_thousand_random_reports__then_both_languages_sign_the_same_bytes():
    assert asyncio.run(compare_digests(Random(SEED))) == VECTORS
