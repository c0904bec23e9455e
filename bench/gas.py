"""What the contracts cost: receipt gas of updates, gas of reads, bytes on a rollup. See ``bench/gas.md``.

python bench/gas.py [--json]

Writes ``build/gas.json`` and the tables of ``bench/gas.md``. Two runs on the same contracts give the same figures.
"""

import asyncio
import json
import sys
from typing import Any

from gas_chain import ROOT, Chain, anvil, build
from gas_funding import funding_gas
from gas_l2 import weigh
from gas_measure import RING, compare_laps, deploy, update_gas, wrap
from gas_reads import read_gas, twap_window_gas
from gas_table import FEEDS, SIGNATURES, tables, write_page

OUT = ROOT / "build" / "gas.json"
# The deploy script's quorum, floor(2n/3) + 1, of the sets that it makes from 5, 9, 18 and 30 reporters.
DEFAULT_QUORUMS = {4: 5, 7: 9, 13: 18, 21: 30}


async def measure() -> dict[str, Any]:
    """Every figure, in the form of ``build/gas.json``."""
    figures: dict[str, Any] = {
        "update": {str(f): {} for f in FEEDS},
        "read": {},
        "l2": {str(f): {} for f in FEEDS},
        "default_quorum": {},
        "funding": {},
    }
    async with anvil() as chain:
        for signatures in SIGNATURES:
            await _grid(chain, signatures, figures)
        for signatures, reporters in DEFAULT_QUORUMS.items():
            gas = await update_gas(await deploy(chain, reporters, signatures), 1)
            figures["default_quorum"][str(signatures)] = {"reporters": reporters, "steady": gas.steady}
        _say("accruals")
        figures["funding"] = await funding_gas(await deploy(chain, 4, 4))
        figures["read"] = await _wrapped(chain)
    return figures


async def _grid(chain: Chain, signatures: int, figures: dict[str, Any]) -> None:
    _say(f"updates with {signatures} signatures")
    for feeds in FEEDS:
        site = await deploy(chain, signatures, signatures)
        gas = await update_gas(site, feeds)
        figures["update"][str(feeds)][str(signatures)] = {"first_lap": gas.first_lap, "steady": gas.steady}
        figures["l2"][str(feeds)][str(signatures)] = await weigh(site, feeds)


async def _wrapped(chain: Chain) -> dict[str, int]:
    """The reads on a ring that was really wrapped, and the proof that filling a slot gives the gas of wrapping."""
    _say(f"{RING:,} rounds, to wrap a ring")
    site = await deploy(chain, 4, 4)
    start = await chain.snapshot()
    await wrap(site)
    _say("reads")
    read = await read_gas(site, 1 + RING) | {"twap_window": await twap_window_gas(site)}
    lap = await compare_laps(site, start)
    if lap.wrapped != lap.filled:
        raise RuntimeError(f"a filled slot does not cost what a wrapped ring does: {lap}")
    return read


def _say(what: str) -> None:
    print(what, file=sys.stderr)


def main() -> None:
    build()
    figures = asyncio.run(measure())
    text = tables(figures)
    OUT.write_text(json.dumps(figures, indent=1) + "\n")
    write_page(text)
    print(json.dumps(figures) if "--json" in sys.argv else text)


if __name__ == "__main__":
    main()
