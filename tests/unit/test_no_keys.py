"""No private key lies in the tree: every text of 64 hex digits in a tracked file is known by what it is."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from eth_account import Account
from eth_utils.crypto import keccak

from reporter.keys.signature import N
from reporter.report import REPORT_TYPEHASH

pytestmark = pytest.mark.unit

ROOT = Path(__file__).resolve().parents[2]
WORD = re.compile(r"(?<![0-9a-fA-F])(?:0x)?([0-9a-fA-F]{64})(?![0-9a-fA-F])")
ROUND_ACCEPTED = "5239b6f1139c4c67595aa2b398c1a2e394c7ff863a52ead67ccf08932faecf61"
PUBLISHED_KEY = "4c0883a69102937d6231471b5dbb6204fe5129617082792ae468d01a3f362318"
"""The key in web3.js' documentation; a canary in test_words."""
ANVIL = "test test test test test test test test test test test junk"


def anvil_keys() -> set[str]:
    """The ten keys that every Anvil has."""
    Account.enable_unaudited_hdwallet_features()
    return {Account.from_mnemonic(ANVIL, account_path=f"m/44'/60'/0'/0/{n}").key.hex() for n in range(10)}


KNOWN = {f"{N:064x}", REPORT_TYPEHASH.hex(), ROUND_ACCEPTED, PUBLISHED_KEY} | anvil_keys()


def words(text: str) -> Iterator[tuple[str, str]]:
    """Each word of 32 bytes, in small letters, and what stands before it."""
    for found in WORD.finditer(text):
        yield found[1].lower(), text[max(0, found.start() - 12) : found.start()]


def strangers(name: str, text: str) -> list[str]:
    """The words of a file that may be keys: not known, no mask, no hash of a lock file, no field of a vector."""
    found = []
    for word, before in words(text):
        is_mask = len(set(word)) <= 5
        is_lock = "sha256:" in before
        if not (
            word in KNOWN
            or is_mask
            or is_lock
            or (name.startswith("tests/vectors/") and name.endswith(".json"))
        ):
            found.append(f"{name}: {word[:6]}…")
    return found


def tracked() -> list[str]:
    listed = subprocess.run(["git", "ls-files", "-z"], capture_output=True, cwd=ROOT, check=False)
    if listed.returncode:
        pytest.skip("not a clone: there is no list of files")
    return [name for name in listed.stdout.decode().split("\0") if name and (ROOT / name).is_file()]


def test_tree__every_tracked_file__no_word_that_may_be_a_key() -> None:
    texts = {name: (ROOT / name).read_text(encoding="utf-8", errors="replace") for name in tracked()}

    assert len(texts) > 100
    assert [stranger for name, text in texts.items() for stranger in strangers(name, text)] == []


def test_vectors__fields_of_32_bytes__none_is_called_a_key() -> None:
    for path in (ROOT / "tests" / "vectors").glob("*.json"):
        text = path.read_text(encoding="utf-8")

        assert not re.search(r'"\w*(key|secret|private|seed|mnemonic)\w*"\s*:', text, re.IGNORECASE), (
            path.name
        )


@pytest.mark.parametrize("dress", ["{}", "0x{}", "KEY={}", '"{}"', "https://h/{}"])
def test_strangers__a_key_in_any_dress__found(dress: str) -> None:
    key = keccak(b"not a key").hex()

    assert strangers("reporter/x.py", dress.format(key)) == [f"reporter/x.py: {key[:6]}…"]
    assert strangers("README.md", dress.format(key.upper())) == [f"README.md: {key[:6]}…"]
