"""The ways to fund that are compared: only when the rate is fixed differs, and whether there is one at all."""

from collections.abc import Mapping
from dataclasses import replace

from reporter.errors import UsageError
from reporter.funding import Params

PLAIN = Params()
OFF, EIGHT_HOURLY, HOURLY, CONTINUOUS, UNDAMPED = "off", "8-hourly", "hourly", "continuous", "undamped"
MODES: Mapping[str, Params] = {
    OFF: replace(PLAIN, max_rate=1),  # the smallest bound that the contract takes
    EIGHT_HOURLY: replace(PLAIN, interval_s=28_800),
    HOURLY: PLAIN,
    CONTINUOUS: replace(PLAIN, interval_s=60),
    UNDAMPED: replace(PLAIN, interval_s=60, damping=0),
}
"""``undamped`` is ``continuous`` without the dampener: the rate is the premium itself."""


def chosen(names: str) -> dict[str, Params]:
    """Return the modes of a list like ``off,hourly``; ``all`` for every one.

    Raises:
        UsageError: There is no such mode.
    """
    wanted = list(MODES) if names == "all" else [name.strip() for name in names.split(",")]
    for name in wanted:
        if name not in MODES:
            raise UsageError(
                f"there is no funding mode {name!r}", hint=f"--mode all, or of {', '.join(MODES)}"
            )
    return {name: MODES[name] for name in wanted}
