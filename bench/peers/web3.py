"""web3.py as its manual has it: build, sign, send. RPC calls of a transaction, milliseconds. Argument: the RPC endpoint."""

import json
import sys
import time
import urllib.request
from statistics import median

from eth_account import Account
from web3 import HTTPProvider, Web3

RUNS = 15
ABI = [
    {
        "type": "function",
        "name": "update",
        "stateMutability": "nonpayable",
        "inputs": [
            {"name": "observedAt", "type": "uint64"},
            {"name": "bitmap", "type": "uint32"},
            {"name": "feedIds", "type": "bytes32[]"},
            {"name": "observations", "type": "bytes"},
        ],
        "outputs": [],
    }
]


def calls(rpc: str, method: str) -> int:
    with urllib.request.urlopen(urllib.request.Request(f"{rpc}calls", method=method), timeout=5) as said:
        return len(json.load(said))


def main(rpc: str) -> None:
    w3, account = Web3(HTTPProvider(rpc)), Account.from_key(b"\x08" * 32)
    contract = w3.eth.contract(address=Web3.to_checksum_address("0x" + "5f" * 20), abi=ABI)
    asked, walls = [], []
    for _ in range(RUNS):
        calls(rpc, "DELETE")
        began = time.perf_counter()
        update = contract.functions.update(int(time.time()), 1, [b"\1" * 32], b"\2" * 73)
        nonce = w3.eth.get_transaction_count(account.address)
        built = update.build_transaction({"from": account.address, "nonce": nonce})
        w3.eth.send_raw_transaction(account.sign_transaction(built).raw_transaction)
        walls.append((time.perf_counter() - began) * 1000)
        asked.append(calls(rpc, "GET"))
    print(json.dumps({"calls": int(median(asked)), "ms": round(median(walls), 1)}))


if __name__ == "__main__":
    main(sys.argv[1])
