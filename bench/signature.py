"""EIP-712 digest and signature of one report, beside the same through eth-account's typed data (bench/stations.py)."""

from parts import load, row, say
from stations import cost_us, jobs

GOAL_US, REPEATS = 60, 30


def main() -> None:
    measured = jobs()
    ours, theirs = (
        cost_us(measured[name], REPEATS)
        for name in ("EIP-712 digest and signature", "the same through eth-account's typed data")
    )
    note = "peer: eth-account's typed data"
    say(
        [
            row(
                "EIP-712 digest and signature",
                ours,
                GOAL_US,
                "us CPU",
                REPEATS,
                peer=theirs,
                note=note,
                load=load(),
            )
        ]
    )


if __name__ == "__main__":
    main()
