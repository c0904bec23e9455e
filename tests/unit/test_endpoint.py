"""Which RPC endpoint is believed: judged by what all of them say of the newest block."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reporter.chain.answers import Answer, meaning
from reporter.chain.endpoint import Block, State, judge

pytestmark = pytest.mark.unit
NOW_S = 1_700_000_000
BLOCK_S = 12
GOOD = Block(1_000, NOW_S - 6, 7)


def states(*heads):
    return [health and health.state.value for health in judge(heads, NOW_S, BLOCK_S)]


@pytest.mark.parametrize(
    ("heads", "expected"),
    [
        ([GOOD], ["alive"]),
        ([GOOD, None], ["alive", None]),
        ([None], [None]),
        ([GOOD, Block(998, NOW_S - 30, 7)], ["alive", "alive"]),  # two blocks are nothing
        ([GOOD, Block(990, NOW_S - 126, 7)], ["alive", "lagging"]),
        ([Block(990, NOW_S - 126, 7), GOOD], ["lagging", "alive"]),
        ([Block(990, NOW_S - 126, 7)], ["alive"]),  # nobody knows better
        ([Block(2**62, NOW_S, 7), GOOD], ["alive", "alive"]),  # one of two lies, and nobody knows which
        ([Block(2**62, NOW_S, 7), GOOD, GOOD], ["dead", "alive", "alive"]),
        ([Block(1_001, NOW_S + 16, 7), GOOD], ["dead", "alive"]),
        ([Block(1_001, NOW_S + 3_600, 7)], ["alive"]),  # a test chain may be ahead of us
        ([Block(0, 0, 0), GOOD, GOOD], ["lagging", "alive", "alive"]),
    ],
)
def test_judge__what_they_say__who_is_believed(heads, expected):
    assert states(*heads) == expected


def test_judge__each_bad_state__says_how_far():
    found = judge([Block(990, NOW_S - 126, 7), Block(2_000, NOW_S, 7), GOOD, GOOD], NOW_S, BLOCK_S)

    assert [health.why for health in found if health] == [
        "10 blocks and 120 s behind",
        "its block 2000 is 1000 ahead of all others",
        "",
        "",
    ]


@given(
    st.lists(
        st.builds(Block, st.integers(990, 1_000), st.integers(NOW_S - 200, NOW_S), st.just(7)),
        min_size=2,
        max_size=5,
    ),
    st.builds(Block, st.integers(0, 2**63), st.integers(0, 2**32), st.integers(0, 2**100)),
)
def test_judge__one_liar_among_three_or_more__never_makes_all_the_honest_unusable(honest, liar):
    found = judge([liar, *honest], NOW_S, BLOCK_S)

    assert any(health is not None and health.state is State.ALIVE for health in found[1:])


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        ("transaction already imported", Answer.ACCEPTED),
        ("Known transaction: 0xab", Answer.ACCEPTED),
        ("replacement transaction underpriced", Answer.UNDERPRICED),
        (
            "Replacement transaction underpriced. A gasPrice/maxFeePerGas of at least 5 is necessary",
            Answer.UNDERPRICED,
        ),
        ("nonce too low", Answer.NONCE_USED),
        ("Transaction nonce too low. Expected nonce to be at least 1 but got 0.", Answer.NONCE_USED),
        ("max fee per gas less than block base fee", Answer.UNDER_BASE_FEE),
        ("Insufficient funds for gas * price + value", Answer.NO_FUNDS),
        ("Sender doesn't have enough funds to send tx", Answer.NO_FUNDS),
        ("invalid chain id for signer", Answer.WRONG_CHAIN),
        ("the dog ate it", Answer.REFUSED),
        ("", Answer.REFUSED),
    ],
)
def test_meaning__words_of_several_nodes__one_answer(said, answer):
    assert meaning(said) is answer
