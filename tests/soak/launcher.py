"""Runs a reporter that kills itself with SIGKILL at a named step: ``python -m tests.soak.launcher STEP N CONFIG``.

The real functions are wrapped, so that the reporter's own code knows nothing of it. N: at the n-th passing.
"""

import functools
import inspect
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from reporter.book import Book
from reporter.chain.rpc import Rpc
from reporter.chain.submit import Submitter
from reporter.keys import LocalSigner
from reporter.pricing import Pricer
from reporter.store import Store


@dataclass(frozen=True, slots=True)
class Step:
    """Where to die: before or after a method, when ``caller`` is the module that calls it (any for an empty one).

    Attributes:
        passings: A random one of the first so many is the last.
        answered: Count only calls that return something.
    """

    owner: type
    method: str
    after: bool
    caller: str = ""
    passings: int = 3
    answered: bool = False


OBSERVE, FLIGHT = "reporter.peers.observe", "reporter.chain.flight"
STEPS = {
    "after fetch": Step(Book, "put", after=False, passings=300),
    "after aggregate": Step(Pricer, "moment", after=True, passings=40),
    "before persist": Step(Store, "claim", after=False, caller=OBSERVE),
    "after persist": Step(Store, "claim", after=True, caller=OBSERVE),
    "before sign": Step(LocalSigner, "sign_typed", after=False, caller=OBSERVE),
    "after sign": Step(LocalSigner, "sign_typed", after=True, caller=OBSERVE),
    "before journal": Step(Store, "journal_sent", after=False, passings=2),
    "after journal": Step(Store, "journal_sent", after=True, passings=2),
    "before send": Step(Rpc, "send", after=False, passings=2),
    "after send": Step(Rpc, "send", after=True, passings=2),
    "before receipt": Step(Rpc, "receipt", after=False, caller=FLIGHT, passings=2),
    "after receipt": Step(Rpc, "receipt", after=True, caller=FLIGHT, passings=2, answered=True),
    "after submit": Step(Submitter, "submit", after=True, passings=2),
}


def arm(step: Step, passing: int) -> None:
    """Wrap the step's method so that it ends this process at the given passing."""
    real, left = getattr(step.owner, step.method), [passing]

    def pass_by(result: object = True) -> None:
        if not step.answered or result is not None:
            left[0] -= 1
            if left[0] <= 0:
                os.kill(os.getpid(), signal.SIGKILL)

    setattr(step.owner, step.method, _wrapped(real, step, pass_by))


def _wrapped(real: Callable[..., Any], step: Step, pass_by: Callable[..., None]) -> Callable[..., Any]:
    def counts() -> bool:
        return not step.caller or sys._getframe(2).f_globals["__name__"] == step.caller

    @functools.wraps(real)
    def plain(*arguments: Any, **named: Any) -> Any:
        meant = counts()
        if meant and not step.after:
            pass_by()
        result = real(*arguments, **named)
        if meant and step.after:
            pass_by(result)
        return result

    @functools.wraps(real)
    def awaited(*arguments: Any, **named: Any) -> Any:
        return waiting(counts(), arguments, named)

    async def waiting(meant: bool, arguments: Any, named: Any) -> Any:
        if meant and not step.after:
            pass_by()
        result = await real(*arguments, **named)
        if meant and step.after:
            pass_by(result if step.answered else True)
        return result

    return awaited if inspect.iscoroutinefunction(real) else plain


def main() -> None:
    """Arm the step and be a reporter from then on."""
    step, passing, config = sys.argv[1:]
    arm(STEPS[step], int(passing))
    from reporter.cli import main as reporter

    sys.argv = ["spotline", "run", "--config", config]
    reporter()


if __name__ == "__main__":
    main()
