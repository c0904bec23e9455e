"""Every error Spotline raises on purpose, as one tree.

    SpotlineError              exit 1
    ├── UsageError             exit 2   the command line asks for something that does not exist
    ├── ConfigError            exit 3   configuration, key files, or a missing tool
    ├── CheckFailed            exit 4   a verification came out negative
    ├── ChainError             exit 5   RPC or contract
    ├── NoIndex                exit 6   no price may be stated, and why
    ├── StoreFailed            exit 1   the database cannot be written
    ├── SignerFailed           exit 1   the remote signer did not sign, or not with its key
    └── SourceError            exit 6   one exchange request failed, with a reason code

The name states the condition, the object carries its numbers, ``hint`` says what to do.
"""


class SpotlineError(Exception):
    """Base of all: ``str()`` is one sentence for a person, ``hint`` the next step (may be empty)."""

    exit_code = 1

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class UsageError(SpotlineError):
    """The command line names something that does not exist."""

    exit_code = 2


class UnknownFeed(UsageError):
    """A feed that the configuration or the deployment does not have."""

    def __init__(self, feed: str, known: list[str]) -> None:
        super().__init__(f"unknown feed {feed!r}", hint=f"known feeds: {', '.join(sorted(known)) or 'none'}")
        self.feed = feed
        self.known = known


class UnknownMarket(UsageError):
    """A funding market that the deployment does not have."""

    def __init__(self, market: str, known: list[str]) -> None:
        super().__init__(
            f"there is no funding market {market!r}",
            hint=f"funding markets: {', '.join(sorted(known)) or 'none'}",
        )
        self.market = market
        self.known = known


class TapeError(UsageError):
    """A tape that cannot be read or played as asked."""


class UnknownScenario(UsageError):
    """A scenario that does not come with Spotline."""

    def __init__(self, name: str, known: list[str]) -> None:
        super().__init__(f"unknown scenario {name!r}", hint=f"known scenarios: {', '.join(known)}")
        self.name = name
        self.known = known


class UnknownVariant(UsageError):
    """A variant that a scenario does not have."""

    def __init__(self, scenario: str, variant: str, known: list[str]) -> None:
        super().__init__(f"{scenario} has no variant {variant!r}", hint=f"its variants: {', '.join(known)}")
        self.variant = variant
        self.known = known


class ConfigError(SpotlineError):
    """A configuration that cannot be used; ``key`` and ``line`` say where when known."""

    exit_code = 3

    def __init__(self, message: str, *, key: str = "", line: int | None = None, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.key = key
        self.line = line


class KeyFileError(ConfigError):
    """A key file that is missing, readable by others, or does not open."""


class ScenarioError(ConfigError):
    """A scenario file that says something impossible, or too little."""


class DepthError(ConfigError):
    """A file of depths that cannot be read, or says something impossible."""


class MissingTool(ConfigError):
    """A program that devnet starts is not installed."""


class PortTaken(ConfigError):
    """A port that we want to listen on is in use."""

    def __init__(self, port: int, what: str, *, hint: str = "") -> None:
        super().__init__(f"port {port} for the {what} is taken on 127.0.0.1", hint=hint)
        self.port = port


class AlreadyRunning(ConfigError):
    """Another reporter holds the lock of this data directory."""


class CheckFailed(SpotlineError):
    """Something that was to be verified is wrong."""

    exit_code = 4


class ChainError(SpotlineError):
    """An RPC endpoint or a contract did not do what was asked."""

    exit_code = 5


class NoIndex(SpotlineError):
    """No index price may be stated for a feed."""

    exit_code = 6


class NoHistory(NoIndex):
    """Too few rates were fixed yet to say anything of them."""


class StoreFailed(SpotlineError):
    """The reporter's database cannot be read or written: a full disk, a read-only or broken file."""


class SignerFailed(SpotlineError):
    """A remote signer was not reached in time, did not sign, or gave a signature of another key."""


class SourceError(SpotlineError):
    """One request to an exchange failed. ``reason`` is a short code for metrics, ``detail`` the value at fault."""

    exit_code = 6

    def __init__(self, venue: str, reason: str, detail: str = "") -> None:
        super().__init__(f"{venue}: {reason}" + (f" ({detail})" if detail else ""))
        self.venue = venue
        self.reason = reason
        self.detail = detail
