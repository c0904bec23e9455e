"""Change what is deployed: feeds, reporters, quorum, pausing, ownership.

    ape run manage show   --network URL --deployment deployments/1.json
    ape run manage rotate --network URL --deployment deployments/1.json --account ALIAS 0x... 0x... 0x... 0x...

Every command prints what it will do, simulates it, asks, sends, and looks whether it is so. When the owner is a timelock
or a Safe it does the sender's part, says what remains, and goes on when it is run again: see OPERATING.md.
"""

from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from reporter.errors import CheckFailed, UsageError
from reporter.models import feed_id
from scripts._management import changes, creation, owners
from scripts._management.abi import ZERO, address_of
from scripts._management.build import creation_code
from scripts._management.job import FUNDING, Job
from scripts._management.plan import Plan
from scripts._management.records import deployment_for, feed_entry, record_feed
from scripts._management.session import DEPLOYMENT, command, connect, managing, manner_of
from scripts._management.state import State, decimals_of, described, document, read_state


@click.group()
def cli() -> None:
    """Manage a deployed Spotline."""


CONTRACT = click.option(
    "--contract",
    default="aggregator",
    show_default=True,
    type=click.Choice(["aggregator", FUNDING]),
    help="whose owner",
)
ONLY_CREATE = click.option("--only-create", is_flag=True, help="do not offer it ownership")


@command(cli, "show")
@DEPLOYMENT
def show(path: Path, json_wanted: bool) -> dict[str, Any]:
    """Print the settings and who may change them."""
    node = connect(None)
    deployment = deployment_for(path, node.chain_id)
    now = read_state(node, deployment.aggregator, list(deployment.feeds))
    owner = owners.owner_of(node, now.owner)
    say = manner_of(json_wanted=json_wanted).say
    for name, text in (("aggregator", deployment.aggregator), *described(now), ("owned by", owner.line)):
        say(f"{name:20} {text}")
    return {
        "aggregator": deployment.aggregator,
        "chainId": node.chain_id,
        "ownerKind": owner.kind,
        **document(now),
    }


@managing(
    cli, "rotate", click.argument("reporters", nargs=-1, required=True), click.option("--quorum", type=int)
)
def rotate(job: Job, reporters: tuple[str, ...], quorum: int | None) -> dict[str, Any]:
    """Replace the reporter set. The quorum is floor(2n/3) + 1 unless given."""
    return job.change(lambda now: changes.rotate(now, reporters, quorum))


@managing(cli, "quorum", click.argument("quorum", type=int))
def set_quorum(job: Job, quorum: int) -> dict[str, Any]:
    """Change how many reports an update needs."""
    return job.change(lambda now: changes.set_quorum(now, quorum))


@managing(cli, "max-age", click.argument("seconds", type=int))
def max_age(job: Job, seconds: int) -> dict[str, Any]:
    """Change how old an observation may be when it arrives."""
    return job.change(lambda now: changes.set_max_age(now, seconds))


@managing(cli, "pause")
def pause(job: Job) -> dict[str, Any]:
    """Stop updates: as the pauser or the owner."""
    return job.change(changes.pause)


@managing(cli, "unpause")
def unpause(job: Job) -> dict[str, Any]:
    """Allow updates again."""
    return job.change(changes.unpause)


@managing(cli, "set-pauser", click.argument("address"))
def set_pauser(job: Job, address: str) -> dict[str, Any]:
    """Name who may only pause: an address, or nobody."""
    return job.change(lambda now: changes.set_pauser(now, address))


@managing(cli, "set-feed-manager", click.argument("address"))
def set_feed_manager(job: Job, address: str) -> dict[str, Any]:
    """Name who may only add feeds: an address, or nobody."""
    return job.change(lambda now: changes.set_feed_manager(now, address))


@managing(cli, "transfer", CONTRACT, click.argument("address"))
def transfer(job: Job, address: str) -> dict[str, Any]:
    """Offer ownership to an address, which must accept."""
    plan = _offer(job, address)
    key = owners.owner_of(job.node, address).kind == "account"
    warning = ("the new owner is an account: one key changes everything",) if key else ()
    return job.carry_out(replace(plan, warnings=(*plan.warnings, *warning)))


@managing(cli, "accept", CONTRACT)
def accept(job: Job) -> dict[str, Any]:
    """Accept ownership, as the new owner or one of those behind it."""
    return job.change(changes.accept)


