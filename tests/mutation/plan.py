"""Which tests are asked, in which order. The first that fails ends it."""

from dataclasses import dataclass

TESTS = "tests/solidity"
# The quickest to fail for a contract; all others follow. What is not named here starts with all.
FIRST: dict[str, tuple[str, ...]] = {
    "Aggregator": ("AggregatorUpdate", "AggregatorAdmin", "AttacksEvidence"),
    "Feed": ("Feed", "FeedFaces"),
    "FeedMark": ("FeedFaces", "PerpetualFundingMarkets"),
    "Management": ("AggregatorAdmin",),
    "ImpactMark": ("ImpactMark",),
    "PerpetualFunding": ("PerpetualFunding", "PerpetualFundingMarkets", "PerpetualFundingParams"),
    "Rounds": ("AggregatorReads", "AggregatorUpdate", "AggregatorAdmin", "RoundsMemory"),
    "SequencerGuard": ("SequencerGuard",),
    "SafeConsumer": ("SafeConsumer",),
    "FundingConsumer": ("FundingConsumer",),
    "BatchVerifier": ("AggregatorUpdate", "AttacksSignatures", "BatchVerifier"),
    "BoundedCall": ("SequencerGuard",),
    "Config": ("Config", "AggregatorAdmin"),
    "FundingClock": ("PerpetualFunding", "PerpetualFundingMarkets", "PerpetualFundingParams"),
    "FundingPresets": ("PerpetualFundingParams",),
    "FundingMath": ("FundingMath",),
    "FundingRules": ("PerpetualFundingMarkets",),
    "NarrowRanking": ("RankingNarrow", "AttacksNarrow"),
    "Observations": ("Observations",),
    "Ranking": ("Ranking", "AggregatorUpdate"),
    "ReportHash": ("ReportHash",),
    "ReporterSet": ("AggregatorAdmin", "AggregatorReplay"),
    "Round": ("Round", "AggregatorReads", "AggregatorUpdate"),
}
SLOW = "testFuzz|ring_wrapped|three_hundred"  # a fault that a plain test sees is not worth their seconds
# Every list of up to seven prices takes a minute and more gas than the profile gives: asked last, and of the ranks only.
EXHAUSTIVE = "Ranking*Exhaustive"
RANKS = ("Ranking", "NarrowRanking")
FIGURES = "FundingReadsGas"
"""Gas to within 2 %, which holds for the code as it is deployed and for no other optimizer."""


@dataclass(frozen=True, slots=True)
class Stage:
    """One run of forge: its arguments, and what it finds in the environment."""

    arguments: tuple[str, ...]
    environment: tuple[tuple[str, str], ...] = ()


EVERYTHING = Stage(("--no-match-path", f"{TESTS}/{{{EXHAUSTIVE},{FIGURES}}}.t.sol"))
EVERY_LIST = Stage(("--match-path", f"{TESTS}/{EXHAUSTIVE}.t.sol"), (("FOUNDRY_GAS_LIMIT", "50000000000"),))


def stages(contract: str) -> list[Stage]:
    """What to ask about a fault in a contract."""
    first = FIRST.get(contract, ())
    names = first[0] if len(first) == 1 else f"{{{','.join(first)}}}"
    opening = [Stage(("--match-path", f"{TESTS}/{names}.t.sol", "--no-match-test", SLOW))] if first else []
    return [*opening, EVERYTHING, *([EVERY_LIST] if contract in RANKS else [])]
