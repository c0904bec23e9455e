"""The index methods of others, in one shape, for comparison on the same tape. Spotline signs none of them.

Pure: integers only, no I/O, the moment is in the state. The order of the samples does not matter.
"""

from collections.abc import Mapping
from types import MappingProxyType

from reporter.methods.bitmex import bitmex
from reporter.methods.clamped import binance, deribit
from reporter.methods.hyperliquid import hyperliquid
from reporter.methods.model import Exclusion, Method, Result, Sample, State
from reporter.methods.plain import median, trimmed_mean, weighted_mean
from reporter.methods.pyth import pyth

__all__ = ["METHODS", "Exclusion", "Method", "Result", "Sample", "State"]

METHODS: Mapping[str, Method] = MappingProxyType(
    {
        "median": median,
        "weighted_mean": weighted_mean,
        "deribit": deribit,
        "binance": binance,
        "bitmex": bitmex,
        "trimmed_mean": trimmed_mean,
        "hyperliquid": hyperliquid,
        "pyth": pyth,
    }
)
