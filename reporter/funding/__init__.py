"""Perpetual funding in integers, equal bit for bit to the contract: formulas, clock and presets.

The twins: ``formulas.py`` of contracts/libraries/FundingMath.sol, ``clock.py`` of FundingClock.sol, ``presets.py`` of
FundingPresets.sol. No I/O.
"""

from reporter.funding.clock import advance
from reporter.funding.models import Fixing, Log, Market, Params, Reading

__all__ = ["Fixing", "Log", "Market", "Params", "Reading", "advance"]
