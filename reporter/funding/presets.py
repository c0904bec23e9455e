"""Parameters of known funding rules. Twin of contracts/libraries/FundingPresets.sol, which says what is like whom."""

from dataclasses import replace

from reporter.funding.formulas import ONE
from reporter.funding.models import Params

ANY_PREMIUM = ONE
"""No bound on a premium but the hard one."""
DAY_S = 86_400

SPOTLINE = Params()
"""Our own: Binance's formula, fixed every hour."""

BINANCE = replace(SPOTLINE, interval_s=28_800, max_premium=ANY_PREMIUM)
"""binance.com/en/support/articles/360033525031: every 8 hours. The cap is the usual one; Binance has one per contract."""

HYPERLIQUID = replace(SPOTLINE, max_premium=ANY_PREMIUM, max_rate=32 * ONE // 100)
"""hyperliquid.gitbook.io/hyperliquid-docs/trading/funding: an eighth of the 8-hour rate every hour, at most 4 % an hour."""

_DAILY = replace(SPOTLINE, realisation_s=DAY_S, interest=0, damping=0)

KRAKEN = replace(_DAILY, max_premium=ANY_PREMIUM, max_rate=2 * ONE // 100)
"""support.kraken.com/hc/en-us/articles/360022835911: the hour's mean premium over 24 hours, at most 0.25 % an hour."""

DRIFT = replace(_DAILY, max_premium=ONE // 33, max_rate=ONE // 33 // 3)
"""npm @drift-labs/sdk 2.134 src/math/funding.ts, tiers A and B: as Kraken, the premium at most 1/33."""

PRESETS = {
    "spotline": SPOTLINE,
    "binance": BINANCE,
    "hyperliquid": HYPERLIQUID,
    "kraken": KRAKEN,
    "drift": DRIFT,
}
