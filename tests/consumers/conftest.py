"""One Anvil and one compilation for all; an oracle of its own for each test."""

from collections.abc import Iterator

import pytest

from reporter.devnet.tools import find_tools
from tests.consumers.chain import Chain, anvil
from tests.consumers.compilers import THEIRS, Artifact, compile_contracts, find_node, ours
from tests.consumers.oracle import Oracle, deploy_oracle


@pytest.fixture(scope="session")
def artifacts() -> dict[str, Artifact]:
    node = find_node(find_tools("anvil").env["PATH"])
    made = [compile_contracts(compilation, node) for compilation in (ours(), *THEIRS)]
    return {name: artifact for one in made for name, artifact in one.items()}


@pytest.fixture(scope="session")
def chain() -> Iterator[Chain]:
    with anvil() as running:
        yield running


@pytest.fixture
def oracle(chain: Chain, artifacts: dict[str, Artifact]) -> Oracle:
    return deploy_oracle(chain, artifacts)
