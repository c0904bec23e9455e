import json

import pytest
from conftest import ROOT

pytestmark = pytest.mark.chain


@pytest.mark.parametrize("contract", ["Aggregator", "Feed", "PerpetualFunding", "PerpetualMarket"])
def test_abi__shipped_file__then_is_what_the_contract_compiles_to(abi_tool, project, contract):
    compiled = [
        entry.model_dump(mode="json", by_alias=True) for entry in getattr(project, contract).contract_type.abi
    ]

    shipped = json.loads((ROOT / "reporter" / "abi" / f"{contract}.json").read_text())

    assert signatures(shipped) == signatures(compiled), "run `make abi`"
    assert shipped == abi_tool.sorted_abi(shipped)


def signatures(abi: list[dict]) -> list[tuple]:
    """What a caller depends on: kind, name, inputs with their names and indexing, outputs, mutability."""
    return sorted(
        (
            entry["type"],
            entry.get("name") or "",
            str(parameters(entry.get("inputs") or [])),
            str(parameters(entry.get("outputs") or [])),
            entry.get("stateMutability") or "",
        )
        for entry in abi
    )


def parameters(given: list[dict]) -> list[tuple]:
    return [
        (p.get("name") or "", p["type"], bool(p.get("indexed")), parameters(p.get("components") or []))
        for p in given
    ]
