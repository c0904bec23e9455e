"""RPC endpoints lie, lag and talk nonsense: every answer is checked, every failure is one error. No socket is opened."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from web3.exceptions import Web3RPCError

from reporter.chain.aggregator import AggregatorReader
from reporter.chain.deployment import DeployedFeed, Deployment
from reporter.chain.endpoint import Block
from reporter.chain.rpc import Receipt, Rpc, SendRefused
from reporter.errors import ChainError
from tests.unit.peers import AGGREGATOR, REPORTERS

pytestmark = pytest.mark.unit
HASH = "0x" + "ab" * 32
BLOCK = {"number": "0x10", "timestamp": "0x65530000", "baseFeePerGas": "0x7"}
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
HEX = st.sampled_from(["0x", "0x-1", "0x" + "f" * 80])
KEYS = st.sampled_from([*BLOCK, "status", "logs"])
nonsense = st.recursive(
    SCALARS | HEX,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=8,
)
IMPOSSIBLE = (
    {"number": "0x" + "f" * 16},
    {"timestamp": "0x0", "number": None},
    {"timestamp": "0xffffffffff"},
    {"baseFeePerGas": "0x" + "f" * 40},
)


def rpc(*replies, chain_id=31337, **more):
    """Endpoints that answer each method from a dictionary: a value is the result, an exception is raised."""
    made = Rpc([f"http://node{n}.example/secret" for n in range(len(replies))], chain_id, **more)
    for node, answers in zip(made._nodes, replies, strict=True):
        node.provider.make_request = _answering({"eth_chainId": "0x7a69"} | answers)
    return made


def _answering(answers):
    async def make_request(method, params):
        answer = answers[method]
        if isinstance(answer, Exception):
            raise answer
        return {
            "jsonrpc": "2.0",
            "id": 1,
            **({"error": answer.args[0]} if isinstance(answer, Said) else {"result": answer}),
        }

    return make_request


class Said:
    """A JSON-RPC error."""

    def __init__(self, message, code=-32000):
        self.args = ({"code": code, "message": message},)


async def test_head__good_block__integers():
    assert await rpc({"eth_getBlockByNumber": BLOCK}).head() == Block(16, 0x65530000, 7)


@pytest.mark.parametrize("change", IMPOSSIBLE)
async def test_head__impossible_block__refused(change):
    with pytest.raises(ChainError, match="no RPC endpoint answered"):
        await rpc({"eth_getBlockByNumber": BLOCK | change}).head()


@given(nonsense)
async def test_any_read__nonsense__chain_error_or_checked_values(reply):
    node = rpc(
        {"eth_getBlockByNumber": reply, "eth_getTransactionReceipt": reply, "eth_getTransactionCount": reply}
    )
    for read in (node.head, lambda: node.receipt(HASH), lambda: node.nonce(REPORTERS[0])):
        try:
            found = await read()
        except ChainError:
            continue
        assert found is None or isinstance(found, Block | Receipt) or type(found) is int


@given(nonsense)
async def test_reader__nonsense_from_the_contract__chain_error(reply):
    node = rpc({"eth_getBlockByNumber": BLOCK, "eth_call": reply, "eth_getLogs": reply})
    feed = DeployedFeed("BTC/USD", AGGREGATOR, 8)
    reader = AggregatorReader(node, Deployment(31337, AGGREGATOR, {"BTC/USD": feed}, None, 0), ["BTC/USD"])
    with pytest.raises(ChainError):
        await reader.state(0)
    with contextlib.suppress(ChainError):
        assert await reader.rounds_since(1, 2) == []


async def test_read__first_endpoint_down__second_answers_and_is_asked_first_next():
    node = rpc({"eth_getBlockByNumber": ConnectionError("refused")}, {"eth_getBlockByNumber": BLOCK})
    await node.head()

    assert [health.state.value for health in node.health.values()] == ["dead", "alive"]
    assert node._place(1) < node._place(0)


async def test_read__wrong_chain__said_without_the_secret_path():
    with pytest.raises(ChainError, match="it is chain 1, not 31337") as raised:
        await rpc({"eth_chainId": "0x1", "eth_getBlockByNumber": BLOCK}).head()

    assert "node0.example" in str(raised.value)
    assert "secret" not in str(raised.value)


async def test_receipt__not_there__none():
    assert await rpc({"eth_getTransactionReceipt": None}).receipt(HASH) is None


@pytest.mark.parametrize(
    "text", ["transaction already imported", "already known", f"Known transaction: {HASH}"]
)
async def test_send__known_already__counts_as_sent(text):
    await rpc({"eth_sendRawTransaction": Said(text)}).send(b"\1")


async def test_send__one_of_two_takes_it__sent():
    await rpc({"eth_sendRawTransaction": Said("nonce too low")}, {"eth_sendRawTransaction": HASH}).send(b"\1")


async def test_send__all_refuse_in_words__refused_with_the_words():
    with pytest.raises(SendRefused, match="Insufficient funds for gas"):
        await rpc({"eth_sendRawTransaction": Said("Insufficient funds for gas * price + value")}).send(b"\1")


async def test_send__one_refuses_one_times_out__nobody_knows():
    node = rpc({"eth_sendRawTransaction": Said("nonce too low")}, {"eth_sendRawTransaction": TimeoutError()})
    with pytest.raises(ChainError) as raised:
        await node.send(b"\1")

    assert not isinstance(raised.value, SendRefused)
    assert Web3RPCError.__name__ not in str(raised.value)


@pytest.mark.parametrize(
    ("named", "believed"), [((7, 9), 9), ((7, 2**80), 7), ((2**80, 7), 7), ((1_001, 2**80), 2**80)]
)
async def test_base_fee__endpoints_differ__the_highest_that_we_could_pay(named, believed):
    replies = [{"eth_getBlockByNumber": BLOCK | {"baseFeePerGas": hex(fee)}} for fee in named]

    head = await rpc(*replies, most_base_fee=1_000).head()

    assert head.base_fee == believed
