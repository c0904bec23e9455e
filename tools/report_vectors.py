"""Write tests/vectors/report_hash.json: digests and signatures made by eth-account, which shares no code with ours."""

import json
import random
from pathlib import Path

from eth_account import Account
from eth_account.messages import encode_typed_data
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak

from reporter.keys import compact
from reporter.models import Report, feed_id
from reporter.report import Domain, config_digest, typed_data

FEEDS = ["BTC/USD", "ETH/USD", "USDT/USD", "BTC/USD-PERP", "A", "0123456789abcdef0123456789ABCDEF"]


def case(rng: random.Random) -> dict[str, object]:
    count = rng.randint(1, 31)
    keys = [rng.randbytes(32) for _ in range(count)]
    reporters = [Account.from_key(k).address for k in keys]
    quorum, signer = rng.randint(count // 2 + 1, count), rng.randrange(count)
    feeds = rng.sample(FEEDS, rng.randint(1, len(FEEDS)))
    prices = [rng.choice([0, 1, 2**63 - 1, rng.randrange(2**63), rng.randrange(10**13)]) for _ in feeds]
    report = Report(rng.randrange(1, 2**32), tuple(map(feed_id, feeds)), tuple(prices))
    config_count, contract = rng.randint(1, 9), to_checksum_address(rng.randbytes(20))
    digest = config_digest(config_count, reporters, quorum)
    domain = Domain(rng.choice([1, 31337, 8453, 2**63 - 1]), contract, digest)
    message = encode_typed_data(full_message=typed_data(domain, report))
    signed = Account.sign_message(message, keys[signer])
    signature = compact(signed.r.to_bytes(32, "big"), signed.s.to_bytes(32, "big"), signed.v - 27)
    return {
        "chainId": domain.chain_id,
        "verifyingContract": domain.aggregator,
        "configCount": config_count,
        "configDigest": _hex(digest),
        "reporters": reporters,
        "quorum": quorum,
        "observedAt": report.observed_at,
        "feedIds": [_hex(f) for f in report.feed_ids],
        "prices": list(report.prices),
        "domainSeparator": _hex(message.header),
        "structHash": _hex(message.body),
        "digest": _hex(keccak(b"\x19" + message.version + message.header + message.body)),
        "r": _hex(signature[:32]),
        "vs": _hex(signature[32:]),
        "signer": reporters[signer],
    }


def _hex(data: bytes) -> str:
    return "0x" + data.hex()


def main() -> None:
    rng = random.Random(712)
    cases = [case(rng) for _ in range(40)]
    path = Path(__file__).parent.parent / "tests" / "vectors" / "report_hash.json"
    path.write_text(json.dumps({"cases": cases}, indent=1) + "\n")
    print(f"{len(cases)} cases -> {path.name}")


if __name__ == "__main__":
    main()