@managing(
    cli,
    "timelock",
    CONTRACT,
    ONLY_CREATE,
    click.option("--min-delay", required=True, type=click.IntRange(min=0), help="seconds"),
    click.option(
        "--proposer",
        "proposers",
        required=True,
        multiple=True,
        help="may schedule and cancel; repeat for more",
    ),
    click.option(
        "--executor",
        "executors",
        multiple=True,
        help="may execute; default: the proposers; anyone for everybody",
    ),
)
def timelock(
    job: Job, min_delay: int, proposers: tuple[str, ...], executors: tuple[str, ...], only_create: bool
) -> dict[str, Any]:
    """Create an OpenZeppelin TimelockController and offer it ownership."""
    may_propose = [address_of("--proposer", each) for each in proposers]
    may_execute = [ZERO if each == "anyone" else address_of("--executor", each) for each in executors]
    code = creation.timelock_code(min_delay, may_propose, may_execute or may_propose)
    made = creation.maker(job.node).make("timelock", code)
    return _hand_over(job, [made], only_create=only_create)


@managing(
    cli,
    "safe",
    CONTRACT,
    ONLY_CREATE,
    click.option(
        "--owner", "holders", required=True, multiple=True, help="an owner of the Safe; repeat for more"
    ),
    click.option("--threshold", required=True, type=int, help="how many of them it takes"),
)
def safe(job: Job, holders: tuple[str, ...], threshold: int, only_create: bool) -> dict[str, Any]:
    """Create a Safe and offer it ownership."""
    held_by = [address_of("--owner", each) for each in holders]
    if len(set(held_by)) < len(held_by) or not 1 <= threshold <= len(held_by):
        raise UsageError(
            f"{threshold} of {len(held_by)} owners is not possible",
            hint="owners differ; threshold 1 to their number",
        )
    made = creation.safe_creations(job.node, creation.maker(job.node), held_by, threshold)
    return _hand_over(job, made, only_create=only_create)


def _hand_over(job: Job, made: list[creation.Creation], *, only_create: bool) -> dict[str, Any]:
    """Create contracts, the last of which is to own ours."""
    new = made[-1]
    plan = (
        job.about(f"create the {new.what}", job.read(), final=True)
        if only_create
        else _offer(job, new.address)
    )
    return job.carry_out(_with_contracts(plan, made, first=True))


def _offer(job: Job, to: str) -> Plan:
    now = job.read()
    plan = job.plan(now, changes.transfer(now, to))
    which = f" --contract {FUNDING}" if job.contract == FUNDING else ""
    return replace(plan, left=(*plan.left, f"{to} must accept ownership: manage accept{which}"))


def _with_contracts(plan: Plan, made: list[creation.Creation], *, first: bool) -> Plan:
    """The plan with new contracts, made before or after its own steps."""
    new = tuple(each.step for each in made if each.step)
    addresses = {each.what: each.address for each in made}
    return replace(
        plan,
        facts=(*plan.facts, *(each.fact for each in made)),
        steps=(*new, *plan.steps) if first else (*plan.steps, *new),
        result=(*plan.result, ("contracts", addresses)),
    )


@managing(cli, "add-feed", click.argument("name"), click.argument("decimals", type=int))
def add_feed(job: Job, name: str, decimals: int) -> dict[str, Any]:
    """Register a feed, create its Feed contract and write both into the deployment file."""
    changes.check_name(name)
    now = job.read()
    if name in job.deployment.feeds:
        raise CheckFailed(f"{name} is in {job.path} already, at {job.deployment.feeds[name].address}")
    plan = _registration(job, now, name, decimals)
    face = _face(job, name, plan)
    if face is None:
        return job.carry_out(
            replace(plan, left=(*plan.left, "then run the same command again to create its contract"))
        )
    found = job.carry_out(_with_contracts(plan, [face], first=False))
    if found["status"] != "dry run":
        record_feed(job.path, name, feed_entry(feed_id(name), face.address, decimals))
        job.manner.say(f"wrote {job.path}")
    return found


def _registration(job: Job, now: State, name: str, decimals: int) -> Plan:
    registered = decimals_of(job.node, job.address, name)
    if registered is None:
        names = [*job.deployment.feeds, name]
        return job.plan(
            now, changes.add_feed(now, name, decimals), lambda: read_state(job.node, job.address, names)
        )
    if registered != decimals:
        raise CheckFailed(
            f"{name} is registered with {registered} decimals, not {decimals}", hint=f"give {registered}"
        )
    return job.about(f"create the contract of {name}", now, final=True)


def _face(job: Job, name: str, plan: Plan) -> creation.Creation | None:
    """The feed's contract, if the feed is there by then."""
    if not dict(plan.result)["final"]:
        return None
    make = creation.maker(job.node)
    make.skip(len(plan.steps))
    code = creation_code("Feed", ["address", "bytes32"], job.address, feed_id(name))
    return make.make("Feed", code, after_previous=bool(plan.steps))
