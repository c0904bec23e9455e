"""Parts per million, and numbers as a person reads them. No float touches a price."""

from reporter.models import SCALE

PPM = 1_000_000


def share_ppm(part: int, whole: int) -> int:
    """``part / whole`` in parts per million, floored; ``whole`` > 0."""
    return part * PPM // whole


def percent(ppm: int) -> str:
    """``23_100`` -> ``"2.31 %"``; digits beyond the second are cut."""
    sign = "-" if ppm < 0 else ""
    return f"{sign}{abs(ppm) // 10_000}.{abs(ppm) % 10_000 // 100:02d} %"


def seconds(ms: int) -> str:
    """``41_250`` -> ``"41.2 s"``; milliseconds beyond the first digit are cut."""
    sign = "-" if ms < 0 else ""
    return f"{sign}{abs(ms) // 1000}.{abs(ms) % 1000 // 100} s"


def decimal(price: int) -> str:
    """A 1e18 fixed-point price in decimals without trailing zeros: ``20_000 * SCALE`` -> ``"20000"``."""
    sign = "-" if price < 0 else ""
    text = f"{sign}{abs(price) // SCALE}.{abs(price) % SCALE:018d}"
    return text.rstrip("0").rstrip(".")
