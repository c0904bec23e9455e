"""EIP-1559 fees of our transactions: pure integers, with the rule of replacement and a cap.

Nodes refuse a transaction with a nonce they hold unless both fees rise, by 10 % on Hardhat and geth; we raise by 12.5 %.
"""

from dataclasses import dataclass

from reporter.errors import ChainError

PRIORITY_FEE_WEI = 10**9


@dataclass(frozen=True, slots=True)
class Fees:
    """Wei per gas."""

    max_fee: int
    priority_fee: int


def fees_for(base_fee: int, replaced: Fees | None, cap: int) -> Fees:
    """Room for the base fee to double, and 12.5 % over what the transaction replaces, as far as the cap allows.

    Args:
        base_fee: Of the newest block, wei.
        replaced: The fees last used with the same nonce, None for a fresh one.
        cap: The most we pay per gas, wei.

    Raises:
        ChainError: It would take more than the cap.
    """
    max_fee, priority = 2 * base_fee + PRIORITY_FEE_WEI, PRIORITY_FEE_WEI
    if replaced is not None and max_fee <= cap:
        max_fee = min(cap, max(max_fee, _raised(replaced.max_fee)))
        priority = min(max_fee, _raised(replaced.priority_fee))
    if max_fee > cap:
        raise ChainError(
            f"a base fee of {base_fee} wei needs a fee of {max_fee} wei, over the cap of {cap} wei",
            hint="wait, or raise chain.max_fee_gwei",
        )
    return Fees(max_fee, priority)


def _raised(fee: int) -> int:
    return -(-fee * 9 // 8)  # 12.5 %, rounded up
