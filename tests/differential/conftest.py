"""The bench's chain: one Anvil, one transaction a block, at a time that is told."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "bench"))


@pytest.fixture(scope="session", autouse=True)
def _compiled() -> None:
    from gas_chain import build

    build("tests/solidity/TwinProbe.sol", "tests/solidity/FundingProbe.sol")
