"""Who is answered: the reporters of the aggregator's set, each within its own rate."""

from collections.abc import Awaitable, Callable, Sequence

from reporter.models import SignedReport
from reporter.peers.asks import RATE_PER_S, Rates, SignedAsk
from reporter.peers.observe import Code, ObserveRequest, Refused


class Door:
    """Lets asks of reporters in. One asker that floods us is slowed down alone.

    Args:
        observe: Signs our observation, or raises ``Refused``.
        reporters: The set as last read from the chain; None before.
    """

    def __init__(
        self,
        observe: Callable[[ObserveRequest], Awaitable[SignedReport]],
        reporters: Callable[[], Sequence[str] | None],
        rates: Rates | None = None,
    ) -> None:
        self._observe, self._reporters, self._rates = observe, reporters, rates or Rates()

    async def answer(self, ask: SignedAsk) -> SignedReport:
        """Our signed report. Raises ``Refused``."""
        reporters = self._reporters()
        if reporters is None:
            raise Refused(Code.NOT_READY, "the chain has not been read yet")
        asker = ask.asker
        if asker is None or asker not in reporters:
            raise Refused(
                Code.NOT_A_REPORTER, f"the ask is signed by {asker or 'nobody'}, who is not in the set"
            )
        if not self._rates.allow(asker):
            raise Refused(Code.TOO_MANY_REQUESTS, f"{asker} asks more than {RATE_PER_S} times a second")
        return await self._observe(ask.request)
