"""Times in words."""

from datetime import UTC, datetime


def utc(at: int) -> str:
    """A Unix time for a person."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def duration(seconds: int) -> str:
    """``2 d 3 h``: the largest units that are not zero."""
    parts = []
    for unit, length in (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1)):
        amount, seconds = divmod(seconds, length)
        parts += [f"{amount} {unit}"] if amount else []
    return " ".join(parts) or "0 s"
