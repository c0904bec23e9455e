"""What a node says of its gas key: balance, what was spent on which feed, and the cap that stands in the way."""

from collections.abc import Iterator, Mapping
from typing import Any

from reporter.chain.submit import Submitter
from reporter.spending import DAY_MS, HOUR_MS, Spent
from reporter.store import Store


def money_reasons(submitter: Submitter, store: Store, now_ms: int) -> Iterator[str]:
    """Why nothing is sent now, or soon will not be: told a day ahead at the pace of the last hour or day, whichever is
    faster."""
    if (capped := submitter.capped()) is not None:
        yield f"sending is stopped: {capped}"
    if submitter.account is None:
        return
    balance_gwei = submitter.account.balance // 10**9
    a_day = max(store.spent(now_ms - DAY_MS).gwei, 24 * store.spent(now_ms - HOUR_MS).gwei)
    if balance_gwei < a_day or not balance_gwei:
        left = f"enough for {24 * balance_gwei // a_day} h as of late" if a_day else "nothing can be sent"
        yield f"the gas key {submitter.address} has {balance_gwei} gwei: {left}"


def gas_key_document(submitter: Submitter | None, store: Store, now_ms: int) -> dict[str, Any] | None:
    """The gas key; a batch's cost is shared out equally over its feeds, in whole units."""
    if submitter is None:
        return None
    account, capped = submitter.account, submitter.capped()
    hour, day = store.spent(now_ms - HOUR_MS), store.spent(now_ms - DAY_MS)
    return {
        "address": submitter.address,
        "balanceWei": str(account.balance) if account else None,
        "nonce": account and account.nonce,
        "gasLastHour": hour.gas,
        "gasLastDay": day.gas,
        "spentGweiLastHour": str(hour.gwei),
        "spentGweiLastDay": str(day.gwei),
        "capped": None if capped is None else {"reason": str(capped), "untilMs": capped.until_ms},
        "feeds": _by_feed(store.spent_by_feed(now_ms - HOUR_MS), store.spent_by_feed(now_ms - DAY_MS)),
        "totals": [
            {"purpose": t.purpose, "feed": t.feed, "gas": t.gas, "wei": str(t.wei)} for t in store.totals()
        ],
    }


def _by_feed(hour: Mapping[str, Spent], day: Mapping[str, Spent]) -> dict[str, Any]:
    nothing = Spent(0, 0)
    return {
        feed: {
            "gasLastHour": hour.get(feed, nothing).gas,
            "gasLastDay": spent.gas,
            "spentGweiLastHour": str(hour.get(feed, nothing).gwei),
            "spentGweiLastDay": str(spent.gwei),
        }
        for feed, spent in day.items()
    }
