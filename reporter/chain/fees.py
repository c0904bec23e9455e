"""EIP-1559 fees of our transactions: pure integers, with the rule of replacement and a cap.

Nodes refuse a transaction with a nonce they hold unless both fees rise: by 10 % on Hardhat and geth, by anything on Anvil.
We raise by 12.5 %.
"""

from dataclasses import dataclass

from reporter.errors import ChainError

MIN_PRIORITY_FEE_WEI = 10**7


class OverCap(ChainError):
    """The fee that is needed is over the cap of the configuration."""


@dataclass(frozen=True, slots=True)
class Fees:
    """Wei per gas."""

    max_fee: int
    priority_fee: int


@dataclass(frozen=True, slots=True)
class FeeRules:
    """The most we pay, wei per gas: in all, and to the block's proposer (but for the raise of a replacement)."""

    max_fee: int
    max_priority_fee: int


def fees_for(base_fee: int, priority_fee: int, replaced: Fees | None, rules: FeeRules) -> Fees:
    """Room for the base fee to double, and 12.5 % over what the transaction replaces, as far as the cap allows.

    Args:
        base_fee: Of the newest block, wei.
        priority_fee: What others pay; we pay that, within 0.01 gwei and our own limit.
        replaced: The fees last used with the same nonce, None for a fresh one.

    Raises:
        OverCap: The base fee alone is over the cap.
    """
    priority = max(MIN_PRIORITY_FEE_WEI, min(priority_fee, rules.max_priority_fee))
    if base_fee + MIN_PRIORITY_FEE_WEI > rules.max_fee:
        raise OverCap(
            f"the base fee is {base_fee} wei, over the cap of {rules.max_fee} wei",
            hint="wait, or raise chain.max_fee_gwei",
        )
    max_fee = 2 * base_fee + priority
    if replaced is not None:
        max_fee, priority = (
            max(max_fee, _raised(replaced.max_fee)),
            max(priority, _raised(replaced.priority_fee)),
        )
    # At the cap we pay the cap: what is replaced may be gone, and the nonce must pass.
    max_fee = min(max_fee, rules.max_fee)
    return Fees(max_fee, min(max_fee, priority))


def refuse_small_raise(fees: Fees, replaced: Fees, rules: FeeRules) -> None:
    """A person who asks for a dearer transaction gets one that every node takes as a replacement, or hears why not.

    Raises:
        OverCap: The cap leaves less than 12.5 %.
    """
    needed = _raised(replaced.max_fee)
    if fees.max_fee < needed or fees.priority_fee < _raised(replaced.priority_fee):
        raise OverCap(
            f"the cap is reached: the transaction pays {replaced.max_fee} wei, its replacement would have to pay "
            f"{needed} wei, the cap is {rules.max_fee} wei",
            hint="raise chain.max_fee_gwei and reload the configuration, or wait",
        )


def _raised(fee: int) -> int:
    return -(-fee * 9 // 8)  # 12.5 %, rounded up
