"""Integers as text for people: exact, no float on the way."""


def decimal_text(value: int, decimals: int, shown: int | None = None) -> str:
    """``6400012345678`` with 8 decimals is ``64,000.12345678``.

    Args:
        shown: Digits after the point; fewer than ``decimals`` truncates toward zero.
    """
    whole, part = divmod(abs(value), 10**decimals)
    digits = f"{part:0{decimals}d}"[: decimals if shown is None else shown] if decimals else ""
    return ("-" if value < 0 else "") + f"{whole:,}" + (f".{digits}" if digits else "")


def percent_text(ratio: int, scale: int, places: int = 4) -> str:
    """A ratio with ``scale`` = 100 % as signed percent, truncated: ``+0.0100 %``."""
    text = decimal_text(ratio * 100, len(str(scale)) - 1, places)
    return f"{'' if text.startswith('-') else '+'}{text} %"
