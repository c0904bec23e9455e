"""Age of a quote by exchange time (METHODOLOGY.md, Freshness).

On 2025-10-10 Gemini's BTC ticks arrived up to 48.9 s late: stamped on arrival they would have passed as
fresh.
"""

from reporter.index.units import PPM, seconds
from reporter.models import FeedRules, Quote

_CLOCKS = {"book": "exchange time", "last": "exchange time of the last trade", "received": "receive time"}


def fault(quote: Quote, rules: FeedRules, at_ms: int) -> str:
    """Say why a quote's time rules it out at ``at_ms``; empty when it does not.

    A time ahead of our clock is judged at ``at_ms`` and at arrival: a quote stamped an hour ahead would
    otherwise come back as fresh an hour later.
    """
    observed_at_ms = quote.observed_at_ms
    if observed_at_ms <= quote.received_at_ms and 0 <= at_ms - observed_at_ms <= rules.max_age_ms:
        return ""
    ahead_ms = observed_at_ms - min(at_ms, quote.received_at_ms)
    if ahead_ms > rules.max_ahead_ms:
        return f"ahead of clock by {seconds(ahead_ms)}, more than {seconds(rules.max_ahead_ms)}"
    age_ms = at_ms - observed_at_ms
    if age_ms > rules.max_age_ms:
        return f"stale {seconds(age_ms)} by {_CLOCKS[quote.clock]}"
    return ""


def weight_ppm(quote: Quote, rules: FeedRules, at_ms: int) -> int:
    """Return the weight left to a quote without ``fault``: full to ``fade_from_ms``, then linear to
    ``max_age_ms``.

    Returns:
        1 to 1,000,000. Never 0: what is not dropped counts for something.
    """
    age_ms = at_ms - quote.observed_at_ms
    if age_ms <= rules.fade_from_ms:
        return PPM
    return max(1, (rules.max_age_ms - age_ms) * PPM // (rules.max_age_ms - rules.fade_from_ms))
