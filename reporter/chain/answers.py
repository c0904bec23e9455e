"""What an endpoint says to a transaction, in its own words, and what it means. Nodes differ, so by a table of all of them.

Sources: geth's core/txpool errors, Anvil 1.7, Hardhat 2 and 3; tests/system/test_send_answers.py asks the last two.
"""

from enum import StrEnum


class Answer(StrEnum):
    """What became of a transaction at one endpoint."""

    ACCEPTED = "accepted"
    NONCE_USED = "nonce used"
    UNDERPRICED = "underpriced"
    UNDER_BASE_FEE = "under the base fee"
    NO_FUNDS = "no funds"
    WRONG_CHAIN = "wrong chain"
    REFUSED = "refused"
    UNKNOWN = "unknown"

    @property
    def definite(self) -> bool:
        """The endpoint did not take it, and said so."""
        return self not in (Answer.ACCEPTED, Answer.UNKNOWN)


_WORDS: tuple[tuple[Answer, tuple[str, ...]], ...] = (
    (Answer.ACCEPTED, ("already imported", "already known", "known transaction", "alreadyknown")),
    (Answer.NONCE_USED, ("nonce too low", "nonce is too low", "oldnonce", "nonce has already been used")),
    (Answer.UNDERPRICED, ("replacement transaction underpriced", "underpriced", "feetoolowtocompete")),
    (
        Answer.UNDER_BASE_FEE,
        ("less than block base fee", "lower than the block base fee", "too low for the next block"),
    ),
    (Answer.NO_FUNDS, ("insufficient funds", "doesn't have enough funds", "insufficient balance")),
    (Answer.WRONG_CHAIN, ("invalid chain id", "invalid chainid", "incompatible eip155", "wrong chain")),
)


def meaning(said: str) -> Answer:
    """What an endpoint's refusal means; ``REFUSED`` for words that nobody knows."""
    words = said.lower()
    for answer, texts in _WORDS:
        if any(text in words for text in texts):
            return answer
    return Answer.REFUSED
